#include "estimators/device/pairwise_on.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "estimators/snapshot.hpp"

// The estimator on devices against the formulas and against the engine for CPUs. What a CUDA device
// does is done here by the same code on LibTorch's CPU device, and by the CUDA device where there
// is one.

namespace infoplane::test {
namespace {

using Kind = ComputeDevice::Kind;

/// Far less than a snapshot has, for several tiles.
constexpr std::size_t few_rows = 48;

/// What rounding the reference takes for itself.
constexpr double reference_rounding = 1e-11;

double difference(const PairwiseEstimate& a, const PairwiseEstimate& b) {
  return std::max({std::abs(a.kl.xt - b.kl.xt), std::abs(a.kl.ty - b.kl.ty),
                   std::abs(a.bd.xt - b.bd.xt), std::abs(a.bd.ty - b.bd.ty)});
}

bool same_bits(const std::vector<PairwiseEstimate>& a, const std::vector<PairwiseEstimate>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const PairwiseEstimate& x, const PairwiseEstimate& y) {
                      return difference(x, y) == 0 && x.error_bits == y.error_bits;
                    });
}

class PairwiseOn : public testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    if (GetParam() == Kind::cuda && visible_cuda_devices() == 0) {
      GTEST_SKIP() << "LibTorch sees no CUDA device";
    }
  }

  std::vector<PairwiseEstimate> on_device(const Snapshot& s, const std::vector<double>& sigma2,
                                          std::size_t tile_rows = few_rows) const {
    return pairwise_information_on({GetParam(), 0}, s.view(), s.labels, sigma2, tile_rows);
  }

  /// Within the certificates of the formulas and of the engine for CPUs, in one tile and in many.
  void expect_agreement(const Snapshot& s, const std::vector<double>& sigma2) const {
    const auto exact = reference(s, sigma2);
    const auto engine = fast(s, sigma2);
    for (const std::size_t tile_rows : {few_rows, device_tile_rows}) {
      const auto ours = on_device(s, sigma2, tile_rows);
      ASSERT_EQ(ours.size(), sigma2.size());
      for (std::size_t i = 0; i < sigma2.size(); ++i) {
        SCOPED_TRACE("N = " + std::to_string(s.rows) + ", H = " + std::to_string(s.cols) +
                     ", sigma2 = " + std::to_string(sigma2[i]) + ", tiles of " +
                     std::to_string(tile_rows));
        EXPECT_EQ(ours[i].sigma2, sigma2[i]);
        EXPECT_LE(ours[i].error_bits, 1e-6);
        EXPECT_GT(ours[i].error_bits, 0);
        EXPECT_LE(difference(ours[i], exact[i]), ours[i].error_bits + reference_rounding);
        EXPECT_LE(difference(ours[i], engine[i]), ours[i].error_bits + engine[i].error_bits);
        for (const MutualInformation& information : {ours[i].kl, ours[i].bd}) {
          EXPECT_GE(information.xt, 0);
          EXPECT_LE(information.xt, std::log2(static_cast<double>(s.rows)) + 1e-12);
          EXPECT_LE(information.ty, label_entropy_bits(s.labels) + 1e-12);
        }
      }
    }
  }
};

INSTANTIATE_TEST_SUITE_P(Devices, PairwiseOn, testing::Values(Kind::cpu, Kind::cuda),
                         [](const auto& kind) { return name_of(kind.param); });

/// Around the mean squared distance, where kernels are neither 0 nor 1, and at both ends.
std::vector<double> around(const Snapshot& s) {
  const double typical = std::max(mean_squared_distance(s), 1e-6);
  return {1e-6, 0.003 * typical, 0.03 * typical, 0.06 * typical, 0.3 * typical, 1e3};
}

// Narrow and wide rows, on both sides of where one becomes the other.
TEST_P(PairwiseOn, RandomValues) {
  for (const std::size_t features : {1, 3, 4, 20, 32, 33, 300}) {
    for (const std::size_t rows : {1, 2, 47, 48, 49, 97, 200}) {
      const std::uint64_t seed = 1000 * features + rows;
      SCOPED_TRACE(seed_text(seed));
      RandomStream random(seed);
      const double scale = std::pow(10.0, 6 * random.uniform() - 3);
      const Snapshot s = random_snapshot(rows, features, scale, 1 + random.below(10), seed);
      expect_agreement(s, around(s));
    }
  }
}

// Tiles of several classes, tiles with none in common, a class over many tiles.
TEST_P(PairwiseOn, ClassesOfAllSizes) {
  for (const std::size_t classes : {1, 2, 60, 230}) {
    SCOPED_TRACE(seed_text(classes));
    Snapshot s = random_snapshot(230, 4, 1, classes, classes);
    if (classes == 2) {
      for (std::size_t i = 0; i < s.rows; ++i) s.labels[i] = i < 7 ? 5 : -5;
    }
    expect_agreement(s, around(s));
  }
}

TEST_P(PairwiseOn, RowsOftenEqual) {
  for (const std::size_t features : {1, 20, 40}) {
    const std::uint64_t seed = 77 + features;
    SCOPED_TRACE(seed_text(seed));
    RandomStream random(seed);
    Snapshot s = random_snapshot(300, features, 1, 3, seed);
    for (std::size_t i = 70; i < s.rows; ++i) {
      const std::size_t original = random.below(70);
      for (std::size_t k = 0; k < s.cols; ++k) s.at(i, k) = s.at(original, k);
    }
    expect_agreement(s, around(s));
  }
}

