#pragma once

#include <cstddef>
#include <optional>

#include "core/aligned_vector.hpp"
#include "estimators/detail/digit_products.hpp"
#include "estimators/detail/leaf_cache.hpp"
#include "estimators/detail/lookout.hpp"
#include "estimators/detail/ordered_rows.hpp"
#include "estimators/detail/tile_kernel.hpp"

namespace infoplane::detail {

struct alignas(64) Tile {
  double values[leaf_rows * leaf_rows];
};

/// Distances of the rows of two leaves, wrong by no more than a share of themselves. The products
/// that make |a|^2 + |b|^2 - 2ab lose digits where rows are close to each other: of three ways,
/// products of digits, products in float64 and differences, the first that is accurate enough. What
/// is chosen depends on the rows and on the share; and not on what is seen, if the nearest pair
/// lies in a block that is.
class TileDistances {
 public:
  struct Scratch {
    DigitProducts::Scratch digits;
    LeafCache<double> packed_a{std::size_t{16} << 20};
    LeafCache<double> packed_b{std::size_t{64} << 20};
    AlignedVector<double> raw_a, raw_b;
    /// Whether the least distance shall be asked for: it takes an eighth of the time of all or
    /// less.
    Lookout due{8, 64, 256};
  };

  /// `digits`: null does without. Both must outlive it.
  TileDistances(const OrderedRows& rows, const DigitKernel* digits, double tolerable_share);

  /// Whether least() tells anything.
  bool tells_least() const { return digits_.has_value(); }
  /// No pair of two different leaves is nearer (squared). Quicker than the distances.
  double least(std::size_t leaf, std::size_t other, Scratch& scratch) const;

  /// Fills a tile with -d/2, in the blocks that are `seen` at least; returns the smallest d of
  /// those that it fills. Digits fill all.
  double fill(std::size_t leaf, std::size_t other, const SeenWidths& seen, Scratch& scratch,
              Tile& halves) const;

 private:
  bool is_accurate(double distance, double error) const {
    return error <= distance * tolerable_share_;
  }
  double fill_by_differences(std::size_t leaf, std::size_t other, const SeenWidths& seen,
                             Scratch& scratch, Tile& halves) const;

  const OrderedRows& rows_;
  const TileKernel& kernel_;
  double tolerable_share_;
  std::optional<DigitProducts> digits_;  ///< of wide rows, where this machine is fast at it
};

}  // namespace infoplane::detail
