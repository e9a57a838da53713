#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/aligned_vector.hpp"
#include "core/matrix_view.hpp"
#include "estimators/pairwise.hpp"

namespace infoplane::detail {

/// A row of a snapshot that stands for `weight` equal ones of its class.
struct MergedRow {
  std::uint32_t row = 0;
  std::uint32_t weight = 0;
};

/// The order in which pairs are worked off: equal rows of one class merged, class by class by
/// label, inside a class by a k-d tree whose leaves are the tiles' sides, cut further into groups.
/// Classes with few rows are together a last one, of mixed labels. It depends on nothing but the
/// snapshot.
struct RowOrder {
  AlignedVector<MergedRow> rows;
  /// Where each class ends, the mixed one included; leaf_rows at a time from where it begins, the
  /// last leaf being shorter.
  std::vector<std::size_t> class_ends;
};

/// With several processes collective: each orders some of the classes. The mixed one, and what a
/// single large class takes, is not shared.
RowOrder order_rows(MatrixView<const float> h, const std::vector<std::int32_t>& labels,
                    const PreparedTogether& together);

}  // namespace infoplane::detail
