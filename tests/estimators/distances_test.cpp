#include "estimators/distances.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "core/distance_axes.hpp"
#include "estimators/snapshot.hpp"

namespace infoplane::test {
namespace {

/// Every d_ij, i < j, increasing.
std::vector<double> brute_force(const Snapshot& s) {
  std::vector<double> distances;
  for (std::size_t i = 0; i < s.rows; ++i) {
    for (std::size_t j = i + 1; j < s.rows; ++j) {
      double sum = 0;
      for (std::size_t k = 0; k < s.cols; ++k) {
        const double difference = static_cast<double>(s.at(i, k)) - static_cast<double>(s.at(j, k));
        sum += difference * difference;
      }
      distances.push_back(sum);
    }
  }
  std::sort(distances.begin(), distances.end());
  return distances;
}

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

TEST(Distances, AllPairsOfFewRows) {
  for (const auto& [rows, cols] :
       {std::pair<std::size_t, std::size_t>{2, 1}, {3, 5}, {60, 4}, {200, 3}, {512, 7}}) {
    SCOPED_TRACE(std::to_string(rows) + " x " + std::to_string(cols));
    const Snapshot s = random_snapshot(rows, cols, 0.7, 2, rows);
    const DistanceSummary summary = summarize_distances(s.view(), 1);
    const std::vector<double> expected = brute_force(s);
    EXPECT_EQ(summary.rank_error, 0);
    ASSERT_EQ(summary.sorted.size(), expected.size());
    // Sums of up to 7 positive numbers in another order.
    for (std::size_t i = 0; i < expected.size(); ++i)
      ASSERT_NEAR(summary.sorted[i], expected[i], 1e-14 * expected[i]);
    EXPECT_NEAR(summary.mean, mean_of(expected), 1e-12 * summary.mean);
    EXPECT_EQ(summarize_distances(s.view(), 99).sorted, summary.sorted) << "no sample, no seed";
  }
}

// 0, 1, 3: distances 1, 4, 9; variance 14/9.
TEST(Distances, ByHand) {
  Snapshot s(3, 2);
  s.at(1, 1) = 1;
  s.at(2, 1) = 3;
  const DistanceSummary summary = summarize_distances(s.view(), 1);
  EXPECT_EQ(summary.sorted, (std::vector<double>{1, 4, 9}));
  EXPECT_NEAR(summary.mean, 14.0 / 3, 1e-15);
  EXPECT_NEAR(summary.scale, 14.0 / 9 / 2, 1e-15);
  EXPECT_EQ(summary.quantiles(), (std::vector<double>{1, 1, 1, 1, 1, 4, 9, 9, 9, 9, 9}));
  std::vector<float> bins(64, 0.0F);
  bins[40] = bins[42] = bins[43] = 1.0F / 3;  // [1, 2), [4, 8), [8, 16)
  EXPECT_EQ(summary.histogram(), bins);
}

// The smallest distance that the share of pairs does not exceed: an order statistic, never between.
TEST(Distances, QuantilesAreOrderStatistics) {
  DistanceSummary summary;
  for (int i = 1; i <= 1000; ++i) summary.sorted.push_back(i);
  EXPECT_EQ(summary.quantile(0), 1);
  EXPECT_EQ(summary.quantile(0.1), 1);
  EXPECT_EQ(summary.quantile(0.11), 2);
  EXPECT_EQ(summary.quantile(50), 500);
  EXPECT_EQ(summary.quantile(90), 900);
  EXPECT_EQ(summary.quantile(99.9), 999);
  EXPECT_EQ(summary.quantile(100), 1000);
}

/// The largest difference between the shares of sample and population below any distance.
double kolmogorov_distance(const std::vector<double>& sample, const std::vector<double>& all) {
  double largest = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i + 1 < all.size() && all[i + 1] == all[i]) continue;
    const auto below = std::upper_bound(sample.begin(), sample.end(), all[i] * (1 + 1e-13));
    const double share =
        static_cast<double>(below - sample.begin()) / static_cast<double>(sample.size());
    const double exact = static_cast<double>(i + 1) / static_cast<double>(all.size());
    largest = std::max(largest, std::abs(share - exact));
  }
  return largest;
}

// The bound holds for 999 of 1000 seeds and every kind of snapshot; these 40 are fixed. It must be
// of the right size too: samples of that length come near it.
TEST(Distances, ASampleIsAsGoodAsItSays) {
  double largest = 0;
  double bound = 0;
  for (const bool with_duplicates : {false, true}) {
    Snapshot s = random_snapshot(700, 3, 1, 2, 5);
    for (std::size_t i = 0; with_duplicates && i < 500; ++i) {
      for (std::size_t k = 0; k < 3; ++k) s.at(i, k) = s.at(i % 4, k);
    }
    const std::vector<double> all = brute_force(s);
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      SCOPED_TRACE(seed_text(seed));
      const DistanceSummary summary = summarize_distances(s.view(), seed);
      ASSERT_EQ(summary.sorted.size(), most_distances);
      ASSERT_TRUE(std::is_sorted(summary.sorted.begin(), summary.sorted.end()));
      bound = summary.rank_error;
      const double error = kolmogorov_distance(summary.sorted, all);
      EXPECT_LE(error, bound);
      largest = std::max(largest, error);
      EXPECT_NEAR(summary.mean, mean_of(all), 1e-11 * summary.mean) << "never sampled";
    }
  }
  EXPECT_NEAR(bound, 0.00538, 1e-5);  // sqrt(log(2000) / 2^18)
  EXPECT_GT(largest, bound / 4);
}

