#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace infoplane::detail {

/// Finds the smallest of some keys.
class Selection {
 public:
  /// Moves the `smallest` smallest of `keys`, which are all different, to the front. In which order
  /// they and the others are then follows from the order that they came in, the same with every
  /// library.
  void operator()(std::vector<std::uint64_t>& keys, std::size_t smallest);

 private:
  std::vector<std::uint64_t> spare_;
};

}  // namespace infoplane::detail
