#include "estimators/detail/ordered_rows.hpp"

#include <algorithm>
#include <limits>

#include "estimators/detail/row_ahead.hpp"
#include "estimators/detail/row_order.hpp"

namespace infoplane::detail {
namespace {

/// Beyond this no rows are centred.
constexpr float largest_centred = 256;

/// What is packed once and kept, at most; larger snapshots are packed leaf by leaf when needed.
constexpr std::size_t packed_bytes_kept = std::size_t{96} << 20;

/// Infinity beyond float32, which a conversion need not give.
float to_float(double value) {
  constexpr float most = std::numeric_limits<float>::max();
  return value > static_cast<double>(most) ? std::numeric_limits<float>::infinity()
                                           : static_cast<float>(value);
}

/// So far ahead rows are asked for while a group is packed.
constexpr std::size_t groups_ahead = 2;

std::size_t groups_of(std::size_t rows) { return (rows + lane_count - 1) / lane_count; }
std::size_t leaves_of(std::size_t rows) { return (rows + leaf_rows - 1) / leaf_rows; }

/// Cuts arrays out of one piece of memory, one after the other; without memory it only says how
/// much they take.
class Cutter {
 public:
  explicit Cutter(std::byte* memory = nullptr) : memory_(memory) {}

  template <class T>
  void cut(T*& array, std::size_t count) {
    constexpr std::size_t line = 64;
    if (memory_ != nullptr && count > 0) array = reinterpret_cast<T*>(memory_ + used_);
    used_ += (count * sizeof(T) + line - 1) / line * line;
  }
  std::size_t used() const { return used_; }

