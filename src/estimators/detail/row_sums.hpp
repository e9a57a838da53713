#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "core/aligned_vector.hpp"
#include "estimators/detail/partial_sums.hpp"
#include "estimators/detail/tile_kernel.hpp"

namespace infoplane::detail {

/// Kernel sums of the rows of one leaf while one tile of it after the other is worked off. The sum
/// over the columns of a tile ends with lanes that have to be added up, which takes half as many
/// operations as all additions before: here they wait until all tiles have been there.
class RowSums {
 public:
  explicit RowSums(std::size_t widths)
      : begun_(2 * widths, false), lanes_(2 * widths * leaf_lanes) {}

  /// Where to add the rows of a tile at a width.
  LaneSums at(std::size_t width, bool same_class) {
    const std::size_t index = index_of(width, same_class);
    const bool begun = begun_[index];
    begun_[index] = true;
    end_ = std::max(end_, width + 1);
    return {lanes_.data() + index * leaf_lanes, begun};
  }

  /// Adds what came together to the rows of a leaf from `position` on, where all widths that were
  /// asked for have been begun, and starts anew.
  void add_to(PartialSums& partial, std::size_t position, std::size_t groups,
              const TileKernel& kernel) {
    for (std::size_t width = 0; width < end_; ++width) {
      for (const bool same : {true, false}) {
        const std::size_t index = index_of(width, same);
        if (!begun_[index]) continue;
        kernel.add_lanes(lanes_.data() + index * leaf_lanes, groups,
                         partial.kernel(width, same, position));
      }
    }
    clear();
  }

  void clear() {
    std::fill_n(begun_.begin(), 2 * end_, false);
    end_ = 0;
  }

 private:
  static constexpr std::size_t leaf_lanes = leaf_rows * lane_count;

  static std::size_t index_of(std::size_t width, bool same_class) {
    return 2 * width + (same_class ? 0 : 1);
  }

  std::size_t end_ = 0;          ///< no width from here on is begun
  std::vector<char> begun_;      // [width][same, other]
  AlignedVector<double> lanes_;  // [width][same, other][row][lane]
};

}  // namespace infoplane::detail
