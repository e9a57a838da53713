#include "pipeline/killed_trials.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <vector>

#include "core/log.hpp"
#include "store/activations_file.hpp"
#include "store/checkpoint_files.hpp"
#include "store/results_file.hpp"

namespace infoplane {
namespace {

constexpr std::uint32_t most_alone = 3;
constexpr std::uint32_t most_with_others = 10;

void put_in_quarantine(ActivationsFile& activations, ResultsFile& results, std::size_t trial,
                       LedgerEntry entry, std::uint32_t times) {
  entry.state = TrialState::quarantined;
  entry.reason = fmt::format("killed its rank {} times", times);
  log_warning("trial {} has {}: it is put in quarantine", activations.layout().trials[trial].id,
              entry.reason);
  results.write_state(trial, entry);
  activations.write_ledger(trial, entry);  // the last word: killed before it, this is done again
}

}  // namespace

void settle_killed_trials(const RunPlan& plan, const RunDirectory& run) {
  if (!std::filesystem::exists(run.activations())) return;
  ActivationsFile activations(run.activations(), ActivationsFile::Access::write,
                              Communicator::serial());
  ResultsFile results(run.results(), Communicator::serial());
  std::vector<LedgerEntry> ledger = activations.ledger();
  const auto running = std::count_if(ledger.begin(), ledger.end(), [](const LedgerEntry& entry) {
    return entry.state == TrialState::running;
  });
  const std::uint32_t most = running > 1 ? most_with_others : most_alone;
  for (std::size_t t = 0; t < ledger.size(); ++t) {
    const CheckpointFiles checkpoints(run.path(), plan.layout.trials[t].id);
    if (ledger[t].state == TrialState::running && ledger[t].attempts >= most) {
      const std::uint32_t got_further = std::min(checkpoints.head().attempt, ledger[t].attempts);
      const std::uint32_t times = ledger[t].attempts - got_further;
      if (times >= most) {
        put_in_quarantine(activations, results, t, ledger[t], times);
        ledger[t].state = TrialState::quarantined;
      }
    }
    if (is_finished(ledger[t].state)) checkpoints.remove();
  }
}

}  // namespace infoplane
