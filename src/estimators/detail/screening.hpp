#pragma once

#include <cstddef>
#include <vector>

#include "estimators/detail/lookout.hpp"
#include "estimators/detail/ordered_rows.hpp"
#include "estimators/detail/tile_kernel.hpp"

namespace infoplane::detail {

/// A first look at the distances of wide rows, in float32 by SGEMM: it is twice as fast as float64,
/// and most pairs of a wide layer turn out to be too far apart to be seen.
class Screening {
 public:
  /// Inner products of the rows of one panel with those of some that follow each other, in float32.
  struct Products {
    const float* values;  ///< [row][stride]
    std::size_t stride;
    std::size_t first_row, first_column;  ///< their positions
  };
  struct Scratch {
    OrderedRows::Screen row_screen, column_screen;
    std::vector<float> products;
    /// Whether the next two panels shall be screened: one pair of leaves in three that is left out
    /// makes up for all.
    Lookout due{3, 1, 32};
  };

  /// `rows` and `kernel` must outlive it.
  Screening(const OrderedRows& rows, const TileKernel& kernel);

  /// Whether rows are wide enough for it.
  static bool pays(const OrderedRows& rows);
  /// Whether float32 neither overflows nor underflows for two panels.
  bool tells(std::size_t panel, std::size_t other) const;

  /// Of one panel with panels [first, last); those up to `end` are likely to be asked for next.
  /// Valid until the next call with the same `scratch`.
  Products products(std::size_t panel, std::size_t first, std::size_t last, std::size_t end,
                    Scratch& scratch) const;
  /// No pair of two leaves, of the row's and of the column's panels, is nearer (squared).
  double least_distance(const Products& products, const Leaf& rows, const Leaf& columns) const;

 private:
  const OrderedRows::Screen& screen_of(std::size_t first, std::size_t last, std::size_t end,
                                       OrderedRows::Screen& filled) const;
  double largest_norm(std::size_t panel) const;

  const OrderedRows& rows_;
  const TileKernel& kernel_;
  OrderedRows::Screen all_;  ///< panels, if they are small enough to be kept
};

}  // namespace infoplane::detail
