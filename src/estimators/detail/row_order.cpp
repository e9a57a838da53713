#include "estimators/detail/row_order.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "core/errors.hpp"
#include "core/hashing.hpp"
#include "estimators/detail/gather.hpp"
#include "estimators/detail/row_ahead.hpp"
#include "estimators/detail/selection.hpp"
#include "estimators/detail/tile_kernel.hpp"

namespace infoplane::detail {
namespace {

/// A class with fewer rows than this gets no leaves of its own.
constexpr std::size_t least_rows_of_class = 16;

/// Numbers of a node of the tree that are looked at to find the feature with the largest variance,
/// and rows at least and at most. Among many features many are about as good.
constexpr std::size_t numbers_looked_at = 2560;
constexpr std::size_t least_rows_looked_at = 16;
constexpr std::size_t most_rows_looked_at = 128;

/// So far ahead a row is asked for: about as long as memory takes.
constexpr std::ptrdiff_t rows_ahead = 6;

/// Rows ordered by label; those of one label stay in their order.
AlignedVector<MergedRow> by_label(const std::vector<std::int32_t>& labels) {
  AlignedVector<MergedRow> ordered;
  reserve_pages(ordered, labels.size());
  ordered.resize(labels.size());
  for (std::uint32_t row = 0; row < labels.size(); ++row) ordered[row] = {row, 1};
  const auto [lowest, highest] = std::minmax_element(labels.begin(), labels.end());
  const auto range = static_cast<std::size_t>(std::int64_t{*highest} - *lowest) + 1;
  if (range > labels.size()) {
    std::stable_sort(ordered.begin(), ordered.end(),
                     [&](MergedRow a, MergedRow b) { return labels[a.row] < labels[b.row]; });
    return ordered;
  }
  const auto from_lowest = [lowest = std::int64_t{*lowest}](std::int32_t label) {
    return static_cast<std::size_t>(label - lowest);
  };
  std::vector<std::size_t> places(range + 1, 0);
  for (const std::int32_t label : labels) ++places[from_lowest(label) + 1];
  std::partial_sum(places.begin(), places.end(), places.begin());
  for (std::uint32_t row = 0; row < labels.size(); ++row)
    ordered[places[from_lowest(labels[row])]++].row = row;
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

/// Orders the rows of one class after another.
class ClassOrder {
 public:
  explicit ClassOrder(MatrixView<const float> h)
      : h_(h), sum_(h.cols()), sum_of_squares_(h.cols()) {}

  /// Of [begin, end) the first of every set of equal ones moves to the front, with the weight of
  /// all, and keeps its place among the others. Returns their end.
  MergedRow* merge_duplicates(MergedRow* begin, MergedRow* end) {
    constexpr std::uint32_t empty = 0xFFFFFFFF;
    if (end - begin == 1) return end;
    std::size_t slots = 16;
    while (slots < 2 * static_cast<std::size_t>(end - begin)) slots *= 2;
    table_.assign(slots, empty);
    values_.resize(h_.cols());
    MergedRow* merged_end = begin;
    for (MergedRow* at = begin; at != end; ++at) {
      const float* row = h_.row(at->row);
      if (end - at > rows_ahead) ask_for_row(h_.row(at[rows_ahead].row), h_.cols());
      // By value: 0 and -0 are one point.
      for (std::size_t k = 0; k < values_.size(); ++k) values_[k] = row[k] + 0.0F;
      std::size_t slot = checksum_of(values_.data(), values_.size() * sizeof(float)) & (slots - 1);
      const auto equal = [&](std::uint32_t other) {
        return std::equal(row, row + values_.size(), h_.row(begin[other].row));
      };
      while (table_[slot] != empty && !equal(table_[slot])) slot = (slot + 1) & (slots - 1);
      if (table_[slot] == empty) {
        table_[slot] = static_cast<std::uint32_t>(merged_end - begin);
        *merged_end++ = *at;
      } else {
        begin[table_[slot]].weight += at->weight;
      }
    }
    return merged_end;
  }

  /// Orders rows so that every leaf_rows of them, from the first on, lie near each other, and of
  /// these every lane_count; inside such a group by their number.
  void make_leaves(MergedRow* begin, MergedRow* end) {
    reserve_pages(weights_, h_.rows());
    weights_.resize(h_.rows());
    for (const MergedRow* at = begin; at != end; ++at) weights_[at->row] = at->weight;
    split(begin, end);
    for (MergedRow* group = begin; group != end;) {
      MergedRow* const group_end = group + std::min<std::ptrdiff_t>(lane_count, end - group);
      std::sort(group, group_end, [](MergedRow a, MergedRow b) { return a.row < b.row; });
      for (; group != group_end; ++group) group->weight = weights_[group->row];
    }
  }

 private:
  /// Cuts where the variance is largest, at a whole number of leaves, and leaves at one of groups.
  /// Weights get lost.
  void split(MergedRow* begin, MergedRow* end) {
    const auto count = static_cast<std::size_t>(end - begin);
    if (count <= lane_count) return;
    const std::size_t widest = widest_feature(begin, count);
    const std::size_t unit = count > leaf_rows ? leaf_rows : lane_count;
    const std::size_t units = (count + unit - 1) / unit;
    MergedRow* const middle = begin + units / 2 * unit;
    // The numbers beside each other: they are looked at again and again. Ties by row.
    keys_.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
      keys_[i] = key_of(h_.data()[begin[i].row * h_.cols() + widest], begin[i].row);
    }
    select_(keys_, static_cast<std::size_t>(middle - begin));
    for (std::size_t i = 0; i < count; ++i) begin[i].row = static_cast<std::uint32_t>(keys_[i]);
    split(begin, middle);
    split(middle, end);
  }

  /// Some of the rows tell where to cut; only the cut itself needs all.
  std::size_t widest_feature(const MergedRow* begin, std::size_t count) {
    const std::size_t features = h_.cols();
    const std::size_t looked_rows =
        std::clamp(numbers_looked_at / features, least_rows_looked_at, most_rows_looked_at);
    const std::size_t step = (count + looked_rows - 1) / looked_rows;
    looked_at_.clear();
    for (std::size_t i = 0; i < count; i += step) looked_at_.push_back(h_.row(begin[i].row));
    kernel_.moments(looked_at_.data(), looked_at_.size(), features, sum_.data(),
                    sum_of_squares_.data());
    const auto looked_at = static_cast<double>(looked_at_.size());
    std::size_t widest = 0;
    double most = -1;
    for (std::size_t k = 0; k < features; ++k) {
      double variance = sum_of_squares_[k] - sum_[k] * sum_[k] / looked_at;
      if (std::isnan(variance)) variance = std::numeric_limits<double>::infinity();  // too large
      if (variance > most) {
        most = variance;
        widest = k;
      }
    }
    return widest;
  }

  MatrixView<const float> h_;
  std::vector<float> values_;
  std::vector<std::uint32_t> table_;
  std::vector<std::uint64_t> keys_;
  AlignedVector<std::uint32_t> weights_;  // by row
  const TileKernel& kernel_ = tile_kernel();
  Selection select_;
  std::vector<const float*> looked_at_;
  std::vector<double> sum_, sum_of_squares_;
};

/// Of classes that end there, the rows that each part is to order: parts of about the same number
/// of rows.
std::vector<std::size_t> part_bounds(const std::vector<std::size_t>& class_ends,
                                     std::size_t parts) {
  const std::size_t rows = class_ends.back();
  std::vector<std::size_t> bounds(parts + 1, 0);
  std::size_t begin = 0;
  for (const std::size_t end : class_ends) {
    const std::size_t part = std::min(parts - 1, (begin + end) / 2 * parts / rows);
    bounds[part + 1] = end;
    begin = end;
  }
  for (std::size_t p = 0; p < parts; ++p) bounds[p + 1] = std::max(bounds[p], bounds[p + 1]);
  return bounds;
}

}  // namespace

RowOrder order_rows(MatrixView<const float> h, const std::vector<std::int32_t>& labels,
                    const PreparedTogether& together) {
  INFOPLANE_EXPECT(labels.size() < 0xFFFFFFFF);
  AlignedVector<MergedRow> rows = by_label(labels);
  std::vector<std::size_t> ends;  // of the classes, before equal rows are merged
  for (std::size_t i = 1; i < rows.size(); ++i) {
    if (labels[rows[i].row] != labels[rows[i - 1].row]) ends.push_back(i);
  }
  ends.push_back(rows.size());
  const std::vector<std::size_t> bounds = part_bounds(ends, together.parts);

  ClassOrder order(h);
  std::size_t begin = 0;
  for (const std::size_t end : ends) {
    if (begin >= bounds[together.part] && begin < bounds[together.part + 1]) {
      MergedRow* const merged_end = order.merge_duplicates(rows.data() + begin, rows.data() + end);
      if (merged_end - rows.data() >= static_cast<std::ptrdiff_t>(begin + least_rows_of_class))
        order.make_leaves(rows.data() + begin, merged_end);
      std::fill(merged_end, rows.data() + end, MergedRow{});
    }
    begin = end;
  }
  if (together.parts > 1) gather(together, rows.data(), bounds);

  // Close the gaps: of equal rows that were merged, and of classes that join the mixed one.
  std::vector<std::size_t> class_ends;
  std::vector<MergedRow> mixed;
  auto kept_end = rows.begin();
  begin = 0;
  for (const std::size_t end : ends) {
    const auto first = rows.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto last = std::find_if(first, rows.begin() + static_cast<std::ptrdiff_t>(end),
                                   [](MergedRow row) { return row.weight == 0; });
    if (static_cast<std::size_t>(last - first) < least_rows_of_class) {
      mixed.insert(mixed.end(), first, last);
    } else {
      kept_end = kept_end == first ? last : std::copy(first, last, kept_end);
      class_ends.push_back(static_cast<std::size_t>(kept_end - rows.begin()));
    }
    begin = end;
  }
  if (!mixed.empty()) {
    order.make_leaves(mixed.data(), mixed.data() + mixed.size());
    kept_end = std::copy(mixed.begin(), mixed.end(), kept_end);
    class_ends.push_back(static_cast<std::size_t>(kept_end - rows.begin()));
  }
  rows.erase(kept_end, rows.end());
  return {std::move(rows), std::move(class_ends)};
}

}  // namespace infoplane::detail
