#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "comm/communicator.hpp"
#include "comm/stop_request.hpp"
#include "pipeline/run_plan.hpp"
#include "store/run_directory.hpp"

// What a run that is there still lacks. Internal to the room.

namespace infoplane {

/// Ranks write by themselves, which HDF5 refuses where layers are compressed. Throws InputError.
void require_unpacked(const RunDirectory& run);

/// Collective: the finished trials whose slabs do not have the checksum of their ledger entry.
/// Ranks share the reading, which takes as long as the disk takes for all of the file. Nothing when
/// a stop came before its end.
std::optional<std::vector<std::size_t>> find_torn(const Communicator& comm, const RunDirectory& run,
                                                  StopRequest* stop);

/// Collective: the trials to train, as positions in the plan: those never finished, those of which
/// the ledger and the results tell different stories (a power cut between the two), and those whose
/// slab is torn, with `retry` also those that had failed or been put in quarantine before; all
/// these are as if they had never been finished, in both files. Empty when the run is finished and
/// its activations were deleted. Nothing when a stop came before they were looked through. Throws
/// InputError when files are missing, damaged or of another run.
std::optional<std::vector<std::size_t>> find_todo(const Communicator& comm, const RunPlan& plan,
                                                  const RunDirectory& run, StopRequest* stop,
                                                  bool retry);

}  // namespace infoplane
