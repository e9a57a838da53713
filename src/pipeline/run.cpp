#include "pipeline/run.hpp"

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <sstream>

#include "comm/guard.hpp"
#include "comm/serialized.hpp"
#include "core/log.hpp"
#include "core/text.hpp"
#include "pipeline/estimate_phase.hpp"
#include "pipeline/provenance.hpp"
#include "pipeline/run_plan.hpp"
#include "pipeline/train_phase.hpp"
#include "store/activations_file.hpp"
#include "store/atomic_file.hpp"
#include "store/results_table.hpp"

namespace infoplane {
namespace {

const char* const resolved_header =
    "# The sweep of this run as it was executed, every default filled in.\n\n";

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    if (!line.empty() && line[0] != '#') lines.push_back(line);
  }
  return lines;
}

/// The lines in which two resolved sweeps differ, as "- old" and "+ new".
std::string difference(const std::string& old_text, const std::string& new_text) {
  const std::vector<std::string> old_lines = lines_of(old_text);
  const std::vector<std::string> new_lines = lines_of(new_text);
  std::string shown;
  const auto add = [&](char sign, const std::vector<std::string>& lines,
                       const std::vector<std::string>& others) {
    for (const std::string& line : lines) {
      if (std::find(others.begin(), others.end(), line) == others.end())
        shown += fmt::format("\n  {} {}", sign, line);
    }
  };
  add('-', old_lines, new_lines);
  add('+', new_lines, old_lines);
  return shown;
}

void refuse_another_sweep(const config::SweepFile& sweep, const RunDirectory& run) {
  const std::string stored = read_text(run.sweep());
  const std::string changes = difference(stored, sweep.resolved());
  if (changes.empty()) return;
  const bool only_sigma2 =
      lines_of(changes).size() == 2 && changes.find("\n  - sigma2 =") != std::string::npos;
  throw UsageError(
      fmt::format("{} holds a run of another sweep; it differs in (- there, + here):{}\n{}",
                  run.path().string(), changes,
                  only_sigma2 ? "infoplane estimate " + run.path().string() +
                                    " --sigma2 ... adds other noise to that run"
                              : "give another --out, or run the sweep that is there"));
}

void refuse_other_threads(const ResultsTable& table, int threads, const RunDirectory& run) {
  for (const auto& [name, value] : table.provenance) {
    if (name != "threads_per_rank" || std::get<std::int64_t>(value) == threads) continue;
    throw UsageError(
        fmt::format("{} was made with {} threads per rank, this job has {}: results would not have "
                    "the same bits "
                    "(use --threads {})",
                    run.path().string(), std::get<std::int64_t>(value), threads,
                    std::get<std::int64_t>(value)));
  }
}

void create_run(const Communicator& comm, const RunPlan& plan, const RunDirectory& run,
                int threads) {
  run.prepare();
  const Provenance provenance = provenance_of(plan.sweep, comm, threads);
  ActivationsFile::create(run.activations(), plan.layout, provenance);
  const EstimateSettings& estimate = plan.sweep.estimate();
  write_results(run.results(), empty_results(plan.layout, plan.row_set_entropy, estimate.sigma2,
                                             estimate.bounds, provenance));
  write_text_atomically(run.sweep(), resolved_header + plan.sweep.resolved());
}

