#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

// The fixed axes on which squared distances are summarised. Estimators fill them, files carry them.

namespace infoplane {

/// Percents of the pairs: 0 and 100 are the lowest and the highest distance seen.
constexpr std::array<double, 11> distance_percents{0, 1, 5, 10, 25, 50, 75, 90, 95, 99, 100};

/// Bin 0 holds the distances that are 0: duplicate rows. The others are a factor of 2 wide, bin b
/// from 2^(b-40) up to but without 2^(b-39); bin 1 takes all that are smaller (down to, without,
/// 0), bin 63 all that are larger. Example: 1.5 lies in bin 40, [1, 2); 1e-12 in bin 1, (0, 2^-38).
constexpr std::size_t distance_bins = 64;
constexpr int bin_edge_exponent = -39;

/// Where a bin ends: 0 for the first, infinity for the last.
inline double distance_bin_edge(std::size_t bin) {
  if (bin == 0) return 0;
  if (bin + 1 == distance_bins) return std::numeric_limits<double>::infinity();
  return std::ldexp(1.0, bin_edge_exponent + static_cast<int>(bin));
}

}  // namespace infoplane
