#pragma once

#include <cstdint>
#include <vector>

#include "core/matrix_view.hpp"

namespace infoplane::detail {

/// The distinct rows of each class, in order of class. Rows are compared by value: 0 and -0 are one
/// point.
struct DistinctRows {
  std::vector<std::uint32_t> sources;  ///< rows of the snapshot
  std::vector<double> weights;         ///< how often each occurs in its class
  std::vector<std::int32_t> labels;
};

DistinctRows distinct_rows(MatrixView<const float> h, const std::vector<std::int32_t>& labels);

}  // namespace infoplane::detail
