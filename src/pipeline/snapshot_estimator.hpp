#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/aligned_vector.hpp"
#include "estimators/device/compute_device.hpp"
#include "estimators/pairwise.hpp"
#include "pipeline/snapshot_noise.hpp"
#include "pipeline/snapshot_work.hpp"
#include "store/activations_file.hpp"
#include "store/results_file.hpp"

// Internal to the room.

namespace infoplane {

/// Estimates one snapshot after another: reads it, estimates what it lacks, writes that. The files
/// have to outlive it. Not collective.
class SnapshotEstimator {
 public:
  /// `noise` and `bounds`: the axes of the results.
  SnapshotEstimator(const ActivationsFile& activations, ResultsFile& results,
                    const std::vector<Noise>& noise, std::vector<std::string> bounds,
                    const ComputeDevice& device)
      : activations_(activations),
        results_(results),
        noise_(activations, noise),
        bounds_(std::move(bounds)),
        device_(device) {}

  /// False where `stop_wanted`, asked again and again, said so before the end: then nothing is
  /// written. Throws InputError when the snapshot is damaged or cannot be read, or the results not
  /// written; what the estimator throws names trial, layer and epoch.
  bool operator()(const SnapshotWork& work, const std::function<bool()>& stop_wanted);
  /// How many were estimated since the last call: a trial that stopped early has fewer than
  /// planned.
  std::int64_t take_count() { return std::exchange(count_, 0); }

  // Its parts, for a snapshot that several ranks estimate together.

  struct Snapshot {
    MatrixView<const float> values;  ///< good until the next one is loaded
    const std::vector<std::int32_t>& labels;
    std::vector<double> sigma2;  ///< variances, in the order of work.sigma2
  };
  Snapshot load(const SnapshotWork& work);
  /// Takes the distances of the snapshot that was loaded last, where the results do not have them.
  void summarize(const SnapshotWork& work);
  /// Of the same snapshot: these distances, and `estimates`, in the order of work.sigma2.
  void write(const SnapshotWork& work, const std::vector<PairwiseEstimate>& estimates);

  /// What `estimate()` gives; its errors get the place of the snapshot.
  template <class Estimate>
  auto naming(const SnapshotWork& work, Estimate&& estimate) const {
    try {
      return estimate();
    } catch (const SnapshotError& error) {
      throw InputError("the snapshot of " + place_of(work) +
                       " in activations.h5 is damaged: " + error.what());
    } catch (const InternalError& error) {
      throw InternalError(std::string(error.what()) + " (" + place_of(work) + ")");
    }
  }

 private:
  static SnapshotPlace place(const SnapshotWork& work) {
    return {work.trial, work.epoch, work.layer};
  }
  std::string place_of(const SnapshotWork& work) const {
    return describe(activations_.layout(), place(work));
  }
  std::optional<std::vector<PairwiseEstimate>> estimate(
      const Snapshot& snapshot, const std::function<bool()>& stop_wanted) const;
  const RowSetLayout& rows_of(const SnapshotWork& work) const;
  MatrixView<const float> values(const SnapshotWork& work) const;

  const ActivationsFile& activations_;
  ResultsFile& results_;
  SnapshotNoise noise_;
  std::vector<std::string> bounds_;
  ComputeDevice device_;
  AlignedVector<float> values_;
  std::optional<DistanceSummary> summary_;  ///< of the snapshot that was loaded last
  std::int64_t count_ = 0;
};

}  // namespace infoplane