 private:
  std::byte* memory_;
  std::size_t used_ = 0;
};

}  // namespace

OrderedRows::OrderedRows(MatrixView<const float> h, const std::vector<std::int32_t>& labels,
                         const PreparedTogether& together)
    : h_(h), mean_(h.cols(), 0.0), origin_(h.cols(), 0.0) {
  find_centre();
  const RowOrder order = order_rows(h, labels, together);
  get_memory(order);
  make_leaves(order, labels);
  fill_leaves();
}

/// Any point near the middle will do; a float32 one makes centring cheap. Beside huge values it
/// would round rows together that are apart: those stay where they are.
void OrderedRows::find_centre() {
  const float largest = kernel_.column_sums(h_.data(), h_.rows(), features(), mean_.data());
  for (double& mean : mean_) {
    mean = largest > largest_centred
               ? 0.0
               : static_cast<double>(static_cast<float>(mean / static_cast<double>(h_.rows())));
  }
}

void OrderedRows::get_memory(const RowOrder& order) {
  std::size_t leaves = 0;
  std::size_t begin = 0;
  for (const std::size_t end : order.class_ends) {
    positions_ += groups_of(end - begin) * lane_count;
    leaves += leaves_of(end - begin);
    begin = end;
  }
  const bool keep = positions_ * features() * sizeof(double) <= packed_bytes_kept;
  const auto cut = [&](Cutter cutter) {
    cutter.cut(packed_, keep ? positions_ * features() : 0);
    for (double** array : {&weights_, &halves_, &padding_}) cutter.cut(*array, positions_);
    cutter.cut(float_norms_, positions_);
    cutter.cut(sources_, positions_);
    cutter.cut(labels_, positions_);
    const bool grouped = features() <= grouped_features;
    for (float** array : {&group_lows_, &group_highs_})
      cutter.cut(*array, grouped ? group_at(leaves) : 0);
    return cutter.used();
  };
  const std::size_t bytes = cut(Cutter());
  reserve_pages(memory_, bytes);
  memory_.resize(bytes);
  cut(Cutter(memory_.data()));
  leaves_.reserve(leaves);
}

void OrderedRows::fill_leaves() {
  leaf_boxes_.resize(leaves_.size(), features());
  panel_boxes_.resize(panels(), features());
  if (group_lows_ != nullptr) {
    std::fill_n(group_lows_, group_at(leaves_.size()), -std::numeric_limits<float>::max());
    std::fill_n(group_highs_, group_at(leaves_.size()), std::numeric_limits<float>::max());
  }
  AlignedVector<double> scratch(packed_ == nullptr ? lane_count * features() : 0);
  Box of_group(features());
  Box of_leaf(features());
  for (std::size_t l = 0; l < leaves_.size(); ++l) {
    for (std::size_t group = 0; group < leaves_[l].groups; ++group) {
      fill_group(l, group, scratch, of_group);
      if (group == 0) of_leaf = of_group;
      of_leaf.include(of_group);
    }
    leaf_boxes_.include(l, of_leaf);
    panel_boxes_.include(l / box_lanes, of_leaf);
  }
  panel_weights_.assign(panels(), 0.0);
  for (std::size_t l = 0; l < leaves_.size(); ++l)
    panel_weights_[l / box_lanes] += leaves_[l].weight;
  for (std::size_t at = 0; at < positions(); ++at) float_norms_[at] = to_float(-2.0 * halves_[at]);
}

/// Its rows, norms and box; `scratch` gets the rows where they are not kept.
void OrderedRows::fill_group(std::size_t l, std::size_t group, AlignedVector<double>& scratch,
                             Box& box) {
  Leaf& leaf = leaves_[l];
  const std::size_t begin = leaf.first + group * lane_count;
  ask_for_rows(begin + groups_ahead * lane_count);
  const Group rows = group_of(leaf, group);
  double* const to = packed_ == nullptr ? scratch.data() : packed_ + begin * features();
  double norms[lane_count];
  kernel_.pack(rows.rows, mean_.data(), features(), to, norms);
  for (std::size_t lane = 0; lane < lane_count; ++lane) {
    const bool fills_up = sources_[begin + lane] == padding;
    halves_[begin + lane] = fills_up ? -padding_distance : -0.5 * norms[lane];
    if (!fills_up) leaf.largest_norm = std::max(leaf.largest_norm, norms[lane]);
  }
  kernel_.box(rows.rows, features(), box.low.data(), box.high.data());
  if (group_lows_ == nullptr) return;
  for (std::size_t k = 0; k < features(); ++k) {
    group_lows_[group_at(l) + k * leaf_groups + group] = box.low[k];
    group_highs_[group_at(l) + k * leaf_groups + group] = box.high[k];
  }
}

/// Of the group from a position on, if there is one.
void OrderedRows::ask_for_rows(std::size_t begin) const {
  for (std::size_t at = begin; at < std::min(begin + lane_count, positions_); ++at) {
    if (sources_[at] != padding) ask_for_row(h_.row(sources_[at]), features());
  }
}

OrderedRows::Group OrderedRows::group_of(const Leaf& leaf, std::size_t group) const {
  const std::size_t begin = leaf.first + group * lane_count;
  Group of;
  for (std::size_t lane = 0; lane < lane_count; ++lane) {
    const std::uint32_t row = sources_[begin + lane];
    of.rows[lane] = row == padding ? of.rows[0] : h_.row(row);
  }
  return of;
}

void OrderedRows::make_leaves(const RowOrder& order, const std::vector<std::int32_t>& labels) {
  weighted_ = order.rows.size() < h_.rows();
  std::size_t begin = 0;
  std::size_t first = 0;
  for (const std::size_t end : order.class_ends) {
    for (; begin < end; begin += std::min(leaf_rows, end - begin)) {
      add_leaf(first, order.rows.data() + begin, std::min(leaf_rows, end - begin), labels);
      first += leaves_.back().groups * lane_count;
    }
  }
}

void OrderedRows::add_leaf(std::size_t first, const MergedRow* rows, std::size_t count,
                           const std::vector<std::int32_t>& labels) {
  Leaf leaf;
  leaf.first = first;
  leaf.rows = count;
  leaf.groups = groups_of(count);
  leaf.label = labels[rows->row];
  for (std::size_t r = 0; r < leaf.groups * lane_count; ++r) {
    const bool fills_up = r >= count;
    sources_[first + r] = fills_up ? padding : rows[r].row;
    labels_[first + r] = fills_up ? 0 : labels[rows[r].row];
    weights_[first + r] = fills_up ? 0.0 : rows[r].weight;
    padding_[first + r] = fills_up ? -padding_distance : 0.0;
    if (fills_up) continue;
    leaf.weight += rows[r].weight;
    leaf.one_class = leaf.one_class && labels_[first + r] == leaf.label;
  }
  leaves_.push_back(leaf);
}

void OrderedRows::Boxes::resize(std::size_t count, std::size_t features) {
  const std::size_t groups = (count + box_lanes - 1) / box_lanes;
  low.assign(groups * features * box_lanes, std::numeric_limits<float>::max());
  high.assign(groups * features * box_lanes, -std::numeric_limits<float>::max());
}

void OrderedRows::Boxes::include(std::size_t box, const Box& other) {
  const std::size_t features = other.low.size();
  std::size_t at = box / box_lanes * features * box_lanes + box % box_lanes;
  for (std::size_t k = 0; k < features; ++k, at += box_lanes) {
    low[at] = std::min(low[at], other.low[k]);
    high[at] = std::max(high[at], other.high[k]);
  }
}

void OrderedRows::Box::include(const Box& other) {
  for (std::size_t k = 0; k < low.size(); ++k) {
    low[k] = std::min(low[k], other.low[k]);
    high[k] = std::max(high[k], other.high[k]);
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

void OrderedRows::pack(const Leaf& leaf, const std::vector<double>& centre, double* to) const {
  double norms[lane_count];
  for (std::size_t group = 0; group < leaf.groups; ++group, to += lane_count * features()) {
    kernel_.pack(group_of(leaf, group).rows, centre.data(), features(), to, norms);
  }
}

LeafView OrderedRows::view(std::size_t l, LeafCache<double>& cache) const {
  const Leaf& leaf = leaves_[l];
  const double* const values =
      packed_ == nullptr
          ? cache.at(l, leaf_rows * features(), [&](double* to) { pack(leaf, mean_, to); })
          : packed_ + leaf.first * features();
  return {values, halves_ + leaf.first, padding_ + leaf.first, weights_ + leaf.first, leaf.groups};
}

DigitSource OrderedRows::digit_source(std::size_t l) const {
  const Leaf& leaf = leaves_[l];
  DigitSource source{{}, leaf.rows, mean_.data(), features()};
  for (std::size_t r = 0; r < leaf.rows; ++r) source.rows[r] = h_.row(sources_[leaf.first + r]);
  return source;
}

LeafView OrderedRows::raw_view(const Leaf& leaf, AlignedVector<double>& scratch) const {
  scratch.resize(leaf_rows * features());
  pack(leaf, origin_, scratch.data());
  return {scratch.data(), nullptr, padding_ + leaf.first, weights_ + leaf.first, leaf.groups};
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
  reserve_pages(screen.values, count * features());
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
                                                         std::size_t group) const {
  const std::size_t from = one / box_lanes * features() * box_lanes + one % box_lanes;
  const std::size_t to = group * features() * box_lanes;
  BoxDistances between;
  kernel_.box_distances(boxes.low.data() + from, boxes.high.data() + from, boxes.low.data() + to,
                        boxes.high.data() + to, features(), between.nearest, between.farthest);
  const float error = box_error();
  // Of each feature, what is flushed to 0 when it is added.
  const float flushed = static_cast<float>(features()) * std::numeric_limits<float>::min();
  for (std::size_t j = 0; j < box_lanes; ++j) {
    // What overflows is about that far, at least.
    between.nearest[j] =
        std::min(between.nearest[j], std::numeric_limits<float>::max()) * box_shrink();
    between.farthest[j] = between.farthest[j] * (1.0F + error) + flushed;
  }
  return between;
}

}  // namespace infoplane::detail
