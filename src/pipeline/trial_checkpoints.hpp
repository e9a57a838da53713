#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

#include "store/activations_file.hpp"
#include "store/checkpoint_files.hpp"
#include "store/results_file.hpp"
#include "training/checkpoint.hpp"

// Internal to the room.

namespace infoplane {

/// The checkpoints of one trial while a rank trains it: when they are due, what has to be on the
/// disk before them, and whether what was recorded is still what they say. Not collective.
class TrialCheckpoints {
 public:
  TrialCheckpoints(CheckpointFiles files, const ActivationsFile& activations,
                   const ResultsFile& results, std::size_t trial, double every_s)
      : files_(std::move(files)),
        activations_(activations),
        results_(results),
        trial_(trial),
        every_s_(every_s) {}

  /// The newest whose snapshots are all there and that is one of this network, whose gradient
  /// statistics then go on from it; nothing: from the start.
  std::optional<TrialCheckpoint> restore(const torch::nn::Module& network,
                                         GradientStatistics& gradients);

  /// Cheap.
  bool is_due() const;

  /// Snapshots and metrics written before reach the disk first. Where that fails (a full disk)
  /// there is a warning and the checkpoints before stay: a trial needs none to go on.
  void save(const CheckpointHead& head, const TrialCheckpoint& checkpoint);

  void remove() const { files_.remove(); }

 private:
  using Clock = std::chrono::steady_clock;

  CheckpointFiles files_;
  const ActivationsFile& activations_;
  const ResultsFile& results_;
  std::size_t trial_;
  double every_s_;
  Clock::time_point saved_ = Clock::now();
  double save_s_ = 0;  ///< that the last one took
};

}  // namespace infoplane
