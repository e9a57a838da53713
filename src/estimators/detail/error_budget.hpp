#pragma once

#include <cstddef>

// What every evaluation of the pairwise sums grants itself. A kernel sum contains the 1 of its own
// row, so what is left out of it, or added wrongly, is compared with at least 1.

namespace infoplane::detail {

/// All that is left out of a sum because it cannot be seen, at most.
constexpr double dropped_at_most = 1e-7;
/// Relative error of a kernel value through cancellation in its distance, at most.
constexpr double kernel_tolerance = 3e-8;

/// Of two rows of `features` numbers |a|^2 + |b|^2 - 2ab has at most this error, over |a|^2 +
/// |b|^2 and in float64, where the products are summed first, in any order; or, beside a relative
/// error below features * 2^-53, where they are added one by one to the norms. For then a partial
/// sum of d/2 exceeds (|a|^2 + |b|^2) / 2 by |p| only, p being the products so far if that is
/// negative; and with every p < 0 comes a d >= 4 |p|.
constexpr double cancellation_error(std::size_t features) {
  return 2.0 * static_cast<double>(features + 8) * 0x1p-53;
}

/// Relative error of a kernel exp(-exponent) through what is rounded when `features` squares or
/// products are added up, in float64.
constexpr double distance_rounding(std::size_t features, double exponent) {
  return exponent * static_cast<double>(features + 8) * 0x1p-53;
}

}  // namespace infoplane::detail
