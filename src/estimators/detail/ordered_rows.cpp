#include "estimators/detail/ordered_rows.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "core/hashing.hpp"

namespace infoplane::detail {
namespace {

/// A class with fewer rows than this gets no leaves of its own.
constexpr std::size_t least_rows_of_class = 16;

/// Up to here centring in float64 moves a row by less than 3e-14, which no noise can tell.
constexpr float largest_centred = 256;

/// Numbers of a node of the tree that are looked at to find the feature with the largest variance,
/// and rows at least and at most. Among many features many are about as good.
constexpr std::size_t numbers_looked_at = 2560;
constexpr std::size_t least_rows_looked_at = 16;
constexpr std::size_t most_rows_looked_at = 128;

/// What is packed once and kept, at most; larger snapshots are packed leaf by leaf when needed.
constexpr std::size_t packed_bytes_kept = std::size_t{64} << 20;

/// Rows ordered by label; those of one label stay in their order.
std::vector<std::uint32_t> by_label(const std::vector<std::uint32_t>& rows,
                                    const std::vector<std::int32_t>& labels) {
  std::vector<std::uint32_t> ordered = rows;
  const auto [lowest, highest] = std::minmax_element(labels.begin(), labels.end());
  const auto range = static_cast<std::size_t>(std::int64_t{*highest} - *lowest) + 1;
  if (range > labels.size()) {
    std::stable_sort(ordered.begin(), ordered.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return labels[a] < labels[b]; });
    return ordered;
  }
  const auto from_lowest = [lowest = std::int64_t{*lowest}, &labels](std::uint32_t row) {
    return static_cast<std::size_t>(labels[row] - lowest);
  };
  std::vector<std::size_t> places(range + 1, 0);
  for (const std::uint32_t row : rows) ++places[from_lowest(row) + 1];
  std::partial_sum(places.begin(), places.end(), places.begin());
  for (const std::uint32_t row : rows) ordered[places[from_lowest(row)]++] = row;
  return ordered;
}

/// Orders rows by a value and then by their number: the bits of a float order like the float once
/// those of negative ones are turned round.
std::uint64_t key_of(float value, std::uint32_t row) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  bits ^= (bits >> 31) != 0 ? 0xFFFFFFFFU : 0x80000000U;
  return (std::uint64_t{bits} << 32) | row;
}

std::size_t groups_of(std::size_t rows) { return (rows + lane_count - 1) / lane_count; }

}  // namespace

OrderedRows::OrderedRows(MatrixView<const float> h, const std::vector<std::int32_t>& labels)
    : h_(h), mean_(h.cols()) {
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

  std::vector<double> multiplicity(h.rows(), 1.0);
  std::vector<std::uint32_t> rows = merge_duplicates(labels, multiplicity);
  weighted_ = rows.size() < h.rows();
  make_leaves(rows, labels);

  weights_.assign(positions(), 0.0);
  norms_.assign(positions(), 0.0);
  padding_.assign(positions(), 0.0);
  const bool keep = positions() * features() * sizeof(double) <= packed_bytes_kept;
  if (keep) packed_.resize(positions() * features());
  leaf_boxes_.resize(leaves_.size(), features());
  panel_boxes_.resize(panels(), features());
  std::vector<float> low(features());
  std::vector<float> high(features());
  for (std::size_t l = 0; l < leaves_.size(); ++l) {
    Leaf& leaf = leaves_[l];
    if (keep) pack(leaf, packed_.data() + leaf.first * features());
    fill_norms(leaf, multiplicity);
    fill_boxes(l, low, high);
  }
  float_norms_.assign(norms_.begin(), norms_.end());
}

/// Of packed rows all lanes at once, else row by row: the choice depends on the size alone, and
/// with it the last bits.
void OrderedRows::fill_norms(Leaf& leaf, const std::vector<double>& multiplicity) {
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
        norms_[at] = padding_[at] = padding_distance;
        continue;
      }
      norms_[at] = packed_.empty() ? norm_of(h_.row(sources_[at])) : norms[lane];
      weights_[at] = multiplicity[sources_[at]];
      leaf.weight += weights_[at];
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

