#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "store/results_table.hpp"

// Internal to the room.

namespace infoplane {

/// One snapshot and the noise it has no estimate for. Epoch and layer twice: their place
/// in the trial's own lists, and on the axes of the results.
struct SnapshotWork {
  std::uint64_t trial = 0;
  std::uint64_t epoch = 0, axis_epoch = 0;
  std::uint64_t layer = 0, axis_layer = 0;
  std::vector<std::uint64_t> sigma2;  ///< positions on the axis; none where only distances miss
  bool has_distances = false;         ///< in the results
  double cost_s = 0;

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& trial& epoch& axis_epoch& layer& axis_layer& sigma2& has_distances& cost_s;
  }
};

/// The snapshots of trials that are done for which estimates or distances are missing. Needs no
/// activations: which epochs a trial has recorded shows in its metrics.
std::vector<SnapshotWork> find_outstanding(const ResultsTable& table);

/// All snapshots of trials that are done, but for some trials (ascending).
std::size_t count_recorded(const ResultsTable& table, const std::vector<std::size_t>& but = {});

/// All snapshots of a trial that records `epochs`, at all noise variances. Needs the axes of the
/// results and what they say of the trials, no values.
std::vector<SnapshotWork> all_snapshots_of(const ResultsTable& axes, std::size_t trial,
                                           const std::vector<std::int64_t>& epochs);

/// Predicted seconds of all that one snapshot of N rows and H features takes on one core.
double snapshot_cost_s(std::size_t rows, std::size_t features, std::size_t sigma2_count);

}  // namespace infoplane
