#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "estimators/detail/ordered_rows.hpp"
#include "estimators/full_matrix.hpp"
#include "estimators/snapshot.hpp"

// Whatever the data: the error stays within the certificate, and the certificate within 1e-6 bits.

namespace infoplane::test {
namespace {

double largest_difference(const PairwiseEstimate& a, const PairwiseEstimate& b) {
  return std::max({std::abs(a.kl.xt - b.kl.xt), std::abs(a.kl.ty - b.kl.ty),
                   std::abs(a.bd.xt - b.bd.xt), std::abs(a.bd.ty - b.bd.ty)});
}

void expect_within_certificate(const Snapshot& s, const std::vector<double>& sigma2,
                               WideRows by = WideRows::fastest) {
  const FullMatrix matrix(s);
  std::vector<PairwiseEstimate> expected;
  for (const double one : sigma2) expected.push_back(matrix.estimate(one));
  for (const bool prune : {true, false}) {
    const std::vector<PairwiseEstimate> got =
        pairwise_information(s.view(), s.labels, sigma2, {prune, by});
    ASSERT_EQ(got.size(), sigma2.size());
    for (std::size_t i = 0; i < sigma2.size(); ++i) {
      EXPECT_GT(got[i].error_bits, 0);
      EXPECT_LE(got[i].error_bits, 1e-6);
      EXPECT_LE(largest_difference(got[i], expected[i]), got[i].error_bits)
          << "sigma2 = " << sigma2[i] << (prune ? ", pruned" : ", dense");
    }
  }
}

const std::vector<double> noises{1e-6, 1e-4, 1e-3, 1e-2, 0.1, 0.2, 1, 10, 1e3};

/// One of many kinds of layers, drawn.
Snapshot any_snapshot(RandomStream& random) {
  const std::size_t widths[] = {1, 2, 3, 8, 20, 63, 64, 100, 300};
  const std::size_t h = widths[random.below(std::size(widths))];
  const std::size_t n = 1 + random.below(h > 64 ? 330 : 500);
  const double scale = std::pow(10.0, static_cast<double>(random.below(7)) - 3);
  const std::size_t classes = 1 + random.below(12);
  Snapshot s = random_snapshot(n, h, scale, classes, random.below(1000000));
  const std::uint64_t kind = random.below(8);
  const auto each = [&](auto change) {
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t k = 0; k < h; ++k) change(i, k, s.at(i, k));
    }
  };
  const auto offset = static_cast<float>(100 * scale);
  switch (kind) {
    case 0:  // as it is
      break;
    case 1:  // a rectified layer: many zeros of either sign
      each([&](std::size_t, std::size_t, float& v) { v = v > 0 ? v : v * 0.0F; });
      break;
    case 2:  // saturated: few distinct rows
      each(
          [&](std::size_t, std::size_t k, float& v) { v = k < 5 ? (v > 0 ? 1.0F : -1.0F) : 0.5F; });
      break;
    case 3:  // nearly constant, far from the origin
      each([&](std::size_t, std::size_t, float& v) { v = offset + v * 1e-4F; });
      break;
    case 4:  // an outlier
      for (std::size_t k = 0; k < h; ++k) s.at(0, k) = 1e6F;
      break;
    case 5:  // clusters
      each([&](std::size_t i, std::size_t, float& v) {
        v = static_cast<float>(i % 7) * offset + v * 0.01F;
      });
      break;
    case 6:  // every row five times
      each([&](std::size_t i, std::size_t k, float& v) { v = s.at(i / 5 * 5, k); });
      break;
    default:  // constant
      each([&](std::size_t, std::size_t, float& v) { v = offset; });
  }
  return s;
}

TEST(PairwiseCertificate, HoldsForAnyLayer) {
#ifdef NDEBUG
  constexpr std::uint64_t draws = 60;
#else
  constexpr std::uint64_t draws = 30;
#endif
  for (std::uint64_t seed = 1; seed <= draws; ++seed) {
    SCOPED_TRACE(seed_text(seed));
    RandomStream random(seed);
    const Snapshot s = any_snapshot(random);
    SCOPED_TRACE(testing::Message() << "N = " << s.rows << ", H = " << s.cols);
    expect_within_certificate(s, noises);
    if (HasFailure()) return;
  }
}