/// The first of every set of equal rows of one class, class by class, and how many it stands for.
std::vector<std::uint32_t> OrderedRows::merge_duplicates(const std::vector<std::int32_t>& labels,
                                                         std::vector<double>& multiplicity) const {
  const std::size_t n = h_.rows();
  std::vector<std::uint32_t> table(
      std::size_t{2} << static_cast<unsigned>(std::ceil(std::log2(static_cast<double>(n) + 1))),
      padding);
  const std::size_t mask = table.size() - 1;
  std::vector<float> row(features());
  std::vector<std::uint32_t> rows;
  const auto equal = [&](std::size_t a, std::size_t b) {
    // By value: 0 and -0 are one point.
    return labels[a] == labels[b] && std::equal(h_.row(a), h_.row(a) + features(), h_.row(b));
  };
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < features(); ++k) row[k] = h_.row(i)[k] + 0.0F;
    const std::uint64_t hash = checksum_of(row.data(), row.size() * sizeof(float)) +
                               0x9E3779B97F4A7C15U * static_cast<std::uint32_t>(labels[i]);
    std::size_t slot = hash & mask;
    while (table[slot] != padding && !equal(table[slot], i)) slot = (slot + 1) & mask;
    if (table[slot] == padding) {
      table[slot] = static_cast<std::uint32_t>(i);
      rows.push_back(static_cast<std::uint32_t>(i));
    } else {
      multiplicity[table[slot]] += 1.0;
    }
  }
  return by_label(rows, labels);
}

void OrderedRows::make_leaves(std::vector<std::uint32_t>& rows,
                              const std::vector<std::int32_t>& labels) {
  std::vector<std::uint32_t> of_small_classes;
  std::vector<std::uint64_t> keys;
  for (std::size_t begin = 0; begin < rows.size();) {
    std::size_t end = begin;
    while (end < rows.size() && labels[rows[end]] == labels[rows[begin]]) ++end;
    if (end - begin < least_rows_of_class) {
      of_small_classes.insert(of_small_classes.end(), rows.data() + begin, rows.data() + end);
    } else {
      split(rows.data() + begin, rows.data() + end, keys);
      for (std::size_t at = begin; at < end; at += leaf_rows) {
        add_leaf(rows.data() + at, rows.data() + std::min(at + leaf_rows, end), labels);
      }
    }
    begin = end;
  }
  if (of_small_classes.empty()) return;
  std::uint32_t* const first = of_small_classes.data();
  split(first, first + of_small_classes.size(), keys);
  for (std::size_t at = 0; at < of_small_classes.size(); at += leaf_rows) {
    add_leaf(first + at, first + std::min(at + leaf_rows, of_small_classes.size()), labels);
  }
}

