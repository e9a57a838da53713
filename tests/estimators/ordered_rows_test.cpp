#include "estimators/detail/ordered_rows.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/random.hpp"
#include "estimators/full_matrix.hpp"
#include "estimators/snapshot.hpp"

namespace infoplane::test {
namespace {

using detail::box_lanes;
using detail::lane_count;
using detail::Leaf;
using detail::leaf_rows;
using detail::LeafCache;
using detail::LeafView;
using detail::OrderedRows;
using detail::padding_distance;

/// A row by value with its class; -0 is 0.
using Point = std::pair<std::int32_t, std::vector<float>>;

Point point(const Snapshot& s, std::size_t row) {
  std::vector<float> values;
  for (std::size_t k = 0; k < s.cols; ++k) values.push_back(s.at(row, k) + 0.0F);
  return {s.labels[row], values};
}

/// Rows of a few values, so that many are equal, classes of all sizes.
Snapshot varied(std::size_t rows, std::size_t features, std::uint64_t seed) {
  RandomStream random(seed);
  Snapshot s(rows, features);
  for (float& value : s.values) {
    value = random.below(3) == 0 ? static_cast<float>(random.normal())
                                 : static_cast<float>(random.below(2)) - 0.0F;
    if (random.below(3) == 0) value = -value;
  }
  for (std::size_t i = 0; i < rows; ++i) {
    s.labels[i] = static_cast<std::int32_t>(random.below(3)) - 1;
    if (random.below(8) == 0) s.labels[i] = 1000 + static_cast<std::int32_t>(random.below(12));
  }
  return s;
}

/// Of a row of a leaf.
double value_at(const LeafView& view, std::size_t features, std::size_t row, std::size_t feature) {
  return view.values[(row / lane_count * features + feature) * lane_count + row % lane_count];
}

class OrderedRowsOf : public testing::TestWithParam<std::pair<std::size_t, std::size_t>> {
 protected:
  static constexpr std::uint64_t seed = 12;
  Snapshot snapshot = varied(GetParam().first, GetParam().second, seed);
  OrderedRows rows{snapshot.view(), snapshot.labels};
};

INSTANTIATE_TEST_SUITE_P(Sizes, OrderedRowsOf,
                         testing::Values(std::pair{1, 1}, std::pair{2, 3}, std::pair{31, 2},
                                         std::pair{33, 1}, std::pair{400, 2}, std::pair{900, 5},
                                         std::pair{700, 70}),
                         [](const auto& chosen) {
                           return std::to_string(chosen.param.first) + "x" +
                                  std::to_string(chosen.param.second);
                         });

TEST_P(OrderedRowsOf, EveryRowIsThereOnce) {
  std::map<Point, double> expected;
  for (std::size_t i = 0; i < snapshot.rows; ++i) expected[point(snapshot, i)] += 1;
  std::map<Point, double> found;
  double total = 0;
  std::size_t next = 0;
  for (const Leaf& leaf : rows.leaves()) {
    EXPECT_EQ(leaf.first, next);
    EXPECT_EQ(leaf.first % lane_count, 0u);
    EXPECT_GE(leaf.rows, 1u);
    EXPECT_LE(leaf.rows, leaf_rows);
    EXPECT_EQ(leaf.groups, (leaf.rows + lane_count - 1) / lane_count);
    next = leaf.first + leaf.groups * lane_count;
    double weight = 0;
    for (std::size_t at = leaf.first; at < next; ++at) {
      if (at >= leaf.first + leaf.rows) {
        EXPECT_EQ(rows.source(at), OrderedRows::padding);
        EXPECT_EQ(rows.weight(at), 0);
        continue;
      }
      const Point here = point(snapshot, rows.source(at));
      EXPECT_EQ(rows.label(at), here.first);
      EXPECT_TRUE(found.emplace(here, rows.weight(at)).second) << "merged rows are there twice";
      weight += rows.weight(at);
    }
    EXPECT_EQ(leaf.weight, weight);
    total += weight;
  }
  EXPECT_EQ(rows.positions(), next);
  EXPECT_EQ(found, expected);
  EXPECT_EQ(total, static_cast<double>(snapshot.rows));
  EXPECT_EQ(rows.total_weight(), total);
  EXPECT_EQ(rows.weighted(), expected.size() < snapshot.rows);
}

// Sixteen distinct rows are enough for leaves of one's own.
TEST_P(OrderedRowsOf, OnlySmallClassesShareLeaves) {
  std::map<std::int32_t, std::set<Point>> distinct;
  for (std::size_t i = 0; i < snapshot.rows; ++i) {
    distinct[snapshot.labels[i]].insert(point(snapshot, i));
  }
  for (const Leaf& leaf : rows.leaves()) {
    std::set<std::int32_t> labels;
    for (std::size_t r = 0; r < leaf.rows; ++r) labels.insert(rows.label(leaf.first + r));
    EXPECT_EQ(leaf.one_class, labels.size() == 1);
    if (leaf.one_class) {
      EXPECT_EQ(leaf.label, *labels.begin());
    }
    for (const std::int32_t label : labels) {
      if (labels.size() > 1) {
        EXPECT_LT(distinct[label].size(), 16u);
      }
    }
  }
}

TEST_P(OrderedRowsOf, ViewsHoldCentredRows) {
  std::vector<double> mean(snapshot.cols);
  for (std::size_t i = 0; i < snapshot.rows; ++i) {
    for (std::size_t k = 0; k < snapshot.cols; ++k) {
      mean[k] += static_cast<double>(snapshot.at(i, k)) / static_cast<double>(snapshot.rows);
    }
  }
  LeafCache<double> cache{0};
  // One point for all rows, near their mean.
  const Leaf& leaf_0 = rows.leaves().front();
  std::vector<double> centre(snapshot.cols);
  for (std::size_t k = 0; k < snapshot.cols; ++k) {
    centre[k] =
        snapshot.at(rows.source(leaf_0.first), k) - rows.view(0, cache).values[k * lane_count];
    EXPECT_NEAR(centre[k], mean[k], 1e-6);
  }
  for (std::size_t l = 0; l < rows.leaves().size(); ++l) {
    const Leaf& leaf = rows.leaves()[l];
    const LeafView view = rows.view(l, cache);
    ASSERT_EQ(view.groups, leaf.groups);
    double largest = 0;
    for (std::size_t r = 0; r < leaf.groups * lane_count; ++r) {
      const std::uint32_t source = rows.source(leaf.first + r);
      double norm = 0;
      for (std::size_t k = 0; k < snapshot.cols; ++k) {
        const double value = value_at(view, snapshot.cols, r, k);
        norm += value * value;
        if (r < leaf.rows) {
          EXPECT_NEAR(snapshot.at(source, k) - value, centre[k], 1e-15);
        }
      }
      EXPECT_EQ(view.weights[r], rows.weight(leaf.first + r));
      EXPECT_EQ(view.padding[r], r < leaf.rows ? 0 : -padding_distance);
      if (r < leaf.rows) {
        EXPECT_NEAR(view.halves[r], -0.5 * norm, 1e-12 * norm);
        largest = std::max(largest, -2 * view.halves[r]);
      } else {
        EXPECT_EQ(view.halves[r], -padding_distance);
      }
    }
    EXPECT_EQ(leaf.largest_norm, largest);
  }
}

TEST_P(OrderedRowsOf, ArraysBeginWithALineOfTheCache) {
  LeafCache<double> cache{0};
  const LeafView view = rows.view(0, cache);
  const Leaf& leaf = rows.leaves().front();
  for (const void* array :
       {static_cast<const void*>(view.values), static_cast<const void*>(view.halves),
        static_cast<const void*>(view.padding), static_cast<const void*>(view.weights),
        static_cast<const void*>(rows.float_norms(leaf))}) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(array) % 64, 0U);
  }
  if (snapshot.cols > OrderedRows::grouped_features) return;
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(rows.group_lows(0)) % 64, 0U);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(rows.group_highs(0)) % 64, 0U);
}