/// Collective: the finished trials whose slabs no longer have the checksum of their ledger entry.
/// Ranks share the reading.
std::vector<std::size_t> find_torn(const Communicator& comm, const RunDirectory& run) {
  std::vector<std::size_t> torn;
  alone_or_abort(comm, [&] {
    const ActivationsFile file(run.activations(), ActivationsFile::Access::read,
                               Communicator::serial());
    const std::vector<LedgerEntry> ledger = file.ledger();
    for (std::size_t t = static_cast<std::size_t>(comm.rank()); t < ledger.size();
         t += static_cast<std::size_t>(comm.size())) {
      if (ledger[t].state == TrialState::done && file.slab_checksum(t) != ledger[t].checksum)
        torn.push_back(t);
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

/// Estimates may have been made from damaged activations: they are taken back with them.
void forget_estimates(const RunDirectory& run, const std::vector<std::size_t>& trials) {
  ResultsTable table = read_results(run.results());
  const std::size_t per_trial = table.i_xt.size() / table.trials.size();
  for (const std::size_t t : trials) {
    for (auto* values : {&table.i_xt, &table.i_ty}) {
      std::fill_n(values->begin() + static_cast<std::ptrdiff_t>(t * per_trial), per_trial,
                  std::numeric_limits<double>::quiet_NaN());
    }
  }
  write_results(run.results(), table);
}

/// Collective: which trials are still to be trained.
std::vector<std::size_t> find_todo(const Communicator& comm, const RunPlan& plan,
                                   const RunDirectory& run) {
  bool finished = false;
  on_root(comm, [&] {
    const ResultsTable table = read_results(run.results());
    finished = std::all_of(table.state.begin(), table.state.end(), [](std::uint8_t state) {
      return static_cast<TrialState>(state) == TrialState::done ||
             static_cast<TrialState>(state) == TrialState::failed;
    });
    if (!finished && !std::filesystem::exists(run.activations())) {
      throw InputError(
          fmt::format("{} is gone, and the run is not finished: start it anew in another --out",
                      run.activations().string()));
    }
    if (finished) finished = !std::filesystem::exists(run.activations());
  });
  broadcast(comm, finished);
  if (finished) return {};  // and its activations were deleted on purpose

  const std::vector<std::size_t> torn = find_torn(comm, run);
  std::vector<std::size_t> todo;
  on_root(comm, [&] {
    if (!torn.empty()) forget_estimates(run, torn);
    const ActivationsFile file(run.activations(), ActivationsFile::Access::read,
                               Communicator::serial());
    std::vector<std::string> ids;
    for (const TrialLayout& trial : plan.layout.trials) ids.push_back(trial.id);
    file.require_trials(ids);
    const std::vector<LedgerEntry> ledger = file.ledger();
    for (std::size_t t = 0; t < ledger.size(); ++t) {
      const bool is_torn = std::find(torn.begin(), torn.end(), t) != torn.end();
      if (is_torn)
        log_warning("trial {} is done but its activations are damaged: training it again",
                    plan.layout.trials[t].id);
      if (is_torn || ledger[t].state == TrialState::pending ||
          ledger[t].state == TrialState::running)
        todo.push_back(t);
    }
    if (!todo.empty() && todo.size() < ledger.size()) {
      log_info("resuming {}: {} of {} trials are there", run.path().string(),
               ledger.size() - todo.size(), ledger.size());
    }
  });
  broadcast(comm, todo);
  return todo;
}

/// On rank 0, when nobody writes any more: what only rank 0 may write (text) goes into the results.
void finish_results(const Communicator& comm, const RunDirectory& run, const RunSummary& summary) {
  ResultsTable table = read_results(run.results());
  std::vector<LedgerEntry> ledger;
  if (std::filesystem::exists(run.activations())) {
    ledger =
        ActivationsFile(run.activations(), ActivationsFile::Access::read, Communicator::serial())
            .ledger();
  }
  for (std::size_t t = 0; t < ledger.size(); ++t) table.failure[t] = ledger[t].reason;
  append_history(table.provenance,
                 fmt::format("trained {}, estimated {}",
                             count_of(static_cast<std::int64_t>(summary.trained_now), "trial"),
                             count_of(summary.estimated_now, "snapshot")),
                 comm);
  write_results(run.results(), table);
}

RunSummary conclude(const Communicator& comm, const RunDirectory& run, RunSummary summary) {
  on_root(comm, [&] {
    if (summary.trained_now > 0 || summary.estimated_now > 0) finish_results(comm, run, summary);
    const ResultsTable table = read_results(run.results());
    summary.trials = table.trials.size();
    for (std::size_t t = 0; t < table.trials.size(); ++t)
      summary.failed += table.state_of(t) == TrialState::failed ? 1U : 0U;
  });
  broadcast(comm, summary.trials);
  broadcast(comm, summary.failed);
  return summary;
}

}  // namespace

RunSummary run_sweep(const Communicator& comm, const config::SweepFile& sweep,
                     const RunDirectory& run, int threads) {
  at::set_num_threads(threads);
  const RunPlan plan = make_plan(sweep);
  std::optional<RunLock> lock;
  on_root(comm, [&] {
    if (!run.holds_run()) {
      run.prepare();
      lock.emplace(run);
      create_run(comm, plan, run, threads);
      log_info(
          "{}: {}, {} of activations, {} to estimate at {}", run.path().string(),
          count_of(static_cast<std::int64_t>(plan.layout.trials.size()), "trial"),
          format_bytes(plan.activations_bytes()), count_of(plan.snapshot_count(), "snapshot"),
          count_of(static_cast<std::int64_t>(sweep.estimate().sigma2.size()), "noise variance"));
    } else {
      refuse_another_sweep(sweep, run);
      lock.emplace(run);
      refuse_other_threads(read_results(run.results()), threads, run);
    }
  });

  RunSummary summary;
  const std::vector<std::size_t> todo = find_todo(comm, plan, run);
  if (!todo.empty()) train_trials(comm, plan, run, todo);
  summary.trained_now = todo.size();
  summary.estimated_now = estimate_outstanding(comm, run);
  return conclude(comm, run, summary);
}

RunSummary estimate_run(const Communicator& comm, const RunDirectory& run,
                        const std::vector<double>& sigma2, int threads) {
  at::set_num_threads(threads);
  std::optional<RunLock> lock;
  on_root(comm, [&] {
    run.require_run();
    lock.emplace(run);
    ResultsTable table = read_results(run.results());
    // The new columns are there, as NaN, before anything is estimated: a kill loses no old number,
    // and the same command goes on.
    if (extend_sigma2(table, sigma2)) write_results(run.results(), table);
  });
  RunSummary summary;
  summary.estimated_now = estimate_outstanding(comm, run);
  return conclude(comm, run, summary);
}

}  // namespace infoplane
