#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "comm/busy_log.hpp"
#include "comm/communicator.hpp"
#include "estimators/device/compute_device.hpp"
#include "pipeline/job_control.hpp"
#include "pipeline/run_plan.hpp"
#include "store/run_directory.hpp"

namespace infoplane {

struct TrainOutcome {
  std::int64_t estimated = 0;  ///< snapshots, by ranks that had run out of trials; on rank 0
  BusyLog busy;                ///< on rank 0
};

/// Collective: trains the trials of `todo` (positions in the plan, the same on every rank), one
/// rank a trial, and writes their snapshots, metrics and ledger entries. A trial that throws or
/// diverges is recorded as failed and the sweep goes on. Ranks for which no trial is left estimate
/// finished ones, on `device`, until the last trial ends (pipeline/early_estimates.hpp).
///
/// A job that is to end early saves where its trials are and takes their `running` back; with
/// checkpoints they go on from there. Every rank knows afterwards that the job was stopped.
TrainOutcome train_trials(const Communicator& comm, const RunPlan& plan, const RunDirectory& run,
                          const std::vector<std::size_t>& todo, const ComputeDevice& device,
                          const JobControl& job = {});

}  // namespace infoplane