TEST_P(OrderedRowsOf, BoxDistancesHoldForEveryPair) {
  const FullMatrix matrix(snapshot);
  for (std::size_t panel = 0; panel < rows.panels(); ++panel) {
    double weight = 0;
    const auto [first, last] = rows.panel_leaves(panel);
    ASSERT_LE(last - first, box_lanes);
    for (std::size_t j = first; j < last; ++j) weight += rows.leaves()[j].weight;
    EXPECT_EQ(rows.panel_weight(panel), weight);
    for (std::size_t i = 0; i < rows.leaves().size(); ++i) {
      const auto of_leaves = rows.leaf_distances(i, panel);
      const auto of_panels = rows.panel_distances(i / box_lanes, panel / box_lanes);
      for (std::size_t j = first; j < last; ++j) {
        double nearest = 1e300;
        double farthest = 0;
        const Leaf& a = rows.leaves()[i];
        const Leaf& b = rows.leaves()[j];
        for (std::size_t r = 0; r < a.rows; ++r) {
          for (std::size_t c = 0; c < b.rows; ++c) {
            const double distance =
                matrix.distance(rows.source(a.first + r), rows.source(b.first + c));
            nearest = std::min(nearest, distance);
            farthest = std::max(farthest, distance);
          }
        }
        EXPECT_LE(of_leaves.nearest[j - first], nearest);
        EXPECT_GE(of_leaves.farthest[j - first], farthest);
        EXPECT_LE(of_panels.nearest[panel % box_lanes], nearest);
        EXPECT_GE(of_panels.farthest[panel % box_lanes], farthest);
        // A panel's box holds its leaves' boxes.
        EXPECT_LE(of_panels.nearest[panel % box_lanes], of_leaves.nearest[j - first]);
      }
    }
  }
}

