#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "estimators/detail/digits.hpp"
#include "estimators/detail/leaf_cache.hpp"
#include "estimators/detail/ordered_rows.hpp"

namespace infoplane::detail {

/// Distances of wide rows from the products of their digits, each with what it may be wrong by.
class DigitProducts {
 public:
  struct Scratch {
    /// Rows 0.3 KiB each at 64 features, 5 KiB at 1024.
    LeafCache<std::int8_t> rows{std::size_t{32} << 20};
    LeafCache<std::int8_t> columns{std::size_t{64} << 20};
    std::vector<DigitLeaf> leaves;
  };

  /// Both must outlive it.
  DigitProducts(const OrderedRows& rows, const DigitKernel& kernel)
      : rows_(rows), kernel_(kernel) {}

  /// Whether rows have as many features as it takes, and not more than it can do.
  static bool pays(const OrderedRows& rows);
  /// Whether in most tiles all distances are wrong by no more than this share of themselves: of
  /// some pairs of leaves, whatever else is asked of them. Not so beside a few huge values.
  bool mostly_within(double share) const;

  /// No pair of two leaves is nearer (squared), by their first digits.
  double least_distance(std::size_t leaf, std::size_t other, Scratch& scratch) const;
  /// Fills a tile with -d/2; returns the smallest d.
  double distances(std::size_t leaf, std::size_t other, Scratch& scratch, double* tile) const;
  /// By how much a squared distance about `distance` in such a tile may be wrong. It grows less
  /// than the distance does.
  double error(std::size_t leaf, std::size_t other, double distance, const Scratch& scratch) const;

 private:
  DigitView view(std::size_t leaf, DigitOrder order, Scratch& scratch) const;

  const OrderedRows& rows_;
  const DigitKernel& kernel_;
};

}  // namespace infoplane::detail
