#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "estimators/snapshot.hpp"

// The fast estimator against the formulas written down as they stand.

namespace infoplane::test {
namespace {

constexpr double tolerance = 1e-6;          // promised in estimators/pairwise.hpp
constexpr double ceiling_rounding = 1e-12;  // log2 of N and of the class sizes

void expect_agreement(const Snapshot& s, const std::vector<double>& sigma2) {
  const auto ours = fast(s, sigma2);
  const auto expected = reference(s, sigma2);
  ASSERT_EQ(ours.size(), sigma2.size());
  const double ceiling_xt = std::log2(static_cast<double>(s.rows)) + ceiling_rounding;
  const double ceiling_ty = label_entropy_bits(s.labels) + ceiling_rounding;
  for (std::size_t i = 0; i < sigma2.size(); ++i) {
    SCOPED_TRACE("N = " + std::to_string(s.rows) + ", H = " + std::to_string(s.cols) +
                 ", sigma2 = " + std::to_string(sigma2[i]));
    EXPECT_EQ(ours[i].sigma2, sigma2[i]);
    EXPECT_NEAR(ours[i].kl.xt, expected[i].kl.xt, tolerance);
    EXPECT_NEAR(ours[i].bd.xt, expected[i].bd.xt, tolerance);
    EXPECT_NEAR(ours[i].kl.ty, expected[i].kl.ty, tolerance);
    EXPECT_NEAR(ours[i].bd.ty, expected[i].bd.ty, tolerance);
    for (const MutualInformation& information : {ours[i].kl, ours[i].bd}) {
      EXPECT_GE(information.xt, 0);
      EXPECT_LE(information.xt, ceiling_xt);
      EXPECT_LE(information.ty, ceiling_ty);
    }
  }
}

double log_uniform(RandomStream& random, double from, double to) {
  return from * std::pow(to / from, random.uniform());
}

/// One anywhere in 1e-6 ... 1e3, two where the kernel is neither 0 nor 1.
std::vector<double> some_sigma2(const Snapshot& s, RandomStream& random) {
  std::vector<double> sigma2{log_uniform(random, 1e-6, 1e3)};
  const double typical = std::max(mean_squared_distance(s), 1e-6);
  for (int i = 0; i < 2; ++i) {
    sigma2.push_back(std::clamp(typical * log_uniform(random, 3e-3, 1), 1e-6, 1e3));
  }
  return sigma2;
}

// 127, 128, 129 and 257 rows stand around one and two tiles of 128.
class AgainstReference : public testing::TestWithParam<std::size_t> {};

INSTANTIATE_TEST_SUITE_P(Features, AgainstReference, testing::Values(1, 2, 20, 300),
                         testing::PrintToStringParamName());

TEST_P(AgainstReference, RandomValues) {
  const std::size_t features = GetParam();
  for (const std::size_t rows : {1, 2, 3, 50, 127, 128, 129, 257}) {
    const std::uint64_t seed = 1000 * features + rows;
    SCOPED_TRACE(seed_text(seed));
    RandomStream random(seed);
    const double scale = log_uniform(random, 1e-3, 1e3);
    const Snapshot s = random_snapshot(rows, features, scale, 1 + random.below(10), seed);
    expect_agreement(s, some_sigma2(s, random));
  }
}

TEST_P(AgainstReference, RowsOftenEqual) {
  const std::uint64_t seed = 77 + GetParam();
  SCOPED_TRACE(seed_text(seed));
  RandomStream random(seed);
  Snapshot s = random_snapshot(200, GetParam(), log_uniform(random, 1e-3, 1e3), 3, seed);
  for (std::size_t i = 9; i < s.rows; ++i) {
    const std::size_t original = random.below(9);
    for (std::size_t k = 0; k < s.cols; ++k) s.at(i, k) = s.at(original, k);
  }
  expect_agreement(s, some_sigma2(s, random));
}

TEST_P(AgainstReference, ConstantLayer) {
  Snapshot s(140, GetParam());
  for (float& value : s.values) value = -0.731f;
  for (std::size_t i = 0; i < s.rows; ++i) s.labels[i] = i < 40 ? 0 : 1;
  expect_agreement(s, {1e-6, 1, 1e3});
  const PairwiseEstimate estimate = fast(s, {1e-6})[0];
  EXPECT_NEAR(estimate.kl.xt, 0, 1e-12);
  EXPECT_NEAR(estimate.kl.ty, 0, 1e-12);
}

// Values near 1e4 are spaced 2^-10 in float32, and |h|^2 is 1e8 H: only differences taken directly
// keep their digits at sigma2 = 1e-6.
TEST_P(AgainstReference, BigOffsetAndTinyDifferences) {
  const std::uint64_t seed = 31 + GetParam();
  SCOPED_TRACE(seed_text(seed));
  RandomStream random(seed);
  Snapshot s(150, GetParam());
  for (float& value : s.values) {
    value = static_cast<float>(1e4 + std::ldexp(static_cast<double>(random.below(3)), -10));
  }
  for (std::int32_t& label : s.labels) label = static_cast<std::int32_t>(random.below(4));
  expect_agreement(s, {1e-6, 1e-5, 1e-3, 1});
}

// Centring does not help when rows lie far apart in two clouds, each of them tiny. From one scale
// of the clouds to the next |a|^2 + |b|^2 - 2ab loses all digits, half of them, few; few rows, or
// the errors would average out.
TEST_P(AgainstReference, TwoTinyCloudsFarApart) {
  for (int exponent = -10; exponent <= 2; ++exponent) {
    const std::uint64_t seed = 1000 * GetParam() + static_cast<std::uint64_t>(exponent + 10);
    SCOPED_TRACE(seed_text(seed) + ", steps of 2^" + std::to_string(exponent));
    RandomStream random(seed);
    Snapshot s(9, GetParam());
    for (std::size_t i = 0; i < s.rows; ++i) {
      for (std::size_t k = 0; k < s.cols; ++k) {
        const double step = std::ldexp(static_cast<double>(random.below(4)), exponent);
        s.at(i, k) = static_cast<float>((i % 2 ? 1e4 : -1e4) + step);
      }
      s.labels[i] = static_cast<std::int32_t>(random.below(2));
    }
    const double typical = std::ldexp(static_cast<double>(s.cols), 2 * exponent);
    expect_agreement(s, {1e-6, 0.03 * typical, 0.3 * typical, 3 * typical});
  }
}

TEST(AgainstReference, OneClass) {
  SCOPED_TRACE(seed_text(5));
  const Snapshot s = random_snapshot(131, 4, 1, 1, 5);
  expect_agreement(s, {1e-6, 0.1, 1, 1e3});
  for (const PairwiseEstimate& estimate : fast(s, {1e-6, 0.1})) {
    EXPECT_EQ(estimate.kl.ty, 0);
    EXPECT_EQ(estimate.bd.ty, 0);
  }
}

// I(T;Y) = I(X;T) then.
TEST(AgainstReference, AsManyClassesAsRows) {
  SCOPED_TRACE(seed_text(6));
  Snapshot s = random_snapshot(131, 4, 1, 1, 6);
  for (std::size_t i = 0; i < s.rows; ++i) s.labels[i] = static_cast<std::int32_t>(500 - 3 * i);
  expect_agreement(s, {1e-6, 0.1, 1, 1e3});
  for (const PairwiseEstimate& estimate : fast(s, {1e-6, 0.1, 1})) {
    EXPECT_NEAR(estimate.kl.ty, estimate.kl.xt, 1e-9);
    EXPECT_NEAR(estimate.bd.ty, estimate.bd.xt, 1e-9);
  }
}

TEST(AgainstReference, AnyIntegersAreLabels) {
  SCOPED_TRACE(seed_text(7));
  Snapshot s = random_snapshot(300, 3, 1, 3, 7);
  const std::vector<PairwiseEstimate> before = fast(s, {0.05, 0.5});
  const std::int32_t names[3] = {std::numeric_limits<std::int32_t>::min(), -1,
                                 std::numeric_limits<std::int32_t>::max()};
  for (std::int32_t& label : s.labels) label = names[label];
  expect_agreement(s, {0.05, 0.5});
  const std::vector<PairwiseEstimate> after = fast(s, {0.05, 0.5});
  for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(after[i].kl.ty, before[i].kl.ty);
}

// A class whose rows are spread over all tiles, and classes smaller than a tile.
TEST(AgainstReference, ManyTiles) {
  for (const std::uint64_t seed : {11, 12}) {
    SCOPED_TRACE(seed_text(seed));
    RandomStream random(seed);
    Snapshot s = random_snapshot(700, 2, log_uniform(random, 1e-3, 1e3), 1, seed);
    for (std::int32_t& label : s.labels)
      label = random.uniform() < 0.5 ? 4 : -static_cast<std::int32_t>(random.below(9));
    expect_agreement(s, some_sigma2(s, random));
  }
}

TEST(AgainstReference, ExtremeValuesOfFloat) {
  Snapshot s(4, 2);
  s.values = {3e38f, -3e38f, -3e38f, 3e38f, 1e-45f, 0, 0, -1e-45f};
  s.labels = {0, 0, 1, 1};
  expect_agreement(s, {1e-6, 1, 1e3});
}

TEST(Pairwise, NoNoiseNoEstimates) {
  EXPECT_TRUE(fast(random_snapshot(5, 2, 1, 2, 1), {}).empty());
}

TEST(Pairwise, EstimatesKeepTheOrderAsked) {
  SCOPED_TRACE(seed_text(2));
  const Snapshot s = random_snapshot(40, 2, 1, 2, 2);
  const auto estimates = fast(s, {1, 1e-3, 0.1, 1e-3});
  ASSERT_EQ(estimates.size(), 4u);
  EXPECT_EQ(estimates[0].sigma2, 1);
  EXPECT_EQ(estimates[1].sigma2, 1e-3);
  EXPECT_EQ(estimates[2].sigma2, 0.1);
  EXPECT_GT(estimates[1].kl.xt, estimates[2].kl.xt);
  EXPECT_GT(estimates[2].kl.xt, estimates[0].kl.xt);
  EXPECT_EQ(estimates[1].kl.xt, estimates[3].kl.xt);
}

TEST(PairwiseReference, MergedDuplicatesCarryTheirWeight) {
  const std::uint64_t seed = 91;
  SCOPED_TRACE(seed_text(seed));
  RandomStream random(seed);
  const std::size_t distinct = 12;
  const std::size_t features = 3;
  std::vector<double> values;
  std::vector<std::int32_t> labels;
  std::vector<double> repeated_values;
  std::vector<std::int32_t> repeated_labels;
  std::vector<double> weights;
  for (std::size_t i = 0; i < distinct; ++i) {
    std::vector<double> row;
    for (std::size_t k = 0; k < features; ++k) row.push_back(random.normal());
    labels.push_back(static_cast<std::int32_t>(i % 3));
    const std::size_t copies = 1 + random.below(5);
    weights.push_back(static_cast<double>(copies));
    values.insert(values.end(), row.begin(), row.end());
    for (std::size_t c = 0; c < copies; ++c) {
      repeated_values.insert(repeated_values.end(), row.begin(), row.end());
      repeated_labels.push_back(labels.back());
    }
  }
  const std::size_t rows = repeated_labels.size();
  for (double& weight : weights) weight /= static_cast<double>(rows);

  const std::vector<double> sigma2{1e-3, 0.1, 1, 10};
  const auto merged =
      pairwise_information_reference({values.data(), distinct, features}, labels, sigma2, weights);
  const auto unmerged = pairwise_information_reference({repeated_values.data(), rows, features},
                                                       repeated_labels, sigma2);
  const auto unweighted =
      pairwise_information_reference({values.data(), distinct, features}, labels, sigma2);
  for (std::size_t i = 0; i < sigma2.size(); ++i) {
    EXPECT_NEAR(merged[i].kl.xt, unmerged[i].kl.xt, 1e-12);
    EXPECT_NEAR(merged[i].bd.xt, unmerged[i].bd.xt, 1e-12);
    EXPECT_NEAR(merged[i].kl.ty, unmerged[i].kl.ty, 1e-12);
    EXPECT_NEAR(merged[i].bd.ty, unmerged[i].bd.ty, 1e-12);
    EXPECT_GT(std::abs(unweighted[i].kl.xt - unmerged[i].kl.xt), 1e-4)
        << "the weights make no difference";
  }
}

}  // namespace
}  // namespace infoplane::test
