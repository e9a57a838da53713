#include "pipeline/trial_states.hpp"

namespace infoplane {

void write_state(ActivationsFile& activations, ResultsFile& results, std::size_t trial,
                 const LedgerEntry& entry) {
  results.write_state(trial, entry);
  activations.write_ledger(trial, entry);
}

bool was_cut_off(TrialState in_results, const LedgerEntry& entry) {
  return in_results == TrialState::done && entry.state != TrialState::done;
}

void put_back(ActivationsFile& activations, ResultsFile& results, std::size_t trial,
              LedgerEntry& entry) {
  entry.state = TrialState::pending;
  entry.attempts -= entry.attempts > 0 ? 1 : 0;
  write_state(activations, results, trial, entry);
}

}  // namespace infoplane
