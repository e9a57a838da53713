#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/matrix_view.hpp"
#include "estimators/device/compute_device.hpp"
#include "estimators/pairwise.hpp"

namespace infoplane {

/// Rows of a tile, at most. About six tiles of float64 are on the device at a time: 800 MB for
/// 4096 rows. Another number gives other last bits.
constexpr std::size_t device_tile_rows = 4096;

/// pairwise_information by LibTorch, on a CUDA device or on the CPU (there the engine of
/// estimators/pairwise.hpp is faster: the CPU is for tests). All in float64, every pair of distinct
/// rows looked at, no pruning; the same certificate and the same ceilings.
///
/// The same arguments give the same bits on devices of one model with one LibTorch, and an entry of
/// the result depends on no other sigma2. Beside its tiles the device holds 12 H + 16 w bytes for
/// each distinct row, w <= 2 sigma2.size() being the number of kernel widths.
///
/// Throws what pairwise_information throws, and Error when LibTorch does (no memory left on the
/// device, say). Not collective.
std::vector<PairwiseEstimate> pairwise_information_on(const ComputeDevice& device,
                                                      MatrixView<const float> h,
                                                      const std::vector<std::int32_t>& labels,
                                                      const std::vector<double>& sigma2,
                                                      std::size_t tile_rows = device_tile_rows);

}  // namespace infoplane