TEST(PairwiseCertificate, HoldsForTwoThousandFeatures) {
  const Snapshot s = random_snapshot(260, 2000, 0.1, 3, 5);
  // d is about 40: from nothing to be seen to everything.
  expect_within_certificate(s, {1e-3, 0.1, 1, 10, 1e3});
}

/// Wide clusters: a look at first digits, or in float32, has to let the near pairs through and stop
/// the far ones.
TEST(PairwiseCertificate, HoldsForScreenedLayers) {
#ifdef NDEBUG
  constexpr std::size_t rows = 900;
#else
  constexpr std::size_t rows = 500;
#endif
  for (const double spread : {1e-3, 0.1, 1.0, 3.0}) {
    SCOPED_TRACE(spread);
    Snapshot s = random_snapshot(rows, 80, spread, 2, 6);
    for (std::size_t i = 0; i < s.rows; ++i) s.at(i, i % 3) += 30.0F;
    for (const WideRows by : {WideRows::digits, WideRows::floats})
      expect_within_certificate(s, {1e-4, 1e-2, 1, 30}, by);
  }
}

TEST(PairwiseCertificate, HoldsWhereTilesAreCountedAtOnce) {
  // So much noise that the kernel is the same for all pairs of a tile.
  const Snapshot s = random_snapshot(700, 4, 1.0, 3, 7);
  expect_within_certificate(s, {1e7, 1e8, 1e9, 1e12});
}

TEST(PairwiseCertificate, GrowsWithWhatIsLeftOut) {
  const std::vector<double> sigma2{0.1};
  const Snapshot s = random_snapshot(900, 20, 3.0, 2, 8);
  const double dense = pairwise_information(s.view(), s.labels, sigma2, {false})[0].error_bits;
  const double pruned = pairwise_information(s.view(), s.labels, sigma2, {true})[0].error_bits;
  EXPECT_GT(pruned, dense) << "nearly all pairs were left out";
  const double near = pairwise_information(s.view(), s.labels, {1e4}, {true})[0].error_bits;
  EXPECT_DOUBLE_EQ(near, dense) << "no pair was left out";
}

// Far from the rows of interest lies one so huge that centring would round them together.
TEST(PairwiseCertificate, HoldsBesideAHugeRow) {
  for (const float huge : {1e3F, 3e8F, 1e9F, 3e10F, 3e20F}) {
    SCOPED_TRACE(huge);
    Snapshot s(3, 1);
    s.values = {huge, 0, 1e-2F};
    s.labels = {0, 0, 1};
    expect_within_certificate(s, {1e-6, 1e-5, 1e-4, 1e-2});
  }
}

// Rows nearer to each other than a double beside the mean can tell, and noise that can.
TEST(PairwiseCertificate, HoldsWhereCentringWouldRound) {
  Snapshot three(3, 1);
  three.values = {1e-20F, 2e-20F, 100};
  three.labels = {0, 1, 0};
  expect_within_certificate(three, {1e-42, 1e-41, 1e-40, 1e-39, 1e-20, 1});
  Snapshot halves = random_snapshot(400, 2, 1e-7, 2, 31);
  for (std::size_t i = 0; i < halves.rows; i += 2) halves.at(i, 0) += 200;
  expect_within_certificate(halves, {1e-16, 1e-15, 1e-14, 1e-13, 1e-3});
}

// The ends of float32, in many leaves.
TEST(PairwiseCertificate, HoldsAtAnyScale) {
  for (const double scale : {1e-40, 1e-25, 1e18, 1e25, 3e37}) {
    SCOPED_TRACE(scale);
    Snapshot s = random_snapshot(300, 3, scale, 3, 32);
    for (std::size_t i = 0; i < s.rows; i += 3) s.at(i, 1) = static_cast<float>(5 * scale);
    std::vector<double> sigma2;
    for (const double sigma : {1e-3, 0.03, 0.3, 2.0, 1e3}) {
      sigma2.push_back(sigma * sigma * scale * scale);
    }
    expect_within_certificate(s, sigma2);
  }
}

// Rows so near to each other that the squares of their features are no normal float32.
TEST(PairwiseCertificate, HoldsWhereSquaresUnderflow) {
  const std::uint64_t seed = 33;
  SCOPED_TRACE(seed_text(seed));
  RandomStream random(seed);
  for (const std::size_t features : {std::size_t{1}, std::size_t{20}, std::size_t{256}}) {
    for (const bool steps : {false, true}) {
      SCOPED_TRACE(testing::Message() << features << " features, " << steps);
      Snapshot s(512, features);
      for (float& value : s.values) {
        const double u = random.uniform();
        value = static_cast<float>(steps ? (u < 0.5 ? 0 : 1.05e-19) : 1e-19 * u);
      }
      s.labels.assign(s.rows, 0);
      expect_within_certificate(s, {6e-34, 6e-33, 6e-32, 6e-31});
    }
  }
}

