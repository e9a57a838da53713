#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "estimators/snapshot.hpp"

// 0 <= I(X;T) <= log2 N and I(T;Y) <= H(Y) hold whatever the data, and float32 distances
// |a|^2 + |b|^2 - 2ab are known to break them: 10.71 bits where log2 1000 = 9.97.

namespace infoplane::test {
namespace {

/// Wide rows with |h|^2 ~ `squared_norm`: half of them scattered, half of them `closeness` away
/// from another row, where all digits of |a|^2 + |b|^2 - 2ab cancel.
Snapshot wide_snapshot(std::size_t rows, std::size_t features, double squared_norm,
                       double closeness, std::uint64_t seed) {
  RandomStream random(seed);
  const double scale = std::sqrt(squared_norm / static_cast<double>(features));
  Snapshot s = random_snapshot(rows, features, scale, 10, seed);
  const double step = closeness / std::sqrt(static_cast<double>(features));
  for (std::size_t i = rows / 2; i < rows; ++i) {
    const std::size_t other = random.below(rows / 2);
    for (std::size_t k = 0; k < features; ++k) {
      s.at(i, k) = static_cast<float>(static_cast<double>(s.at(other, k)) + step * random.normal());
    }
  }
  return s;
}

void expect_below_ceilings(const Snapshot& s, const std::vector<double>& sigma2) {
  const double ceiling_xt = std::log2(static_cast<double>(s.rows));
  const double ceiling_ty = label_entropy_bits(s.labels);
  for (const PairwiseEstimate& estimate : fast(s, sigma2)) {
    SCOPED_TRACE("sigma2 = " + std::to_string(estimate.sigma2));
    for (const MutualInformation& information : {estimate.kl, estimate.bd}) {
      EXPECT_GE(information.xt, 0);
      EXPECT_LE(information.xt, ceiling_xt);
      EXPECT_GE(information.ty, ceiling_ty - ceiling_xt);
      EXPECT_LE(information.ty, ceiling_ty);
    }
  }
}

TEST(PairwiseCeilings, HoldOnAWideLayer) {
  const std::uint64_t seed = 1440;
  SCOPED_TRACE(seed_text(seed));
  const Snapshot s = wide_snapshot(1000, 1440, 1e4, 0.05, seed);
  expect_below_ceilings(s, {1e-3});
  // Close pairs share most of their information at this noise, so the value is no ceiling either.
  const double bits = fast(s, {1e-3})[0].kl.xt;
  EXPECT_GT(bits, std::log2(500.0));
  EXPECT_LT(bits, std::log2(1000.0) - 0.1);
}

TEST(PairwiseCeilings, HoldWhereverTheNoiseIs) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    SCOPED_TRACE(seed_text(seed));
    const Snapshot s = wide_snapshot(150, 40, 1e4, 1e-3, seed);
    expect_below_ceilings(s, {1e-12, 1e-6, 1e-3, 1, 1e3, 1e6, 1e12});
  }
}

// Tiles count as constant there, which moves an information of some 1e-11 bits to either side of 0.
TEST(PairwiseCeilings, HoldWhereNothingIsKnown) {
  for (const std::uint64_t seed : {1, 2, 3, 4}) {
    SCOPED_TRACE(seed_text(seed));
    RandomStream random(seed);
    Snapshot s(600, 3);
    for (std::size_t i = 0; i < s.rows; ++i) {
      double norm = 0;
      for (std::size_t k = 0; k < s.cols; ++k) {
        s.at(i, k) = static_cast<float>(1e-3 * random.normal());
        norm += s.at(i, k) * s.at(i, k);
      }
      s.labels[i] = norm < 1.4e-6 ? 1 : 0;
    }
    const std::vector<double> sigma2{1, 3, 10, 30, 100, 300, 1000};
    expect_below_ceilings(s, sigma2);
    const auto estimates = fast(s, sigma2);
    const auto expected = reference(s, sigma2);
    for (std::size_t i = 0; i < sigma2.size(); ++i) {
      EXPECT_NEAR(estimates[i].kl.ty, expected[i].kl.ty, estimates[i].error_bits);
      EXPECT_NEAR(estimates[i].bd.ty, expected[i].bd.ty, estimates[i].error_bits);
    }
  }
}