TEST(Distances, ASampleFollowsFromItsSeed) {
  const Snapshot s = random_snapshot(600, 4, 1, 2, 3);
  EXPECT_EQ(summarize_distances(s.view(), 7).sorted, summarize_distances(s.view(), 7).sorted);
  EXPECT_NE(summarize_distances(s.view(), 7).sorted, summarize_distances(s.view(), 8).sorted);
}

TEST(Distances, ASampleHasNoPairOfARowWithItself) {
  Snapshot s(600, 1);
  for (std::size_t i = 0; i < s.rows; ++i) s.at(i, 0) = static_cast<float>(i);
  const DistanceSummary summary = summarize_distances(s.view(), 2);
  EXPECT_EQ(summary.sorted.front(), 1);
  EXPECT_GT(summary.sorted.back(), 590.0 * 590.0);
}

TEST(Distances, OfRowsThatAreAllAlike) {
  for (const std::size_t rows : {5U, 1000U}) {
    Snapshot s(rows, 3);
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t k = 0; k < 3; ++k) s.at(i, k) = 0.1F + static_cast<float>(k) / 7;
    }
    const DistanceSummary summary = summarize_distances(s.view(), 1);
    EXPECT_EQ(summary.mean, 0) << "exactly, although 0.1 is no binary fraction";
    EXPECT_EQ(summary.scale, 0);
    EXPECT_EQ(summary.sorted.back(), 0);
    std::vector<float> bins(64, 0.0F);
    bins[0] = 1;
    EXPECT_EQ(summary.histogram(), bins);
  }
}

// Two rows of each of two kinds: 2 pairs of one kind, 4 of both.
TEST(Distances, OfDuplicates) {
  Snapshot s(4, 1);
  s.at(2, 0) = s.at(3, 0) = 2;
  const DistanceSummary summary = summarize_distances(s.view(), 1);
  EXPECT_EQ(summary.sorted, (std::vector<double>{0, 0, 4, 4, 4, 4}));
  EXPECT_EQ(summary.histogram()[0], 1.0F / 3);
  EXPECT_EQ(summary.histogram()[42], 2.0F / 3);
}

TEST(Distances, TheHistogramHoldsEveryDistance) {
  for (const double scale : {1e-30, 1e-8, 1.0, 1e8, 1e30}) {
    const Snapshot s = random_snapshot(100, 2, scale, 2, 4);
    const std::vector<float> bins = summarize_distances(s.view(), 1).histogram();
    ASSERT_EQ(bins.size(), distance_bins);
    EXPECT_NEAR(std::accumulate(bins.begin(), bins.end(), 0.0), 1, 1e-6) << scale;
    EXPECT_EQ(bins[1] == 1, scale <= 1e-8) << scale;
    EXPECT_EQ(bins[63] == 1, scale >= 1e8) << scale;
  }
}

TEST(Distances, FarFromTheOrigin) {
  Snapshot s = random_dyadic_snapshot(300, 5, 0x1p-6, 2, 8);
  const DistanceSummary near = summarize_distances(s.view(), 1);
  for (float& value : s.values) value += 4096;
  const DistanceSummary far = summarize_distances(s.view(), 1);
  EXPECT_EQ(far.sorted, near.sorted);
  EXPECT_NEAR(far.mean, near.mean, 1e-13 * near.mean);
}

TEST(Distances, WhatIsNoSnapshotIsRefused) {
  const auto refusal = [](const Snapshot& s) -> std::string {
    try {
      summarize_distances(s.view(), 1);
    } catch (const SnapshotError& error) {
      return error.what();
    }
    return "no error";
  };
  Snapshot s = random_snapshot(5, 3, 1, 2, 1);
  s.at(3, 1) = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(refusal(s), "row 3, feature 1 is nan");
  s.at(0, 2) = -std::numeric_limits<float>::infinity();
  EXPECT_EQ(refusal(s), "row 0, feature 2 is -inf");
  EXPECT_EQ(refusal(Snapshot(0, 3)), "a snapshot of 0 rows and 3 features has nothing to estimate");
  EXPECT_EQ(refusal(Snapshot(3, 0)), "a snapshot of 3 rows and 0 features has nothing to estimate");
  EXPECT_EQ(refusal(Snapshot(1, 3)), "a snapshot of 1 row has no distances");
}

}  // namespace
}  // namespace infoplane::test
