#pragma once

#include <string>
#include <vector>

#include "estimators/pairwise.hpp"
#include "pipeline/snapshot_work.hpp"
#include "store/activations_file.hpp"
#include "store/results_file.hpp"

// Internal to the room.

namespace infoplane {

/// Estimates one snapshot after another: reads it, estimates what it lacks, writes that. The files
/// have to outlive it.
class SnapshotEstimator {
 public:
  /// `sigma2` and `bounds`: the axes of the results.
  SnapshotEstimator(const ActivationsFile& activations, ResultsFile& results,
                    std::vector<double> sigma2, std::vector<std::string> bounds)
      : activations_(activations),
        results_(results),
        sigma2_(std::move(sigma2)),
        bounds_(std::move(bounds)) {}

  /// Not collective. Throws InputError when the snapshot is damaged or cannot be read, or the
  /// results not written; both errors name trial, layer and epoch.
  void operator()(const SnapshotWork& work);

 private:
  std::vector<PairwiseEstimate> estimate(MatrixView<const float> snapshot,
                                         const std::vector<std::int32_t>& labels,
                                         const std::vector<double>& sigma2,
                                         const TrialLayout& trial, const SnapshotWork& work) const;

  const ActivationsFile& activations_;
  ResultsFile& results_;
  std::vector<double> sigma2_;
  std::vector<std::string> bounds_;
  std::vector<float> values_;
};

}  // namespace infoplane
