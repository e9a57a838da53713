#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "core/aligned_vector.hpp"

namespace infoplane::detail {

/// Kernel sums of some positions, for every width, apart for rows of the own and of other classes:
/// the ratio same / (same + other) then never exceeds 1, whatever is rounded. And by leaf, how much
/// weight was left out from which width on.
class PartialSums {
 public:
  /// Starts anew, in the memory that is there: touching fresh megabytes for every ticket would take
  /// longer than many a ticket does.
  void clear(std::size_t first_leaf, std::size_t leaves, std::size_t first_position,
             std::size_t positions, std::size_t widths) {
    first_leaf_ = first_leaf;
    first_position_ = first_position;
    positions_ = positions;
    widths_ = widths;
    const std::size_t count = 2 * widths * positions;
    if (kernel_.size() < count) {
      // Of very many widths most are never begun.
      if (count * sizeof(double) <= bytes_got_at_once) reserve_pages(kernel_, count);
      if (kernel_.capacity() < count) kernel_ = {};  // nothing to be copied
      kernel_.resize(count);
    }
    begun_.assign(leaves, 0);
    dropped_.assign(leaves * (widths + 1), 0.0);
  }

  double* kernel(std::size_t width, bool same_class, std::size_t position) {
    return kernel_.data() + (2 * width + (same_class ? 0 : 1)) * positions_ + position -
           first_position_;
  }
  /// To be called before anything is added to the rows of a leaf at the widths below `widths`: most
  /// tickets never look at most of theirs, and only at the widest ones.
  void begin(std::size_t leaf, std::size_t position, std::size_t count, std::size_t widths) {
    std::size_t& begun = begun_[leaf - first_leaf_];
    for (; begun < widths; ++begun) {
      for (const bool same : {true, false}) std::fill_n(kernel(begun, same, position), count, 0.0);
    }
  }
  /// Nothing was added to a leaf from this width on.
  std::size_t begun(std::size_t leaf) const { return begun_[leaf - first_leaf_]; }
  double& dropped(std::size_t leaf, std::size_t from_width) {
    return dropped_[(leaf - first_leaf_) * (widths_ + 1) + from_width];
  }

  std::size_t first_leaf() const { return first_leaf_; }
  std::size_t leaves() const { return begun_.size(); }

 private:
  static constexpr std::size_t bytes_got_at_once = std::size_t{4} << 20;

  std::size_t first_leaf_ = 0, first_position_ = 0, positions_ = 0, widths_ = 0;
  AlignedVector<double> kernel_;    // [width][same, other][position], once begun
  std::vector<std::size_t> begun_;  // [leaf]
  std::vector<double> dropped_;     // [leaf][width]
};

}  // namespace infoplane::detail
