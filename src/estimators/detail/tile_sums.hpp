#pragma once

#include <cstddef>

namespace infoplane::detail {

/// A rectangle of a tile of squared distances; row i starts at distances + i * stride.
struct DistanceBlock {
  const double* distances;
  std::size_t stride;
  std::size_t rows;
  std::size_t cols;
};

/// Kernel sums at one noise variance, for the two scales that pairwise bounds need.
struct KernelSums {
  double* kl;  ///< of exp(-d / (2 sigma2))
  double* bd;  ///< of exp(-d / (8 sigma2))
};

/// Adds to rows.kl[i], rows.bd[i] the kernel summed over the columns of the block, and, unless
/// `columns.kl` is null, to columns.kl[j], columns.bd[j] the kernel summed over its rows. One
/// exponential per pair: exp(-d / (2 s)) = exp(-d / (8 s))^4.
void add_kernel_sums(const DistanceBlock& block, double sigma2, KernelSums rows,
                     KernelSums columns);

/// out[i * stride + j] = max(0, |a_i|^2 + |b_j|^2 - 2 products[i * stride + j]), in place.
void distances_from_products(double* products, std::size_t stride, std::size_t rows,
                             std::size_t cols, const double* row_norms, const double* col_norms);

}  // namespace infoplane::detail
