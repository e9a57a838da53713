#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "comm/busy_log.hpp"
#include "comm/communicator.hpp"
#include "config/sweep_file.hpp"
#include "estimators/device/compute_device.hpp"
#include "pipeline/job_control.hpp"
#include "pipeline/spread_work.hpp"
#include "store/run_directory.hpp"

namespace infoplane {

/// How a run stands when a job ends.
struct RunSummary {
  std::size_t trials = 0;
  std::size_t failed = 0;
  std::size_t quarantined = 0;     ///< given up: they ended the ranks that trained them
  std::size_t unfinished = 0;      ///< neither done nor failed
  std::size_t outstanding = 0;     ///< snapshots of done trials without all their estimates
  std::size_t trained_now = 0;     ///< by this job, failed ones too
  std::int64_t estimated_now = 0;  ///< snapshots
  BusyLog training;                ///< on rank 0, as the next: how busy the ranks were
  BusyLog estimating;
  StopCause stopped = StopCause::none;                    ///< why the job ended early, if it did
  bool looked_through = true;                             ///< it came to know what is left to do
  ComputeDevice::Kind device = ComputeDevice::Kind::cpu;  ///< where it estimated

  /// Whether there is work left because the job was asked to end.
  bool ended_early() const {
    return stopped != StopCause::none && (!looked_through || unfinished + outstanding > 0);
  }
};

/// Collective: makes the run directory, or takes up the run in it, trains what is not trained,
/// estimates what is not estimated. The result has the same bits on any number of ranks, however
/// often it was interrupted. `threads` is how many each rank computes with; `spread` decides how
/// long it takes, not what comes out. Where `job` ends it early all is saved, and the same call
/// goes on.
///
/// Throws UsageError when the directory holds a run of another sweep (with the difference) or of
/// another number of threads, or asks for a CUDA device that is not there; InputError when files
/// are damaged or cannot be written.
RunSummary run_sweep(const Communicator& comm, const config::SweepFile& sweep,
                     const RunDirectory& run, int threads, const SpreadSettings& spread = {},
                     const JobControl& job = {});

/// Other noise for a run.
struct NoiseChange {
  std::vector<Noise> add;
  std::vector<Noise> drop;  ///< with its estimates, where it is there; not the sweep's
};

/// Collective: changes the noise of a run that is there and estimates what is missing; nothing is
/// trained, and estimates that exist are kept as they are. Where nothing is added nothing is
/// estimated. `device`: instead of the sweep's. Throws UsageError for another number of threads
/// than the run was made with and for noise to drop that its sweep asks for; config::ConfigError
/// for a rule that does not exist or a list that does not fit the layers; InputError when the run
/// is missing, damaged or in use.
RunSummary estimate_run(const Communicator& comm, const RunDirectory& run, const NoiseChange& noise,
                        int threads, const SpreadSettings& spread = {},
                        std::optional<DeviceChoice> device = std::nullopt,
                        const JobControl& job = {});

}  // namespace infoplane
