#include "pipeline/resume.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

#include "comm/guard.hpp"
#include "comm/serialized.hpp"
#include "core/log.hpp"
#include "core/progress.hpp"
#include "pipeline/job_status.hpp"
#include "pipeline/killed_trials.hpp"
#include "pipeline/same_run.hpp"
#include "pipeline/snapshot_work.hpp"
#include "pipeline/trial_states.hpp"
#include "store/activations_file.hpp"
#include "store/change_estimates.hpp"
#include "store/pack.hpp"
#include "store/results_file.hpp"
#include "store/results_table.hpp"

namespace infoplane {
namespace {

/// Trials that are to be trained are finished in neither file. What was estimated of them, maybe
/// from damaged activations, is taken back. The attempts before belong to a training that had its
/// end: those of a new one are counted from 0.
void begin_anew(const RunDirectory& run, ResultsTable table, const std::vector<LedgerEntry>& ledger,
                const std::vector<std::size_t>& trials) {
  bool any = false;
  for (const std::size_t t : trials) any |= forget_estimates(table, t);
  if (any) write_results(run.results(), table);
  ActivationsFile activations(run.activations(), ActivationsFile::Access::write,
                              Communicator::serial());
  ResultsFile results(run.results(), Communicator::serial());
  for (const std::size_t t : trials) {
    const bool was_finished = is_finished(ledger[t].state);
    if (was_finished || is_finished(table.state_of(t)))
      write_state(activations, results, t, was_finished ? LedgerEntry{} : ledger[t]);
  }
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

/// Of trials that are to be trained: the others need nothing of the plan, but that it has the axes
/// by which results are written.
void require_same_slabs(const RunPlan& plan, const std::vector<std::size_t>& todo,
                        const RunLayout& layout, const ResultsTable& table,
                        const RunDirectory& run) {
  if (todo.empty()) return;
  for (const std::size_t t : todo) {
    if (same_slab(layout, layout.trials[t], plan.layout, plan.layout.trials[t])) continue;
    throw InputError(
        fmt::format("trial {} would not record the rows, labels or layers that {} has room for: {}",
                    layout.trials[t].id, run.activations().string(), data_or_plugin_changed));
  }
  const ResultsTable planned = empty_results(plan.layout, plan.row_set_entropy, {}, {}, {});
  if (planned.layers != table.layers || planned.epochs != table.epochs) {
    throw InputError(fmt::format("the trials of the sweep have other {} than {}: {}",
                                 planned.layers != table.layers ? "layers" : "recorded epochs",
                                 run.results().string(), data_or_plugin_changed));
  }
}

/// On rank 0: makes sure that the files are those of the plan. False when the run is finished and
/// its activations are gone: then nothing can or need be trained.
bool has_activations(const RunPlan& plan, const RunDirectory& run, bool retry) {
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
    if (retry && table.state_of(t) != TrialState::done) {
      throw InputError(
          fmt::format("{} is gone: trials that failed cannot be trained again into it. Start the "
                      "run anew in another --out",
                      run.activations().string()));
    }
  }
  return false;
}

/// Trials that failed or are in quarantine.
std::set<std::size_t> given_up(const RunDirectory& run) {
  const std::vector<LedgerEntry> ledger =
      ActivationsFile(run.activations(), ActivationsFile::Access::read, Communicator::serial())
          .ledger();
  std::set<std::size_t> trials;
  for (std::size_t t = 0; t < ledger.size(); ++t) {
    if (is_finished(ledger[t].state) && ledger[t].state != TrialState::done) trials.insert(t);
  }
  return trials;
}

/// Work that the ranks share out in turn: [begin, end) of a list each, so large that it is worth to
/// agree after each whether to stop.
std::vector<std::size_t> ends_of_rounds(const std::vector<double>& bytes, double of_a_round) {
  std::vector<std::size_t> ends;
  double sum = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    sum += bytes[at];
    if (sum < of_a_round && at + 1 < bytes.size()) continue;
    ends.push_back(at + 1);
    sum = 0;
  }
  return ends;
}

}  // namespace