TEST(PairwiseCeilings, WideLayerAgreesWithTheReference) {
  const std::uint64_t seed = 200;
  SCOPED_TRACE(seed_text(seed));
  const Snapshot s = wide_snapshot(160, 400, 1e4, 0.05, seed);
  const std::vector<double> sigma2{1e-4, 1e-3, 1e-2};
  const auto ours = fast(s, sigma2);
  const auto expected = reference(s, sigma2);
  for (std::size_t i = 0; i < sigma2.size(); ++i) {
    EXPECT_NEAR(ours[i].kl.xt, expected[i].kl.xt, 1e-6);
    EXPECT_NEAR(ours[i].bd.xt, expected[i].bd.xt, 1e-6);
    EXPECT_NEAR(ours[i].kl.ty, expected[i].kl.ty, 1e-6);
    EXPECT_NEAR(ours[i].bd.ty, expected[i].bd.ty, 1e-6);
  }
}

// The value at one noise does not depend on which others are asked for: a run that is estimated
// again at more sigma2 repeats its old numbers.
TEST(PairwiseCeilings, OneNoiseAtATimeGivesTheSameBits) {
  const std::vector<double> sigma2{1e-6, 1e-3, 0.1, 3, 1e3};
  for (const double closeness : {1e-3, 0.05, 1.0}) {
    for (const std::uint64_t seed : {1, 2}) {
      SCOPED_TRACE(seed_text(seed));
      const Snapshot s = wide_snapshot(300, 60, 1e4, closeness, seed);
      const auto together = fast(s, sigma2);
      for (std::size_t i = 0; i < sigma2.size(); ++i) {
        SCOPED_TRACE("sigma2 = " + std::to_string(sigma2[i]));
        const PairwiseEstimate alone = fast(s, {sigma2[i]})[0];
        EXPECT_EQ(together[i].kl.xt, alone.kl.xt);
        EXPECT_EQ(together[i].bd.xt, alone.bd.xt);
        EXPECT_EQ(together[i].kl.ty, alone.kl.ty);
        EXPECT_EQ(together[i].bd.ty, alone.bd.ty);
      }
    }
  }
}

TEST(PairwiseCeilings, TheSameCallGivesTheSameBits) {
  SCOPED_TRACE(seed_text(9));
  const Snapshot s = wide_snapshot(300, 60, 1e4, 0.05, 9);
  const auto first = fast(s, {1e-3, 1});
  const auto second = fast(s, {1e-3, 1});
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(first[i].kl.xt, second[i].kl.xt);
    EXPECT_EQ(first[i].bd.ty, second[i].bd.ty);
  }
}

// Every positive float64 is a noise, subnormal ones too.
TEST(PairwiseCeilings, NoiseAtTheEndsOfFloat64) {
  SCOPED_TRACE(seed_text(3));
  Snapshot s = random_snapshot(20, 2, 1, 2, 3);
  for (std::size_t k = 0; k < s.cols; ++k) s.at(1, k) = s.at(0, k);
  const std::vector<double> sigma2{std::numeric_limits<double>::denorm_min(), 1e-310,
                                   std::numeric_limits<double>::min(),
                                   std::numeric_limits<double>::max()};
  const auto estimates = fast(s, sigma2);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(estimates[i].kl.xt, std::log2(20.0) - 0.1, 1e-12);
  EXPECT_EQ(estimates[3].kl.xt, 0);
}

TEST(LabelEntropy, ByHand) {
  EXPECT_EQ(label_entropy_bits({7}), 0);
  EXPECT_EQ(label_entropy_bits({3, 3, 3}), 0);
  EXPECT_EQ(label_entropy_bits({-1, 5}), 1);
  EXPECT_DOUBLE_EQ(label_entropy_bits({0, 0, 1, 2}), 1.5);
  EXPECT_DOUBLE_EQ(label_entropy_bits({0, 1, 2, 3, 4, 5, 6, 7}), 3);
}

TEST(LabelEntropy, OfMillionsOfClasses) {
  std::vector<std::int32_t> labels(3000000);
  std::iota(labels.begin(), labels.end(), 0);
  EXPECT_NEAR(label_entropy_bits(labels), std::log2(3e6), 1e-13);
}

TEST(PairwiseCost, GrowsWithTheWork) {
  const double cost = pairwise_cost_s(1000, 10, 3);
  EXPECT_GT(cost, 0);
  EXPECT_NEAR(pairwise_cost_s(2000, 10, 3), 4 * cost, 1e-9 * cost);
  EXPECT_GT(pairwise_cost_s(1000, 20, 3), cost);
  EXPECT_GT(pairwise_cost_s(1000, 10, 4), cost);
}

}  // namespace
}  // namespace infoplane::test
