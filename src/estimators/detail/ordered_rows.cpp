#include "estimators/detail/ordered_rows.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "estimators/detail/row_order.hpp"

namespace infoplane::detail {
namespace {

/// Beyond this no rows are centred.
constexpr float largest_centred = 256;

/// What is packed once and kept, at most; larger snapshots are packed leaf by leaf when needed.
constexpr std::size_t packed_bytes_kept = std::size_t{64} << 20;

std::size_t groups_of(std::size_t rows) { return (rows + lane_count - 1) / lane_count; }

}  // namespace

OrderedRows::OrderedRows(MatrixView<const float> h, const std::vector<std::int32_t>& labels,
                         const PreparedTogether& together)
    : h_(h), mean_(h.cols()), origin_(h.cols(), 0.0) {
  float largest = 0;
  for (std::size_t i = 0; i < h.rows(); ++i) {
    const float* row = h.row(i);
    for (std::size_t k = 0; k < h.cols(); ++k) {
      mean_[k] += static_cast<double>(row[k]);
      largest = std::max(largest, std::abs(row[k]));
    }
  }
  // Any point near the middle will do; a float32 one makes centring cheap. Beside huge values it
  // would round rows together that are apart: those stay where they are.
  for (double& mean : mean_) {
    mean = largest > largest_centred
               ? 0.0
               : static_cast<double>(static_cast<float>(mean / static_cast<double>(h.rows())));
  }

  make_leaves(order_rows(h, labels, together), labels);
  norms_.resize(positions());
  const bool keep = positions() * features() * sizeof(double) <= packed_bytes_kept;
  if (keep) packed_.resize(positions() * features());
  leaf_boxes_.resize(leaves_.size(), features());
  panel_boxes_.resize(panels(), features());
  if (features() <= grouped_features) {
    group_lows_.assign(group_at(leaves_.size()), -std::numeric_limits<float>::max());
    group_highs_.assign(group_at(leaves_.size()), std::numeric_limits<float>::max());
  }
  std::vector<float> low(features());
  std::vector<float> high(features());
  for (std::size_t l = 0; l < leaves_.size(); ++l) {
    Leaf& leaf = leaves_[l];
    if (keep) pack(leaf, mean_, packed_.data() + leaf.first * features());
    fill_norms(leaf);
    fill_boxes(l, low, high);
  }
  float_norms_.assign(norms_.begin(), norms_.end());
}

/// Of packed rows all lanes at once, else row by row: the choice depends on the size alone, and
/// with it the last bits.
void OrderedRows::fill_norms(Leaf& leaf) {
  for (std::size_t group = 0; group < leaf.groups; ++group) {
    const std::size_t begin = leaf.first + group * lane_count;
    double norms[lane_count] = {};
    if (!packed_.empty()) {
      const double* values = packed_.data() + begin * features();
      for (std::size_t k = 0; k < features(); ++k, values += lane_count) {
        for (std::size_t lane = 0; lane < lane_count; ++lane) {
          norms[lane] += values[lane] * values[lane];
        }
      }
    }
    for (std::size_t lane = 0; lane < lane_count; ++lane) {
      const std::size_t at = begin + lane;
      if (sources_[at] == padding) {
        norms_[at] = padding_distance;
        continue;
      }
      norms_[at] = packed_.empty() ? norm_of(h_.row(sources_[at])) : norms[lane];
      leaf.largest_norm = std::max(leaf.largest_norm, norms_[at]);
    }
  }
}

double OrderedRows::norm_of(const float* row) const {
  double sums[4] = {};
  const std::size_t whole = features() / 4 * 4;
  for (std::size_t k = 0; k < whole; k += 4) {
    for (std::size_t part = 0; part < 4; ++part) {
      const double centred = static_cast<double>(row[k + part]) - mean_[k + part];
      sums[part] += centred * centred;
    }
  }
  for (std::size_t k = whole; k < features(); ++k) {
    const double centred = static_cast<double>(row[k]) - mean_[k];
    sums[0] += centred * centred;
  }
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

void OrderedRows::make_leaves(const RowOrder& order, const std::vector<std::int32_t>& labels) {
  weighted_ = order.rows.size() < h_.rows();
  // As many as there can be at most: every class may end with a leaf that is not full.
  const std::size_t most = order.rows.size() + lane_count * order.class_ends.size();
  for (auto* list : {&weights_, &padding_}) list->reserve(most);
  sources_.reserve(most);
  labels_.reserve(most);
  std::size_t begin = 0;
  for (const std::size_t end : order.class_ends) {
    for (; begin < end; begin += std::min(leaf_rows, end - begin)) {
      add_leaf(order.rows.data() + begin, std::min(leaf_rows, end - begin), labels);
    }
  }
}

void OrderedRows::add_leaf(const MergedRow* rows, std::size_t count,
                           const std::vector<std::int32_t>& labels) {
  Leaf leaf;
  leaf.first = positions();
  leaf.rows = count;
  leaf.groups = groups_of(count);
  leaf.label = labels[rows->row];
  for (std::size_t r = 0; r < count; ++r) {
    sources_.push_back(rows[r].row);
    labels_.push_back(labels[rows[r].row]);
    weights_.push_back(rows[r].weight);
    leaf.weight += weights_.back();
    leaf.one_class = leaf.one_class && labels_.back() == leaf.label;
  }
  padding_.resize(sources_.size(), 0.0);
  sources_.resize(leaf.first + leaf.groups * lane_count, padding);
  labels_.resize(sources_.size(), 0);
  weights_.resize(sources_.size(), 0.0);
  padding_.resize(sources_.size(), padding_distance);
  leaves_.push_back(leaf);
}

void OrderedRows::Boxes::resize(std::size_t count, std::size_t features) {
  const std::size_t groups = (count + box_lanes - 1) / box_lanes;
  low.assign(groups * features * box_lanes, std::numeric_limits<float>::max());
  high.assign(groups * features * box_lanes, -std::numeric_limits<float>::max());
}

void OrderedRows::Boxes::include(std::size_t box, std::size_t features, std::size_t k, float low_k,
                                 float high_k) {
  const std::size_t at = (box / box_lanes * features + k) * box_lanes + box % box_lanes;
  low[at] = std::min(low[at], low_k);
  high[at] = std::max(high[at], high_k);
}

void OrderedRows::fill_boxes(std::size_t l, std::vector<float>& low, std::vector<float>& high) {
  const Leaf& leaf = leaves_[l];
  for (std::size_t group = 0; group < leaf.groups; ++group) {
    const std::size_t begin = group * lane_count;
    const std::size_t end = std::min(begin + lane_count, leaf.rows);
    const float* first = h_.row(sources_[leaf.first + begin]);
    low.assign(first, first + features());
    high = low;
    for (std::size_t i = begin + 1; i < end; ++i) {
      const float* row = h_.row(sources_[leaf.first + i]);
      for (std::size_t k = 0; k < features(); ++k) {
        low[k] = std::min(low[k], row[k]);
        high[k] = std::max(high[k], row[k]);
      }
    }
    for (std::size_t k = 0; k < features(); ++k) {
      leaf_boxes_.include(l, features(), k, low[k], high[k]);
      panel_boxes_.include(l / box_lanes, features(), k, low[k], high[k]);
    }
    if (group_lows_.empty()) continue;
    for (std::size_t k = 0; k < features(); ++k) {
      group_lows_[group_at(l) + k * leaf_groups + group] = low[k];
      group_highs_[group_at(l) + k * leaf_groups + group] = high[k];
    }
  }
}

double OrderedRows::farthest_groups(std::size_t leaf, std::size_t other) const {
  double farthest = 0;
  for (std::size_t p = 0; p < leaf_groups; ++p) {
    for (std::size_t q = 0; q < leaf_groups; ++q) {
      double distance = 0;
      for (std::size_t k = 0; k < features() * leaf_groups; k += leaf_groups) {
        const double gap = std::max({0.0F, group_lows(other)[k + q] - group_highs(leaf)[k + p],
                                     group_lows(leaf)[k + p] - group_highs(other)[k + q]});
        distance += gap * gap;
      }
      farthest = std::max(farthest, distance);
    }
  }
  return farthest;
}

double OrderedRows::panel_weight(std::size_t panel) const {
  const auto [first, last] = panel_leaves(panel);
  double weight = 0;
  for (std::size_t l = first; l < last; ++l) weight += leaves_[l].weight;
  return weight;
}

void OrderedRows::pack(const Leaf& leaf, const std::vector<double>& centre, double* to) const {
  for (std::size_t group = 0; group < leaf.groups; ++group) {
    const float* rows[lane_count];
    for (std::size_t lane = 0; lane < lane_count; ++lane) {
      const std::uint32_t row = sources_[leaf.first + group * lane_count + lane];
      rows[lane] = row == padding ? nullptr : h_.row(row);
    }
    for (std::size_t k = 0; k < features(); ++k, to += lane_count) {
      for (std::size_t lane = 0; lane < lane_count; ++lane) {
        to[lane] = rows[lane] == nullptr ? 0.0 : static_cast<double>(rows[lane][k]) - centre[k];
      }
    }
  }
}

LeafView OrderedRows::view(const Leaf& leaf, RegisterVector<double>& scratch) const {
  const double* values = packed_.data() + leaf.first * features();
  if (packed_.empty()) {
    scratch.resize(leaf_rows * features());
    pack(leaf, mean_, scratch.data());
    values = scratch.data();
  }
  return {values, norms_.data() + leaf.first, padding_.data() + leaf.first,
          weights_.data() + leaf.first, leaf.groups};
}

LeafView OrderedRows::raw_view(const Leaf& leaf, RegisterVector<double>& scratch) const {
  scratch.resize(leaf_rows * features());
  pack(leaf, origin_, scratch.data());
  return {scratch.data(), nullptr, padding_.data() + leaf.first, weights_.data() + leaf.first,
          leaf.groups};
}

std::pair<std::size_t, std::size_t> OrderedRows::panel_leaves(std::size_t panel) const {
  return {panel * box_lanes, std::min((panel + 1) * box_lanes, leaves_.size())};
}

std::size_t OrderedRows::panel_position(std::size_t panel) const {
  return panel < panels() ? leaves_[panel * box_lanes].first : positions();
}

void OrderedRows::fill_screen(std::size_t first_panel, std::size_t last_panel,
                              Screen& screen) const {
  screen.first_panel = first_panel;
  screen.last_panel = last_panel;
  screen.first_position = panel_position(first_panel);
  const std::size_t count = panel_position(last_panel) - screen.first_position;
  screen.values.resize(count * features());
  const std::vector<float> centre(mean_.begin(), mean_.end());
  for (std::size_t i = 0; i < count; ++i) {
    float* to = screen.values.data() + i * features();
    const std::uint32_t row = sources_[screen.first_position + i];
    if (row == padding) {
      std::fill(to, to + features(), 0.0F);
      continue;
    }
    const float* from = h_.row(row);
    for (std::size_t k = 0; k < features(); ++k) to[k] = from[k] - centre[k];
  }
}

OrderedRows::BoxDistances OrderedRows::distances_between(const Boxes& boxes, std::size_t one,
                                                         std::size_t group,
                                                         const TileKernel& kernel) const {
  const std::size_t from = one / box_lanes * features() * box_lanes + one % box_lanes;
  const std::size_t to = group * features() * box_lanes;
  BoxDistances between;
  kernel.box_distances(boxes.low.data() + from, boxes.high.data() + from, boxes.low.data() + to,
                       boxes.high.data() + to, features(), between.nearest, between.farthest);
  const float error = box_error();
  for (std::size_t j = 0; j < box_lanes; ++j) {
    // What overflows is at least that far.
    between.nearest[j] =
        std::min(between.nearest[j] * box_shrink(), std::numeric_limits<float>::max());
    // What underflows must not look like 0.
    between.farthest[j] = between.farthest[j] * (1.0F + error) + std::numeric_limits<float>::min();
  }
  return between;
}

}  // namespace infoplane::detail
