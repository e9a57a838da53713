#include "estimators/detail/tile_sums.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>

#ifndef INFOPLANE_VECTOR_CLONES
#define INFOPLANE_VECTOR_CLONES
#endif

namespace infoplane::detail {
namespace {

/// exp(x) for x <= 0, relative error below 2e-16; below -700 it is exp(-700), which nobody can tell
/// from 0 beside the 1 on the diagonal. Straight-line code, so that loops over it vectorise:
/// x = k ln 2 + r, |r| <= ln 2 / 2; Taylor series of exp(r) to r^13 / 13! (remainder 4e-18); 2^k
/// goes into the exponent bits.
inline double exp_not_positive(double x) {
  constexpr double log2_e = 1.4426950408889634;
  constexpr double ln2_high = 6.93147180369123816490e-01;
  constexpr double ln2_low = 1.90821492927058770002e-10;
  constexpr double round_to_integer = 0x1.8p52;
  x = x < -700.0 ? -700.0 : x;
  const double shifted = x * log2_e + round_to_integer;
  const double k = shifted - round_to_integer;
  const double r = (x - k * ln2_high) - k * ln2_low;
  double p = 1.0 / 6227020800.0;
  p = p * r + 1.0 / 479001600.0;
  p = p * r + 1.0 / 39916800.0;
  p = p * r + 1.0 / 3628800.0;
  p = p * r + 1.0 / 362880.0;
  p = p * r + 1.0 / 40320.0;
  p = p * r + 1.0 / 5040.0;
  p = p * r + 1.0 / 720.0;
  p = p * r + 1.0 / 120.0;
  p = p * r + 1.0 / 24.0;
  p = p * r + 1.0 / 6.0;
  p = p * r + 0.5;
  p = p * r + 1.0;
  p = p * r + 1.0;
  std::int64_t exponent;
  std::int64_t bits;
  std::memcpy(&exponent, &shifted, sizeof exponent);  // its low bits hold k in two's complement
  std::memcpy(&bits, &p, sizeof bits);
  bits += static_cast<std::int64_t>(static_cast<std::uint64_t>(exponent) << 52);
  double result;
  std::memcpy(&result, &bits, sizeof result);
  return result;
}

}  // namespace

INFOPLANE_VECTOR_CLONES
void add_kernel_sums(const DistanceBlock& block, double sigma2, KernelSums rows,
                     KernelSums columns) {
  // A subnormal sigma2 must not make it infinite: 0 * infinity is no number.
  const double factor = std::max(-1.0 / (8.0 * sigma2), -std::numeric_limits<double>::max());
  const std::size_t cols = block.cols;
  for (std::size_t i = 0; i < block.rows; ++i) {
    const double* __restrict__ distances = block.distances + i * block.stride;
    double kl = 0;
    double bd = 0;
    if (columns.kl == nullptr) {
#pragma omp simd reduction(+ : kl, bd)
      for (std::size_t j = 0; j < cols; ++j) {
        const double wide = exp_not_positive(distances[j] * factor);
        const double squared = wide * wide;
        bd += wide;
        kl += squared * squared;
      }
    } else {
      double* __restrict__ column_kl = columns.kl;
      double* __restrict__ column_bd = columns.bd;
#pragma omp simd reduction(+ : kl, bd)
      for (std::size_t j = 0; j < cols; ++j) {
        const double wide = exp_not_positive(distances[j] * factor);
        const double squared = wide * wide;
        const double narrow = squared * squared;
        bd += wide;
        kl += narrow;
        column_bd[j] += wide;
        column_kl[j] += narrow;
      }
    }
    rows.kl[i] += kl;
    rows.bd[i] += bd;
  }
}

INFOPLANE_VECTOR_CLONES
void distances_from_products(double* products, std::size_t stride, std::size_t rows,
                             std::size_t cols, const double* row_norms, const double* col_norms) {
  for (std::size_t i = 0; i < rows; ++i) {
    double* __restrict__ row = products + i * stride;
    const double norm = row_norms[i];
#pragma omp simd
    for (std::size_t j = 0; j < cols; ++j) {
      const double distance = norm + col_norms[j] - 2.0 * row[j];
      row[j] = distance > 0.0 ? distance : 0.0;
    }
  }
}

}  // namespace infoplane::detail