TEST_P(OrderedRowsOf, ScreensHoldCentredRowsInFloat32) {
  LeafCache<double> cache{0};
  OrderedRows::Screen screen;
  for (std::size_t panel = rows.panels(); panel-- > 0;) {
    const std::size_t end = std::min(panel + 2, rows.panels());
    rows.fill_screen(panel, end, screen);
    EXPECT_EQ(screen.first_panel, panel);
    EXPECT_EQ(screen.last_panel, end);
    EXPECT_EQ(screen.first_position, rows.panel_position(panel));
    std::size_t at = 0;
    for (std::size_t l = rows.panel_leaves(panel).first; l < rows.panel_leaves(end - 1).second;
         ++l) {
      const Leaf& leaf = rows.leaves()[l];
      const LeafView view = rows.view(l, cache);
      for (std::size_t r = 0; r < leaf.groups * lane_count; ++r, ++at) {
        EXPECT_EQ(rows.float_norms(leaf)[r], static_cast<float>(-2 * view.halves[r]));
        for (std::size_t k = 0; k < snapshot.cols; ++k) {
          const double value =
              view.values[(r / lane_count * snapshot.cols + k) * lane_count + r % lane_count];
          EXPECT_FLOAT_EQ(screen.values.at(at * snapshot.cols + k),
                          r < leaf.rows ? static_cast<float>(value) : 0.0F);
        }
      }
    }
    EXPECT_EQ(screen.values.size(), at * snapshot.cols);
    EXPECT_EQ(rows.panel_position(end), screen.first_position + at);
  }
}

