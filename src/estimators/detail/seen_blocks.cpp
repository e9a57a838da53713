#include "estimators/detail/seen_blocks.hpp"

#include <algorithm>
#include <cmath>

namespace infoplane::detail {
namespace {

/// Pairs of leaves that tell how much farther apart their groups can be.
constexpr std::size_t pairs_looked_at = 16;

/// Infinite beyond float32: such a reach sees what overflowed, too.
float rounded_up(double value) {
  constexpr float largest = std::numeric_limits<float>::max();
  const float nearest = value < static_cast<double>(largest) ? static_cast<float>(value) : largest;
  return std::nextafter(nearest, std::numeric_limits<float>::infinity());
}

}  // namespace

SeenBlocks::SeenBlocks(const OrderedRows& rows, const TileKernel& kernel,
                       const std::vector<double>& reach)
    : rows_(rows), kernel_(kernel), reach_(reach) {
  for (const double distance : reach) float_reach_.push_back(rounded_up(distance));
  if (looks()) gap_share_ = find_gap_share();
}

/// How far groups of two leaves are apart at most, as a share of the way from the nearest to the
/// farthest distance of their leaves: of some leaves, for it is only to tell what pays. Among many
/// features of the same size a group is hardly smaller than its leaf.
double SeenBlocks::find_gap_share() const {
  const std::size_t leaves = rows_.leaves().size();
  if (leaves < 2) return 0;
  double share = 0;
  for (std::size_t pair = 0; pair < pairs_looked_at; ++pair) {
    const std::size_t i = pair * leaves / pairs_looked_at;
    const std::size_t j = (i + 1 + 7 * pair) % leaves;
    const OrderedRows::BoxDistances boxes = rows_.leaf_distances(i, j / box_lanes);
    const auto near = static_cast<double>(boxes.nearest[j % box_lanes]);
    const auto far = static_cast<double>(boxes.farthest[j % box_lanes]);
    if (far > near) share = std::max(share, (rows_.farthest_groups(i, j) - near) / (far - near));
  }
  return share;
}

std::size_t SeenBlocks::whole(double nearest, double farthest) const {
  if (!looks()) return reach_.size();
  const double enough = nearest + gap_share_ * (farthest - nearest);
  std::size_t count = 0;
  while (count < reach_.size() && reach_[count] >= enough) ++count;
  return count;
}

std::size_t SeenBlocks::look(std::size_t rows_leaf, std::size_t columns_leaf, std::size_t whole,
                             std::size_t widths, SeenWidths& seen, Scratch& scratch) const {
  if (whole >= widths) {
    for (auto& row : seen.of) std::fill_n(row, leaf_groups, static_cast<std::int32_t>(widths));
    return widths;
  }
  if (scratch.leaf != rows_leaf) repeat_boxes(rows_leaf, scratch);
  return kernel_.seen_in_blocks(scratch.row_lows.data(), scratch.row_highs.data(),
                                rows_.group_lows(columns_leaf), rows_.group_highs(columns_leaf),
                                rows_.features(), rows_.box_shrink(), float_reach_.data(), whole,
                                widths, seen);
}

void SeenBlocks::repeat_boxes(std::size_t leaf, Scratch& scratch) const {
  const std::size_t boxes = rows_.features() * leaf_groups;
  scratch.row_lows.resize(boxes * leaf_groups);
  scratch.row_highs.resize(boxes * leaf_groups);
  for (std::size_t box = 0; box < boxes; ++box) {
    std::fill_n(scratch.row_lows.data() + box * leaf_groups, leaf_groups,
                rows_.group_lows(leaf)[box]);
    std::fill_n(scratch.row_highs.data() + box * leaf_groups, leaf_groups,
                rows_.group_highs(leaf)[box]);
  }
  scratch.leaf = leaf;
}

}  // namespace infoplane::detail
