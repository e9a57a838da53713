#pragma once

// Also compiled by nvcc.

#include <cstdint>

#include "estimators/detail/noise_ladder.hpp"

namespace infoplane::detail {

/// Some rows that follow each other, in any order; those of a class had better be together.
struct DeviceRows {
  const double* values;  ///< [row][features], as they were recorded
  const double* norms;   ///< |h|^2 of the centred rows; looked at with products only
  const double* weights;
  const std::int32_t* labels;
  std::int64_t count;
};

/// Rows of up to so many features need no products. Theirs are filled up with zeros to a multiple
/// of narrow_step.
constexpr std::int64_t most_narrow_features = 32;
constexpr std::int64_t narrow_step = 4;

/// Sums of kernel values at the widths of one chain: of some rows, the owners, each over some
/// others. Everything is in the memory of the device that computes them.
struct PairSums {
  DeviceRows owners;
  DeviceRows others;
  std::int64_t features;
  /// [other][owner], inner products of the centred rows; null for narrow rows, whose distances are
  /// sums of squared differences.
  const double* products;
  double doubtful_below;  ///< squared distances, over |a|^2 + |b|^2, that products do not tell well
  double factor;          ///< a kernel is 2^(-factor * d)
  int widths;
  int squarings[ladder_rungs];  ///< of each width, after those of the one before
  std::int64_t chunk_rows;      ///< others that are summed together; the last chunk may have fewer
  double* sums;                 ///< [chunk][width][other class, own class][owner]

  std::int64_t chunks() const { return (others.count + chunk_rows - 1) / chunk_rows; }
};

/// Fills `pairs.sums` on the CPU, for tests: the same arithmetic without a device.
void sum_pairs_on_cpu(const PairSums& pairs);

/// Whether this program was built with the kernels for CUDA devices.
bool has_cuda_kernels();
/// Has `pairs.sums` filled by a CUDA device, on its default stream: behind all that LibTorch gave
/// it to do before. Does not wait for it. Returns what CUDA says when it cannot be started, else
/// null.
const char* sum_pairs_on_cuda(const PairSums& pairs, int device);

}  // namespace infoplane::detail