std::optional<std::vector<std::size_t>> find_torn(const Communicator& comm, const RunDirectory& run,
                                                  const JobControl& job,
                                                  const CheckLimits& limits) {
  const auto start = std::chrono::steady_clock::now();
  constexpr double unlimited = std::numeric_limits<double>::infinity();
  const double budget_s = job.stop == nullptr ? unlimited : job.stop->budget_s();
  const double most_s =
      limits.share_of_time < unlimited ? limits.share_of_time * budget_s : unlimited;
  // The limit of time is rank 0's to know.
  bool limited = comm.is_root() && most_s < unlimited;
  broadcast(comm, limited);
  std::vector<std::size_t> to_estimate;  // trials, ascending
  if (limited) {
    on_root(comm, [&] {
      for (const SnapshotWork& work : find_outstanding(read_results(run.results())))
        to_estimate.push_back(work.trial);
    });
    broadcast(comm, to_estimate);
  }
  std::vector<std::size_t> torn;
  bool stopped = false;
  const auto last_words = [&](const std::string& what) {
    if (job.status != nullptr) job.status->end(JobPhase::failed, what);
  };
  alone_or_abort(comm, last_words, [&] {
    const ActivationsFile file(run.activations(), ActivationsFile::Access::read,
                               Communicator::serial());
    const std::vector<LedgerEntry> ledger = file.ledger();
    std::vector<std::size_t> done;
    for (std::size_t t = 0; t < ledger.size(); ++t) {
      if (ledger[t].state == TrialState::done) done.push_back(t);
    }
    std::stable_sort(done.begin(), done.end(), [&](std::size_t a, std::size_t b) {
      return ledger[a].ended > ledger[b].ended;
    });
    const auto read_anyway = static_cast<std::size_t>(
        std::stable_partition(done.begin(), done.end(),
                              [&](std::size_t t) {
                                return std::binary_search(to_estimate.begin(), to_estimate.end(),
                                                          t);
                              }) -
        done.begin());
    std::vector<double> bytes;
    for (const std::size_t t : done)
      bytes.push_back(static_cast<double>(slab_bytes(file.layout(), file.layout().trials[t])));
    std::optional<Progress> progress;
    if (comm.is_root() && !done.empty()) {
      progress.emplace("checking trials", static_cast<std::int64_t>(done.size()),
                       std::accumulate(bytes.begin(), bytes.end(), 0.0));
    }
    const auto ranks = static_cast<std::size_t>(comm.size());
    std::size_t at = 0;
    for (const std::size_t end : ends_of_rounds(bytes, limits.bytes_of_a_round * comm.size())) {
      for (; at < end; ++at) {
        if (at % ranks == static_cast<std::size_t>(comm.rank()) && !file.slab_is_whole(done[at]))
          torn.push_back(done[at]);
        if (progress) progress->advance(1, bytes[at]);
      }
      // What one rank is told, or rank 0 knows of the time, all have to know.
      stopped = job.stop != nullptr && job.stop->agree(comm);
      if (stopped) return;
      if (!limited) continue;
      bool long_enough =
          std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() >= most_s;
      broadcast(comm, long_enough);
      if (!long_enough || end < read_anyway || end == done.size()) continue;
      if (comm.is_root()) {
        log_warning(
            "the activations of {} of {} finished trials are checked: the time of this job is not "
            "for more. Of the others nothing is left to estimate (infoplane verify {} checks all)",
            end, done.size(), run.word());
      }
      return;
    }
  });
  if (stopped) return std::nullopt;
  std::vector<std::size_t> all;
  for (int rank = 0; rank < comm.size(); ++rank) {
    std::vector<std::size_t> part = torn;
    broadcast(comm, part, rank);
    all.insert(all.end(), part.begin(), part.end());
  }
  std::sort(all.begin(), all.end());
  return all;
}

namespace {

/// Of the time of a job that trains.
constexpr double share_for_checks = 0.25;

}  // namespace

std::optional<std::vector<std::size_t>> find_todo(const Communicator& comm, const RunPlan& plan,
                                                  const RunDirectory& run, const JobControl& job) {
  bool there = false;
  on_root(comm, [&] { there = has_activations(plan, run, job.retry); });
  broadcast(comm, there);
  if (!there) return std::vector<std::size_t>{};

  const std::optional<std::vector<std::size_t>> torn =
      find_torn(comm, run, job, {share_for_checks});
  if (!torn) return std::nullopt;
  std::vector<std::size_t> todo;
  on_root(comm, [&] {
    // Not what this very job puts in quarantine: it would never get past it.
    const std::set<std::size_t> retried = job.retry ? given_up(run) : std::set<std::size_t>{};
    settle_killed_trials(plan, run);
    const ResultsTable table = read_results(run.results());
    std::optional<ActivationsFile> file;
    file.emplace(run.activations(), ActivationsFile::Access::read, Communicator::serial());
    const std::vector<LedgerEntry> ledger = file->ledger();
    for (std::size_t t = 0; t < ledger.size(); ++t) {
      const std::string& id = plan.layout.trials[t].id;
      const bool is_torn = std::find(torn->begin(), torn->end(), t) != torn->end();
      const bool again = retried.count(t) > 0;
      const bool finished = is_finished(ledger[t].state) && !again;
      const bool agreed = results_agree(table, t, ledger[t], plan.layout.trials[t].epochs);
      if (again) {
        log_info("trial {} is {}: training it again", id, name_of(ledger[t].state));
      } else if (is_torn) {
        log_warning("trial {} is done but its activations are damaged: training it again", id);
      } else if (finished && !agreed) {
        log_warning("trial {} is finished but its results are not all there: training it again",
                    id);
      }
      if (is_torn || !finished || !agreed) todo.push_back(t);
    }
    require_same_slabs(plan, todo, file->layout(), table, run);
    file.reset();
    if (!todo.empty()) {
      require_unpacked(run);
      begin_anew(run, table, ledger, todo);
    }
    if (!todo.empty() && todo.size() < ledger.size()) {
      log_info("resuming {}: {} of {} trials are there", run.path().string(),
               ledger.size() - todo.size(), ledger.size());
    }
  });
  broadcast(comm, todo);
  return todo;
}

}  // namespace infoplane