// Pairs just inside and just outside of what is looked at.
TEST(PairwiseCertificate, HoldsAtTheEdge) {
  const double n = 600;
  const double edge = 2 * std::log(n / 1e-7);  // the distance at sigma2 = 1, KL
  for (const double factor : {0.25, 0.9, 0.999, 1.001, 1.1, 3.99, 4.01}) {
    SCOPED_TRACE(factor);
    Snapshot s(static_cast<std::size_t>(n), 1);
    for (std::size_t i = 0; i < s.rows; ++i) {
      s.at(i, 0) = i < s.rows / 2 ? 0.0F : static_cast<float>(std::sqrt(edge * factor));
      s.at(i, 0) += static_cast<float>(i) * 1e-5F;
      s.labels[i] = static_cast<std::int32_t>(i % 2);
    }
    expect_within_certificate(s, {1});
  }
}

TEST(PairwiseProblem, TicketsInAnyOrderAndAnywhere) {
  const Snapshot s = random_snapshot(9000, 3, 1.0, 4, 9);
  const std::vector<double> sigma2{1e-3, 0.05, 0.1};
  const PairwiseProblem problem(s.view(), s.labels, sigma2);
  ASSERT_EQ(problem.tickets(), 10U);
  const std::vector<PairwiseEstimate> whole = fast(s, sigma2);
  for (const std::uint64_t seed : {1U, 2U}) {
    SCOPED_TRACE(seed_text(seed));
    RandomStream random(seed);
    std::vector<PairwiseSums> ranks(3, problem.no_sums());
    for (const std::int64_t ticket : random_permutation(problem.tickets(), random)) {
      problem.add(static_cast<std::size_t>(ticket), ranks[random.below(3)]);
    }
    PairwiseSums sums = ranks[2];
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += ranks[0][i] + ranks[1][i];
    const std::vector<PairwiseEstimate> together = problem.finish(sums);
    for (std::size_t i = 0; i < sigma2.size(); ++i) {
      EXPECT_EQ(together[i].kl.xt, whole[i].kl.xt);
      EXPECT_EQ(together[i].kl.ty, whole[i].kl.ty);
      EXPECT_EQ(together[i].bd.xt, whole[i].bd.xt);
      EXPECT_EQ(together[i].bd.ty, whole[i].bd.ty);
      EXPECT_EQ(together[i].error_bits, whole[i].error_bits);
    }
  }
  double cost = 0;
  for (const double ticket : problem.ticket_costs_s()) cost += ticket;
  EXPECT_GT(cost, 0);
}

TEST(PairwiseProblem, AValueDoesNotDependOnTheOtherNoise) {
  const std::vector<double> all{1e-3, 2e-3, 4e-3, 0.1, 0.2, 0.3, 0.4, 1.6, 1.7, 100, 1e9};
  for (const std::size_t h : {3U, 64U}) {
    Snapshot s = random_snapshot(700, h, 0.3, 3, 10);
    for (std::size_t i = 0; i < s.rows; ++i) s.at(i, 0) += static_cast<float>(i % 5);
    const std::vector<PairwiseEstimate> together = fast(s, all);
    for (std::size_t i = 0; i < all.size(); ++i) {
      const PairwiseEstimate alone = fast(s, {all[i]})[0];
      EXPECT_EQ(alone.kl.xt, together[i].kl.xt) << all[i];
      EXPECT_EQ(alone.kl.ty, together[i].kl.ty) << all[i];
      EXPECT_EQ(alone.bd.xt, together[i].bd.xt) << all[i];
      EXPECT_EQ(alone.bd.ty, together[i].bd.ty) << all[i];
      EXPECT_EQ(alone.error_bits, together[i].error_bits) << all[i];
    }
  }
}

