#pragma once

#include <cstdint>

#include "comm/busy_log.hpp"
#include "comm/communicator.hpp"
#include "comm/stop_request.hpp"
#include "estimators/device/compute_device.hpp"
#include "pipeline/job_status.hpp"
#include "pipeline/spread_work.hpp"
#include "store/run_directory.hpp"

namespace infoplane {

struct EstimateOutcome {
  std::int64_t snapshots = 0;  ///< that were estimated; on every rank
  BusyLog busy;                ///< on rank 0
};

/// Collective: estimates whatever results.nc still has no estimate for (trials that are done, all
/// their epochs and layers, every sigma2 of the file), all ranks together, each on its `device`; on
/// CUDA devices snapshots are not cut. A job killed on the way, or told to end by `stop`, loses
/// nothing that was written. `status`, if there is one, is told what happens. Every rank knows
/// afterwards that the job was stopped.
EstimateOutcome estimate_outstanding(const Communicator& comm, const RunDirectory& run,
                                     const SpreadSettings& settings = {},
                                     const ComputeDevice& device = {}, StopRequest* stop = nullptr,
                                     JobStatus* status = nullptr);

}  // namespace infoplane
