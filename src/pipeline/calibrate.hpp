#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/predict.hpp"
#include "pipeline/run_plan.hpp"

namespace infoplane {

/// What was measured of one trial, beside what the cost model says.
struct CalibratedTrial {
  std::size_t trial = 0;  ///< position in the plan
  TrialCost predicted, measured;
  /// By layer, the mean over two stages of training; 0 where there was no time to measure.
  std::vector<double> predicted_snapshot_s, measured_snapshot_s;

  /// Estimating all snapshots of so many epochs.
  double estimate_s(std::size_t epochs) const;
};

struct Calibration {
  std::vector<CalibratedTrial> trials;
  double seconds = 0;  ///< how long it took
};

/// Trains a few batches of some trials, the costliest of every network shape, and estimates
/// snapshots of them at the recorded sizes, for about `budget_s` seconds; writes nothing. While
/// this process measures, `companions` more do the same, so that cores that share a cache or a
/// memory bus are measured sharing it. Times are those of the processor, not of the clock: what
/// else runs on the machine does not count. `threads`: that each process computes with. Not
/// collective. Throws as training does, and what a trial that diverges would be recorded with.
Calibration calibrate(const RunPlan& plan, double budget_s, int companions, int threads);

/// foresee(plan), times corrected by what was measured: of the same network where it was, else of
/// the same kind, else by the mean of all.
ForeseenWork foresee(const RunPlan& plan, const Calibration& calibration);

}  // namespace infoplane
