#pragma once

#include <cstddef>
#include <vector>

#include "comm/communicator.hpp"
#include "pipeline/run_plan.hpp"
#include "store/run_directory.hpp"

// What a run that is there still lacks. Internal to the room.

namespace infoplane {

/// Collective: the finished trials whose slabs do not have the checksum of their ledger entry.
/// Ranks share the reading.
std::vector<std::size_t> find_torn(const Communicator& comm, const RunDirectory& run);

/// Collective: the trials to train, as positions in the plan: those never finished, those of which
/// the ledger and the results tell different stories (a power cut between the two), and those whose
/// slab is torn; the estimates of all these are taken back. Empty when the run is finished and its
/// activations were deleted. Throws InputError when files are missing, damaged or of another run.
std::vector<std::size_t> find_todo(const Communicator& comm, const RunPlan& plan,
                                   const RunDirectory& run);

}  // namespace infoplane
