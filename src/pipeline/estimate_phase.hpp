#pragma once

#include <cstdint>

#include "comm/communicator.hpp"
#include "store/run_directory.hpp"

namespace infoplane {

/// Collective: estimates whatever results.nc still has no estimate for (trials that are done, all
/// their epochs and layers, every sigma2 of the file), all ranks together. Returns the number of
/// snapshots that were estimated. A job killed on the way loses nothing that was written.
std::int64_t estimate_outstanding(const Communicator& comm, const RunDirectory& run);

}  // namespace infoplane
