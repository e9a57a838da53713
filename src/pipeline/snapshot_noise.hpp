#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "comm/communicator.hpp"
#include "core/matrix_view.hpp"
#include "core/noise.hpp"
#include "estimators/noise/rule.hpp"
#include "store/activations_file.hpp"

// Internal to the room.

namespace infoplane {

/// One snapshot; epoch and layer are places in the trial's own lists.
struct SnapshotPlace {
  std::size_t trial = 0;
  std::size_t epoch = 0;
  std::size_t layer = 0;
};

/// Collective: what rank 0 has.
void broadcast_noise(const Communicator& comm, std::vector<Noise>& noise);

/// "trial 0a1b2c3d4e5f, layer h2, epoch 30"
std::string describe(const RunLayout& layout, const SnapshotPlace& place);

/// Makes variances of the noise of a run, snapshot by snapshot. They depend on the activations
/// alone: any rank, at any time, has the same bits. One for each rank; not collective.
class SnapshotNoise {
 public:
  /// `noise` is the axis of the results. Throws InputError when it names a rule that is not known.
  SnapshotNoise(const ActivationsFile& activations, const std::vector<Noise>& noise);

  /// Whether any of these entries of the axis wants the distances of the snapshot itself.
  bool needs_distances(const std::vector<std::uint64_t>& entries) const;

  /// Throws InputError that names the snapshot when a value in it is NaN or infinite.
  DistanceSummary distances(const SnapshotPlace& place, MatrixView<const float> snapshot) const;

  /// The variance of one entry; `distances` is of this snapshot, and may be nullptr where
  /// needs_distances says so. May read the snapshot of the last epoch, once for each layer.
  double variance(std::size_t entry, const SnapshotPlace& place, const DistanceSummary* distances);

 private:
  /// At the last epoch of a trial's layer, for every "@last" of the axis.
  const std::vector<double>& frozen(const SnapshotPlace& place);

  const ActivationsFile& activations_;
  std::vector<Noise> noise_;
  std::vector<NoiseFunction> rules_;  ///< for each entry; empty where it is no rule
  std::map<std::pair<std::size_t, std::size_t>, std::vector<double>> frozen_;  ///< (trial, layer)
};

}  // namespace infoplane