TEST(PairwiseWeights, ManyCopiesOfFewRows) {
  Snapshot few = random_snapshot(40, 6, 0.5, 3, 11);
  Snapshot many(40 * 50, 6);
  for (std::size_t i = 0; i < many.rows; ++i) {
    for (std::size_t k = 0; k < 6; ++k) many.at(i, k) = few.at(i % 40, k);
    many.labels[i] = few.labels[i % 40];
  }
  const std::vector<double> sigma2{1e-3, 0.1, 1};
  const std::vector<PairwiseEstimate> a = fast(few, sigma2);
  const std::vector<PairwiseEstimate> b = fast(many, sigma2);
  for (std::size_t i = 0; i < sigma2.size(); ++i) {
    EXPECT_LE(largest_difference(a[i], b[i]), a[i].error_bits + b[i].error_bits);
  }
}

// The ordering behind it.

using detail::Leaf;
using detail::OrderedRows;

TEST(OrderedRows, EveryRowOnceWithItsClass) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed_text(seed));
    RandomStream random(seed);
    const Snapshot s = any_snapshot(random);
    const OrderedRows rows(s.view(), s.labels);
    double weight = 0;
    std::set<std::uint32_t> seen;
    std::size_t next = 0;
    for (const Leaf& leaf : rows.leaves()) {
      EXPECT_EQ(leaf.first, next);
      EXPECT_GE(leaf.rows, 1U);
      EXPECT_LE(leaf.rows, detail::leaf_rows);
      next += leaf.groups * detail::lane_count;
      double of_leaf = 0;
      for (std::size_t i = leaf.first; i < next; ++i) {
        if (i >= leaf.first + leaf.rows) {
          EXPECT_EQ(rows.source(i), OrderedRows::padding);
          continue;
        }
        EXPECT_TRUE(seen.insert(rows.source(i)).second) << "row twice";
        EXPECT_EQ(rows.label(i), s.labels[rows.source(i)]);
        if (leaf.one_class) {
          EXPECT_EQ(rows.label(i), leaf.label);
        }
        of_leaf += rows.weight(i);
      }
      EXPECT_EQ(of_leaf, leaf.weight);
      weight += of_leaf;
    }
    EXPECT_EQ(next, rows.positions());
    EXPECT_EQ(weight, static_cast<double>(s.rows));
    EXPECT_EQ(rows.weighted(), seen.size() < s.rows);
  }
}

TEST(OrderedRows, MergesEqualRowsOfOneClassOnly) {
  Snapshot s(6, 2);
  s.values = {1, 0, 1, -0.0F, 1, 0, 2, 0, 2, 0, 2, 0};
  s.labels = {0, 0, 1, 1, 1, 1};
  const OrderedRows rows(s.view(), s.labels);
  std::vector<double> weights;
  for (std::size_t i = 0; i < rows.positions(); ++i) {
    if (rows.source(i) != OrderedRows::padding) weights.push_back(rows.weight(i));
  }
  std::sort(weights.begin(), weights.end());
  EXPECT_EQ(weights, (std::vector<double>{1, 2, 3}));
}

TEST(OrderedRows, BoxesHoldTheirRows) {
  const Snapshot s = random_snapshot(1200, 6, 2.0, 3, 12);
  const OrderedRows rows(s.view(), s.labels);
  const auto distance = [&](std::uint32_t a, std::uint32_t b) {
    double sum = 0;
    for (std::size_t k = 0; k < s.cols; ++k) {
      const double difference = static_cast<double>(s.at(a, k)) - static_cast<double>(s.at(b, k));
      sum += difference * difference;
    }
    return sum;
  };
  for (std::size_t i = 0; i < rows.leaves().size(); i += 3) {
    for (std::size_t panel = 0; panel < rows.panels(); ++panel) {
      const auto leaf_bounds = rows.leaf_distances(i, panel);
      const auto panel_bounds =
          rows.panel_distances(i / detail::box_lanes, panel / detail::box_lanes);
      const auto [first, last] = rows.panel_leaves(panel);
      for (std::size_t j = first; j < last; ++j) {
        const Leaf& a = rows.leaves()[i];
        const Leaf& b = rows.leaves()[j];
        for (std::size_t p = a.first; p < a.first + a.rows; ++p) {
          for (std::size_t q = b.first; q < b.first + b.rows; ++q) {
            const double d = distance(rows.source(p), rows.source(q));
            ASSERT_LE(leaf_bounds.nearest[j - first], d);
            ASSERT_GE(leaf_bounds.farthest[j - first], d);
            ASSERT_LE(panel_bounds.nearest[panel % detail::box_lanes], d);
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace infoplane::test
