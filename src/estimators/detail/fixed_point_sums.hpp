#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "estimators/detail/information_sum.hpp"
#include "estimators/detail/ordered_rows.hpp"
#include "estimators/detail/partial_sums.hpp"
#include "estimators/pairwise.hpp"

namespace infoplane::detail {

/// Where the kernel sums of all rows are in a list of integers, and how they get there:
///
///   [width][same class by position, other classes by position, weight left out by leaf]
///
/// Integers, in units of 2^-fraction_bits, so that they may be added in any order; by width, so
/// that whoever has those of some widths can finish these.
class FixedPointSums {
 public:
  /// `rows` must outlive it.
  FixedPointSums(const OrderedRows& rows, std::size_t widths);

  std::size_t size() const { return widths_ * size_of_width(); }
  std::size_t widths() const { return widths_; }

  /// The widths in `parts` parts of about the same number: part p begins with this one.
  std::size_t first_width(std::size_t part, std::size_t parts) const {
    return widths_ * part / parts;
  }
  /// Of the same parts: where the sums of each begin, and the end.
  std::vector<std::size_t> part_bounds(std::size_t parts) const;

  /// Rounds each sum by itself: what is added does not depend on what is there.
  void add(PartialSums& partial, PairwiseSums& sums) const;

  /// What add() rounds off a sum of a row, at most, when it is called `times` for it.
  double rounding(std::size_t times) const;

  /// All rows at one width, in their order. Of every weight that was left out, `left_out_each` is
  /// missing at most.
  void add_rows(std::size_t width, const PairwiseSums& sums, double left_out_each,
                InformationSum& sum) const;

 private:
  std::size_t size_of_width() const { return 2 * rows_.positions() + rows_.leaves().size(); }
  std::size_t kernel_at(std::size_t width, bool same_class, std::size_t position) const {
    return width * size_of_width() + (same_class ? 0 : 1) * rows_.positions() + position;
  }
  std::size_t dropped_at(std::size_t width, std::size_t leaf) const {
    return width * size_of_width() + 2 * rows_.positions() + leaf;
  }

  const OrderedRows& rows_;
  std::size_t widths_;
  int fraction_bits_;
};

}  // namespace infoplane::detail
