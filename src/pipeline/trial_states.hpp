#pragma once

#include <cstddef>

#include "store/activations_file.hpp"
#include "store/results_file.hpp"

// Internal to the room.

namespace infoplane {

/// The state of a trial in both files of a run. The ledger goes last: what it says is also true of
/// the results, and a kill before it leaves what has to be done again. Not collective. Throws
/// InputError.
void write_state(ActivationsFile& activations, ResultsFile& results, std::size_t trial,
                 const LedgerEntry& entry);

/// Whether a kill came between the two: the results of a trial are all there, and its ledger entry
/// does not know.
bool was_cut_off(TrialState in_results, const LedgerEntry& entry);

/// As if the running attempt had not been: a later job goes on from its checkpoint.
void put_back(ActivationsFile& activations, ResultsFile& results, std::size_t trial,
              LedgerEntry& entry);

}  // namespace infoplane
