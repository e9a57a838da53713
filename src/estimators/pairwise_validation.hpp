#pragma once

#include <cstdint>
#include <vector>

#include "core/matrix_view.hpp"

namespace infoplane::detail {

/// Throws SnapshotError unless h has rows and features, all finite, one label per row, and every
/// sigma2 is positive and finite.
template <class T>
void require_snapshot(MatrixView<const T> h, const std::vector<std::int32_t>& labels,
                      const std::vector<double>& sigma2);

std::vector<std::int32_t> distinct_labels(const std::vector<std::int32_t>& labels);

}  // namespace infoplane::detail
