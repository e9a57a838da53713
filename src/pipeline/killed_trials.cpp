#include "pipeline/killed_trials.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <vector>

#include "core/log.hpp"
#include "pipeline/trial_states.hpp"
#include "store/activations_file.hpp"
#include "store/checkpoint_files.hpp"
#include "store/last_words_file.hpp"
#include "store/results_file.hpp"

namespace infoplane {
namespace {

constexpr std::uint32_t most_to_blame = 3;
constexpr std::uint32_t most_in_doubt = 10;

/// What is known of each trial that was left running.
struct Left {
  std::size_t trial;
  AttemptEnd end;
};

std::vector<Left> left_running(const RunPlan& plan, const RunDirectory& run,
                               const std::vector<LedgerEntry>& ledger) {
  std::vector<Left> left;
  for (std::size_t t = 0; t < ledger.size(); ++t) {
    if (ledger[t].state == TrialState::running)
      left.push_back({t, LastWordsFile::read(run.path(), plan.layout.trials[t].id)});
  }
  return left;
}

void put_in_quarantine(ActivationsFile& activations, ResultsFile& results, std::size_t trial,
                       LedgerEntry entry, AttemptEnd end, std::uint32_t times) {
  entry.state = TrialState::quarantined;
  entry.reason =
      fmt::format(end == AttemptEnd::told_to_end ? "got no further in {} jobs, which were ended"
                                                 : "killed its rank {} times",
                  times);
  log_warning("trial {} has {}: it is put in quarantine", activations.layout().trials[trial].id,
              entry.reason);
  write_state(activations, results, trial, entry);
}

void settle(const RunPlan& plan, const RunDirectory& run, const std::vector<Left>& left,
            std::vector<LedgerEntry>& ledger) {
  ActivationsFile activations(run.activations(), ActivationsFile::Access::write,
                              Communicator::serial());
  ResultsFile results(run.results(), Communicator::serial());
  const auto not_told = std::count_if(
      left.begin(), left.end(), [](const Left& one) { return one.end != AttemptEnd::told_to_end; });
  for (const auto& [t, end] : left) {
    LedgerEntry& entry = ledger[t];
    if (end == AttemptEnd::told_to_end && not_told > 0) {
      put_back(activations, results, t, entry);
      continue;
    }
    const CheckpointFiles checkpoints(run.path(), plan.layout.trials[t].id);
    const std::uint32_t got_further = std::min(checkpoints.head().attempt, entry.attempts);
    const std::uint32_t times = entry.attempts - got_further;
    const bool to_blame =
        end == AttemptEnd::crashed || (end == AttemptEnd::silent && not_told == 1);
    if (times < (to_blame ? most_to_blame : most_in_doubt)) continue;
    put_in_quarantine(activations, results, t, entry, end, times);
    entry.state = TrialState::quarantined;
  }
}

}  // namespace

void settle_killed_trials(const RunPlan& plan, const RunDirectory& run) {
  if (!std::filesystem::exists(run.activations())) return;
  std::vector<LedgerEntry> ledger =
      ActivationsFile(run.activations(), ActivationsFile::Access::read, Communicator::serial())
          .ledger();
  const std::vector<Left> left = left_running(plan, run, ledger);
  if (!left.empty()) settle(plan, run, left, ledger);
  for (std::size_t t = 0; t < ledger.size(); ++t) {
    if (is_finished(ledger[t].state))
      CheckpointFiles(run.path(), plan.layout.trials[t].id).remove();
  }
}

}  // namespace infoplane
