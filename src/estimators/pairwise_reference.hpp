#pragma once

#include <cstdint>
#include <vector>

#include "core/matrix_view.hpp"
#include "estimators/pairwise.hpp"

namespace infoplane {

/// The formulas of estimators/pairwise.hpp written down as they stand, in float64, pair by pair:
/// slow, obviously right, and what the fast code is tested against. `weights` (c_i > 0, summing to
/// 1) stand for duplicate rows that were merged; empty means 1/N each.
std::vector<PairwiseEstimate> pairwise_information_reference(
    MatrixView<const double> h, const std::vector<std::int32_t>& labels,
    const std::vector<double>& sigma2, std::vector<double> weights = {});

}  // namespace infoplane
