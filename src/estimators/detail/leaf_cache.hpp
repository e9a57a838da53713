#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

#include "core/aligned_vector.hpp"

namespace infoplane::detail {

/// What is made of the leaves of wide rows when it is asked for, and kept as long as its place is
/// not needed for another leaf: tickets come back to the same leaves in the same order again and
/// again.
template <class T>
class LeafCache {
 public:
  /// Room for so many bytes, or for one leaf.
  explicit LeafCache(std::size_t bytes) : bytes_(bytes) {}

  /// The `size` numbers of a leaf, the same for all: `fill(to)` makes them. Valid until another
  /// leaf is asked for.
  template <class Fill>
  const T* at(std::size_t leaf, std::size_t size, const Fill& fill) {
    if (leaves_.empty()) {
      const std::size_t places = std::max<std::size_t>(1, bytes_ / (size * sizeof(T)));
      values_.resize(places * size);
      leaves_.assign(places, none);
    }
    const std::size_t place = leaf % leaves_.size();
    T* const values = values_.data() + place * size;
    if (leaves_[place] != leaf) {
      // Its own pages only: where most leaves are never asked for, most places stay without.
      if (leaves_[place] == none) get_pages(values, size * sizeof(T));
      fill(values);
      leaves_[place] = leaf;
    }
    return values;
  }

 private:
  static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

  std::size_t bytes_;
  std::vector<std::size_t> leaves_;  ///< of each place
  AlignedVector<T> values_;
};

}  // namespace infoplane::detail