TEST_P(PairwiseOn, ConstantLayer) {
  Snapshot s(140, 5);
  for (float& value : s.values) value = -0.731f;
  for (std::size_t i = 0; i < s.rows; ++i) s.labels[i] = i < 40 ? 0 : 1;
  expect_agreement(s, {1e-6, 1, 1e3});
  EXPECT_NEAR(on_device(s, {1e-6})[0].kl.xt, 0, 1e-12);
}

TEST_P(PairwiseOn, MinusZeroIsZero) {
  Snapshot s(3, 2);
  s.values = {0, 1, -0.0F, 1, 5, 5};
  expect_agreement(s, {1e-6, 1});
}

// Float32 values near 1e4 are spaced 2^-10 while |h|^2 is 1e8 H: the ceilings break when distances
// are taken in float32, and digits are lost without centring.
TEST_P(PairwiseOn, BigOffsetAndTinyDifferences) {
  for (const std::size_t features : {1, 20, 1440}) {
    const std::uint64_t seed = 31 + features;
    SCOPED_TRACE(seed_text(seed));
    RandomStream random(seed);
    Snapshot s(150, features);
    for (float& value : s.values) {
      value = static_cast<float>(1e4 + std::ldexp(static_cast<double>(random.below(3)), -10));
    }
    for (std::int32_t& label : s.labels) label = static_cast<std::int32_t>(random.below(4));
    expect_agreement(s, {1e-6, 1e-5, 1e-3, 1});
  }
}

// Centring does not help here: |a|^2 + |b|^2 - 2ab loses all digits, half of them, few.
TEST_P(PairwiseOn, TwoTinyCloudsFarApart) {
  for (const std::size_t features : {8, 40}) {
    for (int exponent = -10; exponent <= 2; ++exponent) {
      const auto seed = 100 * features + static_cast<std::uint64_t>(exponent + 10);
      SCOPED_TRACE(seed_text(seed) + ", steps of 2^" + std::to_string(exponent));
      RandomStream random(seed);
      Snapshot s(60, features);
      for (std::size_t i = 0; i < s.rows; ++i) {
        for (std::size_t k = 0; k < s.cols; ++k) {
          const double step = std::ldexp(static_cast<double>(random.below(4)), exponent);
          s.at(i, k) = static_cast<float>((i % 2 ? 1e4 : -1e4) + step);
        }
        s.labels[i] = static_cast<std::int32_t>(random.below(2));
      }
      const double typical = std::ldexp(static_cast<double>(features), 2 * exponent);
      expect_agreement(s, {1e-6, 0.03 * typical, 0.3 * typical, 3 * typical});
    }
  }
}

TEST_P(PairwiseOn, ExtremeValuesOfFloat) {
  for (const std::size_t features : {2, 40}) {
    Snapshot s(4, features);
    for (std::size_t k = 0; k < 2; ++k) {
      s.at(0, k) = k == 0 ? 3e38f : -3e38f;
      s.at(1, k) = -s.at(0, k);
      s.at(2, k) = k == 0 ? 1e-45f : 0;
      s.at(3, k) = k == 0 ? 0 : -1e-45f;
    }
    s.labels = {0, 0, 1, 1};
    expect_agreement(s, {1e-6, 1, 1e3});
  }
}

// Rounded at the size of the mean these rows would be one.
TEST_P(PairwiseOn, CentringRoundsNoRowsTogether) {
  for (const std::size_t features : {1, 40}) {
    Snapshot s(3, features);
    s.at(0, 0) = 3e20f;
    s.at(2, 0) = 1e-2f;
    s.labels = {0, 0, 1};
    const std::vector<double> sigma2{1e-5, 1e-4};
    const auto ours = on_device(s, sigma2);
    const auto exact = reference(s, sigma2);
    for (std::size_t i = 0; i < sigma2.size(); ++i) {
      EXPECT_LE(difference(ours[i], exact[i]), ours[i].error_bits);
    }
  }
}

TEST_P(PairwiseOn, ARepeatedCallRepeatsTheBits) {
  for (const std::size_t features : {20, 40}) {
    const Snapshot s = random_snapshot(500, features, 1, 5, 3);
    EXPECT_TRUE(same_bits(on_device(s, around(s)), on_device(s, around(s))));
  }
}

TEST_P(PairwiseOn, AnEntryDependsOnNoOther) {
  for (const std::size_t features : {5, 40}) {
    const Snapshot s = random_snapshot(120, features, 1, 3, 4);
    const auto together = on_device(s, {0.3, 0.01, 0.04, 0.02, 0.01});
    EXPECT_TRUE(same_bits({together[1]}, on_device(s, {0.01})));
    EXPECT_TRUE(same_bits({together[1]}, {together[4]}));
    EXPECT_TRUE(same_bits({together[3]}, on_device(s, {0.02})));
  }
}

TEST_P(PairwiseOn, RefusesWhatIsNoSnapshot) {
  Snapshot s = random_snapshot(5, 2, 1, 2, 1);
  EXPECT_TRUE(on_device(s, {}).empty());
  EXPECT_THROW(on_device(s, {-1}), SnapshotError);
  s.at(3, 1) = std::nanf("");
  EXPECT_THROW(on_device(s, {1}), SnapshotError);
}

TEST(PairwiseOnAbsentDevice, SaysWhatLibTorchSays) {
  const Snapshot s = random_snapshot(5, 2, 1, 2, 1);
  const ComputeDevice absent{Kind::cuda, visible_cuda_devices()};
  try {
    pairwise_information_on(absent, s.view(), s.labels, {1});
    FAIL() << "no error";
  } catch (const Error& error) {
    const std::string text = error.what();
    EXPECT_EQ(text.rfind("LibTorch cannot estimate 5 rows of 2 features on cuda:", 0), 0U) << text;
    EXPECT_NE(text.find("estimate.device = \"cpu\""), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace infoplane::test
