#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "estimators/full_matrix.hpp"
#include "estimators/snapshot.hpp"

// |estimate - formula| <= error_bits <= 1e-6 whatever the data: kinds of layers that real networks
// and unkind float32 values make, each with drawn sizes, scales, labels and noises.

namespace infoplane::test {
namespace {

double log_uniform(RandomStream& random, double from, double to) {
  return from * std::pow(to / from, random.uniform());
}

std::size_t log_uniform_size(RandomStream& random, std::size_t from, std::size_t to) {
  return static_cast<std::size_t>(
      log_uniform(random, static_cast<double>(from), static_cast<double>(to) + 0.999));
}

/// Fills the values of a snapshot; `scale` is the size of what varies.
using Fill = void (*)(Snapshot& s, double scale, RandomStream& random);

void scattered(Snapshot& s, double scale, RandomStream& random) {
  for (float& value : s.values) value = static_cast<float>(scale * random.normal());
}

void copy_row(Snapshot& s, std::size_t from, std::size_t to) {
  for (std::size_t k = 0; k < s.cols; ++k) s.at(to, k) = s.at(from, k);
}

void duplicates(Snapshot& s, double scale, RandomStream& random) {
  scattered(s, scale, random);
  const std::size_t distinct = 1 + random.below(s.rows);
  for (std::size_t i = distinct; i < s.rows; ++i) copy_row(s, random.below(distinct), i);
}

void constant(Snapshot& s, double scale, RandomStream& random) {
  const auto value = static_cast<float>(scale * random.normal());
  std::fill(s.values.begin(), s.values.end(), value);
}

/// A few last digits of float32 differ.
void nearly_constant(Snapshot& s, double scale, RandomStream& random) {
  const auto common = static_cast<float>(scale);
  const float step = std::nextafter(common, 2 * common) - common;
  for (float& value : s.values) value = common + static_cast<float>(random.below(4)) * step;
}

void one_outlier(Snapshot& s, double scale, RandomStream& random) {
  scattered(s, scale, random);
  const std::size_t row = random.below(s.rows);
  for (std::size_t k = 0; k < s.cols; ++k) s.at(row, k) = 1e6F;
}

/// Clusters a thousand times their size apart.
void far_clusters(Snapshot& s, double scale, RandomStream& random) {
  Snapshot centres(1 + random.below(5), s.cols);
  scattered(centres, 1e3 * scale, random);
  for (std::size_t i = 0; i < s.rows; ++i) {
    const std::size_t cluster = random.below(centres.rows);
    for (std::size_t k = 0; k < s.cols; ++k) {
      s.at(i, k) = static_cast<float>(centres.at(cluster, k) + scale * random.normal());
    }
  }
}

/// Two clusters some float32 steps wide, far from 0 and from each other.
void tiny_clusters_far_away(Snapshot& s, double scale, RandomStream& random) {
  const auto offset = static_cast<float>(1e4 * scale);
  const float step = std::nextafter(offset, 2 * offset) - offset;
  for (std::size_t i = 0; i < s.rows; ++i) {
    const float sign = random.below(2) == 0 ? 1.0F : -1.0F;
    for (std::size_t k = 0; k < s.cols; ++k) {
      s.at(i, k) = sign * offset + static_cast<float>(random.below(3)) * step;
    }
  }
}

void sparse_relu(Snapshot& s, double scale, RandomStream& random) {
  for (float& value : s.values) {
    value = random.uniform() < 0.8 ? 0.0F : static_cast<float>(scale * std::abs(random.normal()));
  }
}

void zeros_of_both_signs(Snapshot& s, double scale, RandomStream& random) {
  for (float& value : s.values) {
    const double chosen = random.uniform();
    value = chosen < 0.45 ? 0.0F : chosen < 0.9 ? -0.0F : static_cast<float>(scale);
  }
}

/// Rows that differ by subnormal numbers and a few that do not.
void subnormals(Snapshot& s, double scale, RandomStream& random) {
  for (float& value : s.values) {
    value = static_cast<float>(random.below(1000)) * std::numeric_limits<float>::denorm_min();
  }
  for (std::size_t i = 0; i < s.rows; i += 3) s.at(i, 0) += static_cast<float>(scale);
}

/// tanh driven to its ends: corners of a cube, and a few rows on the way.
void saturated(Snapshot& s, double scale, RandomStream& random) {
  for (float& value : s.values) {
    value = static_cast<float>(scale * std::tanh(8 * random.normal()));
  }
}

/// Wide rows of one length, every second one a neighbour of another.
void close_pairs(Snapshot& s, double scale, RandomStream& random) {
  scattered(s, 10 * scale, random);
  for (std::size_t i = 1; i < s.rows; i += 2) {
    for (std::size_t k = 0; k < s.cols; ++k) {
      s.at(i, k) = static_cast<float>(s.at(i - 1, k) + 1e-3 * scale * random.normal());
    }
  }
}

/// Each feature on a scale of its own, from 1e-6 to 1 of the largest.
void unequal_features(Snapshot& s, double scale, RandomStream& random) {
  std::vector<double> scales;
  for (std::size_t k = 0; k < s.cols; ++k) scales.push_back(scale * log_uniform(random, 1e-6, 1));
  for (std::size_t i = 0; i < s.rows; ++i) {
    for (std::size_t k = 0; k < s.cols; ++k) {
      s.at(i, k) = static_cast<float>(scales[k] * random.normal());
    }
  }
}

struct Kind {
  const char* name;
  Fill fill;
};

const Kind kinds[] = {{"Scattered", scattered},
                      {"Duplicates", duplicates},
                      {"Constant", constant},
                      {"NearlyConstant", nearly_constant},
                      {"OneOutlier", one_outlier},
                      {"FarClusters", far_clusters},
                      {"TinyClustersFarAway", tiny_clusters_far_away},
                      {"SparseRelu", sparse_relu},
                      {"ZerosOfBothSigns", zeros_of_both_signs},
                      {"Subnormals", subnormals},
                      {"Saturated", saturated},
                      {"ClosePairs", close_pairs},
                      {"UnequalFeatures", unequal_features}};

/// One class, one a row, ten, classes of about five rows, two of which one is rare, or in order.
void draw_labels(Snapshot& s, RandomStream& random) {
  const std::uint64_t scheme = random.below(6);
  for (std::size_t i = 0; i < s.rows; ++i) {
    const auto row = static_cast<std::int32_t>(i);
    const auto rows = static_cast<std::int32_t>(s.rows);
    const auto below = [&](std::size_t n) { return static_cast<std::int32_t>(random.below(n)); };
    s.labels[i] = scheme == 0   ? 7
                  : scheme == 1 ? 100 - 3 * row
                  : scheme == 2 ? below(10) - 5
                  : scheme == 3 ? below(1 + s.rows / 5) * -1000003
                  : scheme == 4 ? (below(40) == 0 ? std::numeric_limits<std::int32_t>::min() : 2)
                                : 4 * row / rows;
  }
}

/// Two anywhere in 1e-6 ... 1e3, four where the kernel of some pair is neither 0 nor 1.
std::vector<double> draw_sigma2(const FullMatrix& matrix, std::size_t rows, RandomStream& random) {
  std::vector<double> sigma2{log_uniform(random, 1e-6, 1e3), log_uniform(random, 1e-6, 1e3)};
  for (int i = 0; i < 4; ++i) {
    const double distance = matrix.distance(random.below(rows), random.below(rows));
    sigma2.push_back(std::clamp(distance * log_uniform(random, 0.01, 2), 1e-6, 1e3));
  }
  return sigma2;
}

std::string describe(const Snapshot& s, double scale, double sigma2) {
  return "N = " + std::to_string(s.rows) + ", H = " + std::to_string(s.cols) +
         ", scale = " + std::to_string(scale) + ", sigma2 = " + std::to_string(sigma2);
}

void expect_certified(const PairwiseEstimate& ours, const PairwiseEstimate& exact) {
  EXPECT_LE(ours.error_bits, 1e-6);
  EXPECT_NEAR(ours.kl.xt, exact.kl.xt, ours.error_bits);
  EXPECT_NEAR(ours.kl.ty, exact.kl.ty, ours.error_bits);
  EXPECT_NEAR(ours.bd.xt, exact.bd.xt, ours.error_bits);
  EXPECT_NEAR(ours.bd.ty, exact.bd.ty, ours.error_bits);
}

void expect_certified(const Snapshot& s, double scale, const FullMatrix& matrix,
                      const std::vector<double>& sigma2) {
  std::vector<PairwiseEstimate> exact;
  for (const double variance : sigma2) exact.push_back(matrix.estimate(variance));
  for (const WideRows by : {WideRows::digits, WideRows::floats}) {
    SCOPED_TRACE(by == WideRows::digits ? "by digits" : "by floats");
    const auto estimates = pairwise_information(s.view(), s.labels, sigma2, {true, by});
    for (std::size_t i = 0; i < sigma2.size(); ++i) {
      SCOPED_TRACE(describe(s, scale, sigma2[i]));
      expect_certified(estimates[i], exact[i]);
    }
    if (s.cols < 64) return;  // both are the same
  }
}

// Sanitizers make the reference 20 times slower.
#ifdef NDEBUG
constexpr std::uint64_t draws = 14;
constexpr std::size_t most_rows = 900;
constexpr std::size_t most_products = 60'000'000;
#else
constexpr std::uint64_t draws = 5;
constexpr std::size_t most_rows = 300;
constexpr std::size_t most_products = 2'000'000;
#endif

class PairwiseProperty : public testing::TestWithParam<Kind> {};

INSTANTIATE_TEST_SUITE_P(Kinds, PairwiseProperty, testing::ValuesIn(kinds),
                         [](const auto& chosen) { return std::string(chosen.param.name); });

TEST_P(PairwiseProperty, IsWithinItsCertificate) {
  for (std::uint64_t draw = 0; draw < draws; ++draw) {
    const std::uint64_t seed = derive_seed(draw, {"pairwise", GetParam().name});
    SCOPED_TRACE(seed_text(seed));
    RandomStream random(seed);
    // Every second one has several leaves.
    const std::size_t rows = log_uniform_size(random, draw % 2 == 0 ? 1 : 60, most_rows);
    const std::size_t widest =
        std::clamp(most_products / (rows * rows), std::size_t{1}, std::size_t{2000});
    Snapshot s(rows, log_uniform_size(random, 1, widest));
    const double scale = log_uniform(random, 1e-3, 1e3);
    GetParam().fill(s, scale, random);
    draw_labels(s, random);
    const FullMatrix matrix(s);
    expect_certified(s, scale, matrix, draw_sigma2(matrix, rows, random));
  }
}

// Digits say most distances well, and nothing of those in the heap: they are a few last bits of
// large values.
TEST(PairwiseProperty, HeapAmongScatteredWideRows) {
  for (const std::size_t features : {64, 130}) {
    const std::uint64_t seed = derive_seed(features, {"heap"});
    SCOPED_TRACE(seed_text(seed));
    RandomStream random(seed);
    Snapshot s(300, features);
    scattered(s, 100, random);
    for (std::size_t i = 201; i < s.rows; ++i) {
      for (std::size_t k = 0; k < features; ++k) {
        float value = s.at(200, k);
        for (std::uint64_t step = random.below(3); step > 0; --step)
          value = std::nextafter(value, 1e9F);
        s.at(i, k) = value;
      }
    }
    for (std::size_t i = 0; i < s.rows; ++i) s.labels[i] = static_cast<std::int32_t>(i % 2);
    const FullMatrix matrix(s);
    const double inside = matrix.distance(201, 202);
    expect_certified(s, 100, matrix, {0.1 * inside, 0.5 * inside, 5 * inside, 1e4});
  }
}

// Enough leaves for whole panels to be left out, and wide enough for first digits, or float32, to
// tell.
TEST(PairwiseProperty, ClustersInManyPanels) {
#ifdef NDEBUG
  constexpr std::size_t rows = 900;
#else
  constexpr std::size_t rows = 600;
#endif
  for (const std::size_t features : {2, 70}) {
    for (const double apart : {3.0, 30.0, 300.0}) {
      const std::uint64_t seed = derive_seed(features, {"panels", std::to_string(apart)});
      SCOPED_TRACE(seed_text(seed));
      RandomStream random(seed);
      Snapshot s(rows, features);
      for (std::size_t i = 0; i < rows; ++i) {
        const double centre = apart * static_cast<double>(i % 8);
        for (std::size_t k = 0; k < features; ++k) {
          s.at(i, k) = static_cast<float>(centre + random.normal());
        }
        s.labels[i] = static_cast<std::int32_t>(i % 3);
      }
      const FullMatrix matrix(s);
      const double near = static_cast<double>(features);
      std::vector<double> sigma2;
      for (int i = -14; i < 10; i += 4) sigma2.push_back(near * std::ldexp(1.03, i));
      expect_certified(s, 1, matrix, sigma2);
    }
  }
}

// The kernel between rows is neither 0 nor 1 on every rung of every chain.
TEST(PairwiseProperty, EveryRungOfTheLadder) {
  const std::uint64_t seed = 40;
  SCOPED_TRACE(seed_text(seed));
  const Snapshot s = random_snapshot(120, 4, 0.3, 3, seed);
  const FullMatrix matrix(s);
  for (int exponent = -18; exponent <= 9; ++exponent) {
    for (const double mantissa : {1.0, 1.37, 1.99}) {
      expect_certified(s, 0.3, matrix, {std::ldexp(mantissa, exponent)});
    }
  }
}

// A distance of 22 to 26 times 2 sigma2 is where kernels stop being looked at.
TEST(PairwiseProperty, AroundTheCut) {
  const std::uint64_t seed = 41;
  SCOPED_TRACE(seed_text(seed));
  RandomStream random(seed);
  Snapshot s(256, 3);
  for (std::size_t i = 0; i < s.rows; ++i) {
    for (std::size_t k = 0; k < s.cols; ++k) {
      s.at(i, k) = static_cast<float>((i % 2 == 0 || k > 0 ? 0.0 : 7.0) + 0.01 * random.normal());
    }
    s.labels[i] = static_cast<std::int32_t>(i % 5);
  }
  const FullMatrix matrix(s);
  for (double ratio = 8; ratio < 40; ratio += 0.5) {
    expect_certified(s, 7, matrix, {49 / (2 * ratio), 49 / (8 * ratio)});
  }
}

TEST(FullMatrix, AgreesWithTheReference) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    SCOPED_TRACE(seed_text(seed));
    Snapshot s = random_snapshot(60, 3, 1, 4, seed);
    for (std::size_t i = 50; i < s.rows; ++i) copy_row(s, i - 20, i);
    const std::vector<double> sigma2{1e-6, 0.01, 0.3, 5, 1e3};
    const FullMatrix matrix(s);
    const auto expected = reference(s, sigma2);
    for (std::size_t i = 0; i < sigma2.size(); ++i) {
      const PairwiseEstimate estimate = matrix.estimate(sigma2[i]);
      EXPECT_NEAR(estimate.kl.xt, expected[i].kl.xt, 1e-12);
      EXPECT_NEAR(estimate.kl.ty, expected[i].kl.ty, 1e-12);
      EXPECT_NEAR(estimate.bd.xt, expected[i].bd.xt, 1e-12);
      EXPECT_NEAR(estimate.bd.ty, expected[i].bd.ty, 1e-12);
    }
  }
}

