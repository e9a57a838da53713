#include "pipeline/resume.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "comm/guard.hpp"
#include "comm/serialized.hpp"
#include "core/log.hpp"
#include "pipeline/killed_trials.hpp"
#include "store/activations_file.hpp"
#include "store/results_table.hpp"

namespace infoplane {
namespace {

/// What was estimated of a trial that is trained again, maybe from damaged activations, is taken
/// back.
void forget_estimates(const RunDirectory& run, ResultsTable table,
                      const std::vector<std::size_t>& trials) {
  bool any = false;
  for (const std::size_t t : trials) any |= forget_estimates(table, t);
  if (any) write_results(run.results(), table);
}

/// Whether the results say of a trial what its ledger entry says, down to the metrics of every
/// epoch.
bool results_agree(const ResultsTable& table, std::size_t trial, const LedgerEntry& entry,
                   const std::vector<std::int64_t>& epochs) {
  if (table.state_of(trial) != entry.state) return false;
  if (entry.state != TrialState::done) return true;
  if (table.trained_epochs[trial] != entry.epochs) return false;
  const auto recorded =
      epochs.begin() + static_cast<std::ptrdiff_t>(recorded_epochs(epochs, entry.epochs));
  return std::all_of(epochs.begin(), recorded, [&](std::int64_t epoch) {
    const auto at = std::lower_bound(table.epochs.begin(), table.epochs.end(), epoch);
    return at != table.epochs.end() && *at == epoch &&
           !std::isnan(table.train_loss[table.at_epoch(
               trial, static_cast<std::size_t>(at - table.epochs.begin()))]);
  });
}

/// Of trials that are to be trained: the others need nothing of the plan.
void require_same_slabs(const RunPlan& plan, const std::vector<std::size_t>& todo,
                        const RunLayout& layout, const RunDirectory& run) {
  for (const std::size_t t : todo) {
    if (same_slab(layout, layout.trials[t], plan.layout, plan.layout.trials[t])) continue;
    throw InputError(
        fmt::format("trial {} would not record the rows, labels or layers that {} has room for: "
                    "the data or a plugin are not those that the run was begun with. Bring these "
                    "back, or start anew in another --out",
                    layout.trials[t].id, run.activations().string()));
  }
}

/// On rank 0: makes sure that the files are those of the plan. False when the run is finished and
/// its activations are gone: then nothing can or need be trained.
bool has_activations(const RunPlan& plan, const RunDirectory& run) {
  const ResultsTable table = read_results(run.results());
  std::vector<std::string> ids;
  for (const TrialLayout& trial : plan.layout.trials) ids.push_back(trial.id);
  if (table.trials != ids) {
    throw InputError(run.results().string() +
                     " belongs to another run: its trials are not those of sweep.toml");
  }
  if (std::filesystem::exists(run.activations())) {
    const ActivationsFile file(run.activations(), ActivationsFile::Access::read,
                               Communicator::serial());
    file.require_trials(ids);
    return true;
  }
  for (std::size_t t = 0; t < table.trials.size(); ++t) {
    if (!is_finished(table.state_of(t))) {
      throw InputError(
          fmt::format("{} is gone, and the run is not finished: start it anew in another --out",
                      run.activations().string()));
    }
  }
  return false;
}

}  // namespace

std::vector<std::size_t> find_torn(const Communicator& comm, const RunDirectory& run) {
  std::vector<std::size_t> torn;
  alone_or_abort(comm, [&] {
    const ActivationsFile file(run.activations(), ActivationsFile::Access::read,
                               Communicator::serial());
    const std::vector<LedgerEntry> ledger = file.ledger();
    for (std::size_t t = static_cast<std::size_t>(comm.rank()); t < ledger.size();
         t += static_cast<std::size_t>(comm.size())) {
      if (ledger[t].state == TrialState::done && file.slab_checksum(t) != ledger[t].checksum) {
        torn.push_back(t);
      }
    }
  });
  std::vector<std::size_t> all;
  for (int rank = 0; rank < comm.size(); ++rank) {
    std::vector<std::size_t> part = torn;
    broadcast(comm, part, rank);
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

std::vector<std::size_t> find_todo(const Communicator& comm, const RunPlan& plan,
                                   const RunDirectory& run) {
  bool there = false;
  on_root(comm, [&] { there = has_activations(plan, run); });
  broadcast(comm, there);
  if (!there) return {};

  const std::vector<std::size_t> torn = find_torn(comm, run);
  std::vector<std::size_t> todo;
  on_root(comm, [&] {
    settle_killed_trials(plan, run);
    const ResultsTable table = read_results(run.results());
    const ActivationsFile file(run.activations(), ActivationsFile::Access::read,
                               Communicator::serial());
    const std::vector<LedgerEntry> ledger = file.ledger();
    for (std::size_t t = 0; t < ledger.size(); ++t) {
      const std::string& id = plan.layout.trials[t].id;
      const bool is_torn = std::find(torn.begin(), torn.end(), t) != torn.end();
      const bool finished = is_finished(ledger[t].state);
      const bool agreed = results_agree(table, t, ledger[t], plan.layout.trials[t].epochs);
      if (is_torn) {
        log_warning("trial {} is done but its activations are damaged: training it again", id);
      } else if (finished && !agreed) {
        log_warning("trial {} is finished but its results are not all there: training it again",
                    id);
      }
      if (is_torn || !finished || !agreed) todo.push_back(t);
    }
    require_same_slabs(plan, todo, file.layout(), run);
    if (!todo.empty()) forget_estimates(run, table, todo);
    if (!todo.empty() && todo.size() < ledger.size()) {
      log_info("resuming {}: {} of {} trials are there", run.path().string(),
               ledger.size() - todo.size(), ledger.size());
    }
  });
  broadcast(comm, todo);
  return todo;
}

}  // namespace infoplane