// Several large pages of memory: every array keeps to its own part of it.
TEST(OrderedRows, SnapshotsOfSeveralMegabytes) {
  const Snapshot s = random_snapshot(20'003, 41, 1, 3, 5);
  const OrderedRows rows(s.view(), s.labels);
  ASSERT_GT(rows.positions() * s.cols * sizeof(double), 3 * large_page);
  LeafCache<double> cache{0};
  std::size_t wrong = 0;
  for (std::size_t l = 0; l < rows.leaves().size(); ++l) {
    const Leaf& leaf = rows.leaves()[l];
    const LeafView view = rows.view(l, cache);
    for (std::size_t r = 0; r < leaf.rows; ++r) {
      const std::uint32_t source = rows.source(leaf.first + r);
      double norm = 0;
      for (std::size_t k = 0; k < s.cols; ++k) {
        const double value = value_at(view, s.cols, r, k);
        norm += value * value;
        wrong += std::abs(static_cast<double>(s.at(source, k)) - value) > 0.1 ? 1 : 0;
        const std::size_t box = k * detail::leaf_groups + r / lane_count;
        wrong += s.at(source, k) < rows.group_lows(l)[box] ? 1 : 0;
        wrong += s.at(source, k) > rows.group_highs(l)[box] ? 1 : 0;
      }
      wrong += std::abs(view.halves[r] + 0.5 * norm) > 1e-12 * norm ? 1 : 0;
      wrong += std::abs(static_cast<double>(rows.float_norms(leaf)[r]) - norm) > 1e-6 * norm;
      wrong += view.weights[r] != 1 || view.padding[r] != 0 ? 1 : 0;
      wrong += rows.label(leaf.first + r) != s.labels[source] ? 1 : 0;
    }
  }
  EXPECT_EQ(wrong, 0U);
}

// Too large to be kept packed, and packed when needed: the same numbers.
TEST(OrderedRows, LargeSnapshotsArePackedWhenNeeded) {
  Snapshot s(190, 70000);
  for (std::size_t i = 0; i < s.rows; ++i) {
    for (std::size_t k = 0; k < s.cols; k += 997) {
      s.at(i, k) = static_cast<float>((i * 31 + k * 7) % 64) / 64;
    }
    s.labels[i] = static_cast<std::int32_t>(i % 2);
  }
  ASSERT_GT(s.values.size() * sizeof(double), std::size_t{96} << 20);
  Snapshot narrow(s.rows, (s.cols + 996) / 997);
  narrow.labels = s.labels;
  for (std::size_t i = 0; i < s.rows; ++i) {
    for (std::size_t k = 0; k < narrow.cols; ++k) narrow.at(i, k) = s.at(i, 997 * k);
  }
  const PairwiseEstimate a = fast(s, {0.5})[0];
  const PairwiseEstimate b = fast(narrow, {0.5})[0];
  EXPECT_NEAR(a.kl.xt, b.kl.xt, a.error_bits + b.error_bits);
  EXPECT_NEAR(a.bd.xt, b.bd.xt, a.error_bits + b.error_bits);
  EXPECT_NEAR(a.bd.ty, b.bd.ty, a.error_bits + b.error_bits);
  EXPECT_GT(a.kl.xt, 0.1);
}

TEST(LeafCacheTest, KeepsWhatThereIsRoomFor) {
  std::vector<std::size_t> filled;
  const auto value = [&](LeafCache<double>& cache, std::size_t leaf) {
    return cache.at(leaf, 2, [&](double* to) {
      filled.push_back(leaf);
      to[0] = static_cast<double>(leaf);
      to[1] = -to[0];
    })[1];
  };
  LeafCache<double> three(3 * 2 * sizeof(double));
  for (int round = 0; round < 2; ++round) {
    for (const std::size_t leaf : {0, 1, 2, 3}) EXPECT_EQ(value(three, leaf), -1.0 * leaf);
  }
  EXPECT_EQ(filled, (std::vector<std::size_t>{0, 1, 2, 3, 0, 3}));
  filled.clear();
  LeafCache<double> one(0);
  for (const std::size_t leaf : {7, 7, 8, 7}) EXPECT_EQ(value(one, leaf), -1.0 * leaf);
  EXPECT_EQ(filled, (std::vector<std::size_t>{7, 8, 7}));
}

/// Row i of the result is row i % rows of s.
Snapshot repeated(const Snapshot& s, std::size_t times) {
  Snapshot many(s.rows * times, s.cols);
  for (std::size_t i = 0; i < many.rows; ++i) {
    for (std::size_t k = 0; k < s.cols; ++k) many.at(i, k) = s.at(i % s.rows, k);
    many.labels[i] = s.labels[i % s.rows];
  }
  return many;
}

void expect_near(const PairwiseEstimate& a, const PairwiseEstimate& b) {
  SCOPED_TRACE("sigma2 = " + std::to_string(a.sigma2));
  const double tolerance = a.error_bits + b.error_bits;
  EXPECT_NEAR(a.kl.xt, b.kl.xt, tolerance);
  EXPECT_NEAR(a.kl.ty, b.kl.ty, tolerance);
  EXPECT_NEAR(a.bd.xt, b.bd.xt, tolerance);
  EXPECT_NEAR(a.bd.ty, b.bd.ty, tolerance);
}

TEST(PairwiseWeights, RepeatingEveryRowChangesNothing) {
  for (const std::size_t features : {1, 4, 66}) {
    for (const std::size_t times : {2, 5, 17}) {
      const std::uint64_t seed = 10 * features + times;
      SCOPED_TRACE(seed_text(seed));
      const Snapshot s = varied(150, features, seed);
      const std::vector<double> sigma2{1e-4, 0.01, 0.05, 0.3, 2, 1e3};
      const auto once = fast(s, sigma2);
      const auto often = fast(repeated(s, times), sigma2);
      for (std::size_t i = 0; i < sigma2.size(); ++i) expect_near(once[i], often[i]);
    }
  }
}

// What a saturated net leaves: 30 distinct rows, each of a weight of its own.
TEST(PairwiseWeights, ThirtyDistinctRows) {
  const std::uint64_t seed = 30;
  SCOPED_TRACE(seed_text(seed));
  RandomStream random(seed);
#ifdef NDEBUG
  constexpr std::size_t rows = 1500;
#else
  constexpr std::size_t rows = 600;
#endif
  const Snapshot distinct = random_snapshot(30, 3, 1, 2, seed);
  Snapshot s(rows, 3);
  for (std::size_t i = 0; i < rows; ++i) {
    const std::size_t from = i < 30 ? i : std::min(random.below(30), random.below(30));
    for (std::size_t k = 0; k < 3; ++k) s.at(i, k) = distinct.at(from, k);
    s.labels[i] = random.below(10) == 0 ? 5 : distinct.labels[from];
  }
  const FullMatrix matrix(s);
  for (const PairwiseEstimate& estimate : fast(s, {1e-6, 0.02, 0.5, 30})) {
    expect_near(estimate, matrix.estimate(estimate.sigma2));
  }
}

// A heavy row beside light ones, in rows and in columns of tiles of one and of several classes.
TEST(PairwiseWeights, OneHeavyRow) {
  for (const std::size_t classes : {1, 2, 40}) {
    const std::uint64_t seed = 70 + classes;
    SCOPED_TRACE(seed_text(seed));
    Snapshot s = random_snapshot(400, 2, 1, classes, seed);
    for (std::size_t i = 250; i < s.rows; ++i) {
      for (std::size_t k = 0; k < s.cols; ++k) s.at(i, k) = s.at(0, k);
      s.labels[i] = s.labels[0];
    }
    const FullMatrix matrix(s);
    for (const PairwiseEstimate& estimate : fast(s, {0.003, 0.05, 1, 1e3})) {
      expect_near(estimate, matrix.estimate(estimate.sigma2));
    }
  }
}

TEST(PairwiseWeights, ZeroHasNoSign) {
  const std::uint64_t seed = 9;
  SCOPED_TRACE(seed_text(seed));
  RandomStream random(seed);
  Snapshot s(200, 3);
  for (float& value : s.values) value = random.below(2) == 0 ? 0.0F : 1.0F;
  for (std::int32_t& label : s.labels) label = static_cast<std::int32_t>(random.below(2));
  Snapshot signs = s;
  for (float& value : signs.values) {
    if (value == 0 && random.below(2) == 0) value = -0.0F;
  }
  const auto a = fast(s, {1e-3, 0.3});
  const auto b = fast(signs, {1e-3, 0.3});
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].kl.xt, b[i].kl.xt);
    EXPECT_EQ(a[i].kl.ty, b[i].kl.ty);
    EXPECT_EQ(a[i].bd.ty, b[i].bd.ty);
  }
}

// Both classes have the same rows: T says nothing about Y, at any noise.
TEST(PairwiseWeights, EqualRowsOfTwoClassesSayNothing) {
  const std::uint64_t seed = 10;
  SCOPED_TRACE(seed_text(seed));
  Snapshot s = repeated(random_snapshot(120, 2, 1, 1, seed), 2);
  for (std::size_t i = 120; i < s.rows; ++i) s.labels[i] = 1;
  for (const PairwiseEstimate& estimate : fast(s, {1e-6, 0.01, 0.3, 10})) {
    EXPECT_NEAR(estimate.kl.ty, 0, estimate.error_bits);
    EXPECT_NEAR(estimate.bd.ty, 0, estimate.error_bits);
  }
  EXPECT_NEAR(fast(s, {1e-6})[0].kl.xt, std::log2(120.0), 1e-6);
}

}  // namespace
}  // namespace infoplane::test