// Float32 values on which |a|^2 + |b|^2 - 2ab fails: long rows that differ in their last digits.
TEST(PairwiseProperty, LongRowsAlmostEqual) {
  for (const std::size_t features : {3, 70, 800}) {
    const std::uint64_t seed = derive_seed(features, {"long rows"});
    SCOPED_TRACE(seed_text(seed));
    RandomStream random(seed);
    Snapshot s(70, features);
    Snapshot ends(2, features);
    scattered(ends, 1e3, random);
    for (std::size_t i = 0; i < s.rows; ++i) {
      for (std::size_t k = 0; k < features; ++k) {
        s.at(i, k) = ends.at(i % 2, k);
        if (random.below(4) == 0) s.at(i, k) = std::nextafter(s.at(i, k), 0.0F);
      }
      s.labels[i] = static_cast<std::int32_t>(random.below(2));
    }
    const FullMatrix matrix(s);
    const double near = matrix.distance(0, 2);
    expect_certified(s, 1e3, matrix, {1e-6, near / 30, near / 8, near, 1e3});
    for (const PairwiseEstimate& estimate : fast(s, {1e-6, near / 30, near, 1e3})) {
      EXPECT_LE(estimate.kl.xt, std::log2(70.0));
      EXPECT_LE(estimate.kl.ty, label_entropy_bits(s.labels));
    }
  }
}

}  // namespace
}  // namespace infoplane::test