/// Orders rows so that every leaf_rows of them, from the first on, lie near each other: cut where
/// the variance is largest, at a whole number of leaves.
void OrderedRows::split(std::uint32_t* begin, std::uint32_t* end,
                        std::vector<std::uint64_t>& keys) const {
  const auto count = static_cast<std::size_t>(end - begin);
  if (count <= leaf_rows) return;
  std::vector<double> sum(features());
  std::vector<double> sum_of_squares(features());
  // Some of the rows tell where to cut; only the cut itself needs all.
  const std::size_t looked_rows =
      std::clamp(numbers_looked_at / features(), least_rows_looked_at, most_rows_looked_at);
  const std::size_t step = (count + looked_rows - 1) / looked_rows;
  double looked_at = 0;
  for (std::size_t i = 0; i < count; i += step, looked_at += 1) {
    const float* row = h_.row(begin[i]);
    for (std::size_t k = 0; k < features(); ++k) {
      const double value = static_cast<double>(row[k]) - mean_[k];
      sum[k] += value;
      sum_of_squares[k] += value * value;
    }
  }
  std::size_t widest = 0;
  double most = -1;
  for (std::size_t k = 0; k < features(); ++k) {
    const double variance = sum_of_squares[k] - sum[k] * sum[k] / looked_at;
    if (variance > most) {
      most = variance;
      widest = k;
    }
  }
  const std::size_t leaves = (count + leaf_rows - 1) / leaf_rows;
  std::uint32_t* const middle = begin + leaves / 2 * leaf_rows;
  // The numbers beside each other: they are looked at again and again. Ties by row, or equal values
  // would be ordered by the library's choice.
  keys.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    keys[i] = key_of(h_.data()[begin[i] * features() + widest], begin[i]);
  }
  std::nth_element(keys.begin(), keys.begin() + (middle - begin), keys.end());
  for (std::size_t i = 0; i < count; ++i) begin[i] = static_cast<std::uint32_t>(keys[i]);
  split(begin, middle, keys);
  split(middle, end, keys);
}

void OrderedRows::add_leaf(const std::uint32_t* begin, const std::uint32_t* end,
                           const std::vector<std::int32_t>& labels) {
  Leaf leaf;
  leaf.first = positions();
  leaf.rows = static_cast<std::size_t>(end - begin);
  leaf.groups = groups_of(leaf.rows);
  leaf.label = labels[*begin];
  // The order inside a leaf is the library's choice no more.
  std::vector<std::uint32_t> rows(begin, end);
  std::sort(rows.begin(), rows.end());
  for (const std::uint32_t row : rows) {
    sources_.push_back(row);
    labels_.push_back(labels[row]);
    leaf.one_class = leaf.one_class && labels[row] == leaf.label;
  }
  sources_.resize(leaf.first + leaf.groups * lane_count, padding);
  labels_.resize(sources_.size(), 0);
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
  const float* first = h_.row(sources_[leaf.first]);
  low.assign(first, first + features());
  high = low;
  for (std::size_t i = 1; i < leaf.rows; ++i) {
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
}

double OrderedRows::panel_weight(std::size_t panel) const {
  const auto [first, last] = panel_leaves(panel);
  double weight = 0;
  for (std::size_t l = first; l < last; ++l) weight += leaves_[l].weight;
  return weight;
}

void OrderedRows::pack(const Leaf& leaf, double* to) const {
  for (std::size_t group = 0; group < leaf.groups; ++group) {
    const float* rows[lane_count];
    for (std::size_t lane = 0; lane < lane_count; ++lane) {
      const std::uint32_t row = sources_[leaf.first + group * lane_count + lane];
      rows[lane] = row == padding ? nullptr : h_.row(row);
    }
    for (std::size_t k = 0; k < features(); ++k, to += lane_count) {
      for (std::size_t lane = 0; lane < lane_count; ++lane) {
        to[lane] = rows[lane] == nullptr ? 0.0 : static_cast<double>(rows[lane][k]) - mean_[k];
      }
    }
  }
}

LeafView OrderedRows::view(const Leaf& leaf, RegisterVector<double>& scratch) const {
  const double* values = packed_.data() + leaf.first * features();
  if (packed_.empty()) {
    scratch.resize(leaf_rows * features());
    pack(leaf, scratch.data());
    values = scratch.data();
  }
  return {values, norms_.data() + leaf.first, padding_.data() + leaf.first,
          weights_.data() + leaf.first, leaf.groups};
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
  const auto error = static_cast<float>(features() + 8) * 0x1p-23F;
  for (std::size_t j = 0; j < box_lanes; ++j) {
    between.nearest[j] *= 1.0F - error;
    // What underflows must not look like 0.
    between.farthest[j] = between.farthest[j] * (1.0F + error) + std::numeric_limits<float>::min();
  }
  return between;
}

}  // namespace infoplane::detail
