#pragma once

#include <functional>

#include "comm/busy_log.hpp"
#include "comm/communicator.hpp"
#include "comm/stop_request.hpp"
#include "pipeline/snapshot_estimator.hpp"

// Internal to the room.

namespace infoplane {

/// Collective: all ranks estimate one snapshot. Each reads and prepares it whole, takes tickets of
/// it, and adds what they give into sums of its own. Of the sums of all each rank finishes a share;
/// rank 0 writes the estimates. The sums are fixed-point integers: who worked on what, and when,
/// leaves no trace in them. Ranks other than 0 do not wait for the writing.
///
/// `on_progress` is called on rank 0 with the predicted cost, in seconds, of what was done. Rank 0
/// adds to `busy` what the ranks did, but for the time it all took. A rank that throws must end the
/// group: the others wait for it.
///
/// Returns false, with nothing written, when the job is to end before the snapshot is estimated.
bool estimate_together(const Communicator& comm, SnapshotEstimator& estimate,
                       const SnapshotWork& work, const std::function<void(double)>& on_progress,
                       BusyLog& busy, StopRequest* stop = nullptr);

}  // namespace infoplane
