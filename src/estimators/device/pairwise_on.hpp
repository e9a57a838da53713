#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/matrix_view.hpp"
#include "estimators/device/compute_device.hpp"
#include "estimators/pairwise.hpp"

namespace infoplane {

/// Rows of a side of a tile, at most. Of wide rows up to three tiles of float64 are on the device
/// at a time: 400 MB for 4096 rows. Another number gives other last bits.
constexpr std::size_t device_tile_rows = 4096;

/// pairwise_information on a CUDA device, or with the same arithmetic on the CPU (for tests: there
/// the engine of estimators/pairwise.hpp is a lot faster). All in float64, every pair of distinct
/// rows looked at, no pruning; the same certificate and the same ceilings. Distances of up to 32
/// features are sums of squared differences; of more, inner products by LibTorch, mended where they
/// lose digits.
///
/// The same arguments give the same bits on devices of one model with one LibTorch, and an entry of
/// the result depends on no other sigma2. Beside its tiles the device holds 8 H bytes for each row,
/// H up to 32 being a multiple of 4, twice as much of wider ones, 16 w for each with w <= 2
/// sigma2.size() kernel widths, and 60 MB.
///
/// Throws what pairwise_information throws, and Error when LibTorch does (no memory left on the
/// device, say). Not collective.
std::vector<PairwiseEstimate> pairwise_information_on(const ComputeDevice& device,
                                                      MatrixView<const float> h,
                                                      const std::vector<std::int32_t>& labels,
                                                      const std::vector<double>& sigma2,
                                                      std::size_t tile_rows = device_tile_rows);

}  // namespace infoplane
