#pragma once

#include <cstddef>
#include <type_traits>
#include <vector>

#include "estimators/pairwise.hpp"

namespace infoplane::detail {

/// Collective: values [bounds[p], bounds[p + 1]) of process p reach all others.
template <class T>
void gather(const PreparedTogether& together, T* values, std::vector<std::size_t> bounds) {
  static_assert(std::is_trivially_copyable_v<T>, "values travel as their bytes");
  for (std::size_t& bound : bounds) bound *= sizeof(T);
  together.gather(reinterpret_cast<char*>(values), bounds);
}

}  // namespace infoplane::detail
