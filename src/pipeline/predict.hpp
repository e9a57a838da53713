#pragma once

#include <cstddef>
#include <vector>

#include "comm/busy_log.hpp"
#include "pipeline/run_plan.hpp"
#include "pipeline/spread_work.hpp"

namespace infoplane {

/// The work of a run as its ranks will meet it: what they predict decides the order, what it really
/// takes, as far as that is known, how long it lasts.
struct ForeseenWork {
  struct Layer {
    double predicted_s = 0;  ///< estimating one of its snapshots
    double seconds = 0;
  };
  struct Trial {
    double predicted_s = 0;  ///< training
    double seconds = 0;
    std::size_t epochs = 0;  ///< recorded ones
    std::vector<Layer> layers;
  };
  std::vector<Trial> trials;
  double around_s = 2.5;  ///< starting, planning, making and finishing the files: as measured

  double train_s() const;     ///< of all trials, one after the other
  double estimate_s() const;  ///< of all snapshots
};

/// As the cost model has it: seconds are those predicted.
ForeseenWork foresee(const RunPlan& plan);

/// How a run would go on some number of ranks.
struct Prediction {
  int ranks = 1;
  double wall_s = 0;  ///< from start to end
  double train_s = 0, estimate_s = 0;
  double work_s = 0;              ///< of all ranks together, without waiting
  double efficiency = 0;          ///< work / (ranks * time of the two phases)
  double largest_idle_share = 0;  ///< of one rank, in the two phases

  /// Of the cores that are kept for it, one for each thread of a rank.
  double core_hours(int threads_per_rank) const { return ranks * threads_per_rank * wall_s / 3600; }
};

/// Replays the ticket services of the train and the estimate phase, fillers included
/// (comm/simulated.hpp), with the tickets that the phases themselves would make. Runs nothing, and
/// depends on nothing but the arguments.
Prediction predict(const ForeseenWork& work, int ranks, const SpreadSettings& spread = {});

}  // namespace infoplane
