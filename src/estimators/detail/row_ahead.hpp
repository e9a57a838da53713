#pragma once

#include <algorithm>
#include <cstddef>

namespace infoplane::detail {

/// Rows that are near each other in an order lie anywhere in the snapshot: brings the first numbers
/// of one that comes soon.
inline void ask_for_row(const float* row, std::size_t features) {
  constexpr std::size_t line = 64 / sizeof(float);
  const std::size_t asked = std::min(features, 2 * line);
  for (std::size_t k = 0; k < asked; k += line) __builtin_prefetch(row + k);
  __builtin_prefetch(row + asked - 1);
}

}  // namespace infoplane::detail
