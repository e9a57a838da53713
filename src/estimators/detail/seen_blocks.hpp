#pragma once

#include <cstddef>
#include <limits>
#include <vector>

#include "core/aligned_vector.hpp"
#include "estimators/detail/ordered_rows.hpp"
#include "estimators/detail/tile_kernel.hpp"

namespace infoplane::detail {

/// Which widths can be seen in which blocks of a tile, from the boxes of its groups. Every width by
/// itself: what is found for one depends on no other.
class SeenBlocks {
 public:
  /// Boxes of one leaf as the tile kernel wants those of rows.
  struct Scratch {
    static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();
    AlignedVector<float> row_lows, row_highs;
    std::size_t leaf = none;  ///< that they are of
  };

  /// `reach`: of each width, widest first, the squared distance from which on it sees nothing.
  /// `rows` and `kernel` must outlive it.
  SeenBlocks(const OrderedRows& rows, const TileKernel& kernel, const std::vector<double>& reach);

  /// So many widths, the widest, count as seen in every block of a tile whose rows are so far apart
  /// (squared), for looking would not pay: they reach so far into it that hardly a block is beyond.
  std::size_t whole(double nearest, double farthest) const;

  /// How many of the first `widths` widths count as seen in each block of a tile of two leaves, at
  /// least `whole`. Returns how many do in all of them.
  std::size_t look(std::size_t rows_leaf, std::size_t columns_leaf, std::size_t whole,
                   std::size_t widths, SeenWidths& seen, Scratch& scratch) const;

 private:
  bool looks() const { return rows_.features() <= OrderedRows::grouped_features; }
  double find_gap_share() const;
  void repeat_boxes(std::size_t leaf, Scratch& scratch) const;

  const OrderedRows& rows_;
  const TileKernel& kernel_;
  std::vector<double> reach_;
  std::vector<float> float_reach_;  ///< rounded up
  double gap_share_ = 0;
};

}  // namespace infoplane::detail
