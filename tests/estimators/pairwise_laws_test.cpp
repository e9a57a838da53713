#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <map>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "core/random.hpp"
#include "estimators/snapshot.hpp"

// What must hold for any data, for the fast code and for the reference. The transformations are
// exact in float32 (dyadic values), so that nothing but the estimator's own error is tolerated.

namespace infoplane::test {
namespace {

using Estimate = std::vector<PairwiseEstimate> (*)(const Snapshot&, const std::vector<double>&);

struct Implementation {
  const char* name;
  Estimate estimate;
  double tolerance;  ///< of one value, in bits
};

std::ostream& operator<<(std::ostream& out, const Implementation& one) { return out << one.name; }

class PairwiseLaws : public testing::TestWithParam<Implementation> {
 protected:
  std::vector<PairwiseEstimate> estimate(const Snapshot& s,
                                         const std::vector<double>& sigma2) const {
    return GetParam().estimate(s, sigma2);
  }
  /// Both sides of a law carry the error of one value.
  double tolerance() const { return 2 * GetParam().tolerance; }

  void expect_equal(const std::vector<PairwiseEstimate>& a,
                    const std::vector<PairwiseEstimate>& b) const {
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
      SCOPED_TRACE("sigma2 = " + std::to_string(a[i].sigma2));
      EXPECT_NEAR(a[i].kl.xt, b[i].kl.xt, tolerance());
      EXPECT_NEAR(a[i].bd.xt, b[i].bd.xt, tolerance());
      EXPECT_NEAR(a[i].kl.ty, b[i].kl.ty, tolerance());
      EXPECT_NEAR(a[i].bd.ty, b[i].bd.ty, tolerance());
    }
  }
};

// 1e-6 is promised of the fast code; float64 sums of 300 terms stay below 1e-11.
INSTANTIATE_TEST_SUITE_P(All, PairwiseLaws,
                         testing::Values(Implementation{"Fast", fast, 1e-6},
                                         Implementation{"Reference", reference, 1e-11}),
                         [](const auto& chosen) { return std::string(chosen.param.name); });

const std::vector<double> noises{1e-3, 1e-2, 0.1, 1, 10};
constexpr std::uint64_t seeds[] = {1, 2, 3};

/// 150 rows of 6 features within +-2, steps of 1/32.
Snapshot dyadic(std::uint64_t seed) { return random_dyadic_snapshot(150, 6, 1.0 / 32, 3, seed); }

TEST_P(PairwiseLaws, OrderOfTheRowsDoesNotMatter) {
  for (const std::uint64_t seed : seeds) {
    SCOPED_TRACE(seed_text(seed));
    const Snapshot s = dyadic(seed);
    RandomStream random(seed + 100);
    const std::vector<std::int64_t> order = random_permutation(s.rows, random);
    Snapshot shuffled(s.rows, s.cols);
    for (std::size_t i = 0; i < s.rows; ++i) {
      const auto from = static_cast<std::size_t>(order[i]);
      for (std::size_t k = 0; k < s.cols; ++k) shuffled.at(i, k) = s.at(from, k);
      shuffled.labels[i] = s.labels[from];
    }
    expect_equal(estimate(shuffled, noises), estimate(s, noises));
  }
}

// (3/5, 4/5) turns multiples of 5/32 into multiples of 1/32; then the features change places, one
// with its sign.
TEST_P(PairwiseLaws, RotationDoesNotMatter) {
  for (const std::uint64_t seed : seeds) {
    SCOPED_TRACE(seed_text(seed));
    Snapshot s = dyadic(seed);
    for (float& value : s.values) value *= 5;
    Snapshot turned(s.rows, s.cols);
    turned.labels = s.labels;
    for (std::size_t i = 0; i < s.rows; ++i) {
      for (std::size_t k = 0; k < s.cols; k += 2) {
        const double x = s.at(i, k);
        const double y = s.at(i, k + 1);
        turned.at(i, (k + 3) % s.cols) = static_cast<float>((3 * x - 4 * y) / 5);
        turned.at(i, (k + 4) % s.cols) = static_cast<float>(-(4 * x + 3 * y) / 5);
      }
    }
    expect_equal(estimate(turned, {0.1, 1, 10, 100}), estimate(s, {0.1, 1, 10, 100}));
  }
}

TEST_P(PairwiseLaws, TranslationDoesNotMatter) {
  for (const std::uint64_t seed : seeds) {
    SCOPED_TRACE(seed_text(seed));
    const Snapshot s = dyadic(seed);
    Snapshot moved = s;
    for (std::size_t i = 0; i < s.rows; ++i) {
      for (std::size_t k = 0; k < s.cols; ++k) moved.at(i, k) += k % 2 == 0 ? 4096.0f : -1024.0f;
    }
    expect_equal(estimate(moved, noises), estimate(s, noises));
  }
}

TEST_P(PairwiseLaws, FeaturesThatAreTheSameEverywhereDoNotMatter) {
  for (const std::uint64_t seed : seeds) {
    SCOPED_TRACE(seed_text(seed));
    const Snapshot s = dyadic(seed);
    for (const std::size_t more : {1U, 6U}) {  // of seven, of twelve: left out only there
      Snapshot wider(s.rows, s.cols + more);
      wider.labels = s.labels;
      for (std::size_t i = 0; i < s.rows; ++i) {
        for (std::size_t k = 0; k < wider.cols; ++k)
          wider.at(i, k) = k < more ? static_cast<float>(k) : s.at(i, k - more);
      }
      expect_equal(estimate(wider, noises), estimate(s, noises));
    }
  }
}

TEST_P(PairwiseLaws, ScalingTheLayerIsScalingTheNoise) {
  for (const std::uint64_t seed : seeds) {
    SCOPED_TRACE(seed_text(seed));
    const Snapshot s = dyadic(seed);
    for (const int factor : {2, 3, 100}) {
      Snapshot scaled = s;
      for (float& value : scaled.values) value *= static_cast<float>(factor);
      std::vector<double> narrower;
      for (const double sigma2 : noises) narrower.push_back(sigma2 / (factor * factor));
      expect_equal(estimate(scaled, noises), estimate(s, narrower));
    }
  }
}

TEST_P(PairwiseLaws, RepeatingEveryRowChangesNothing) {
  for (const std::uint64_t seed : seeds) {
    SCOPED_TRACE(seed_text(seed));
    const Snapshot s = random_dyadic_snapshot(100, 3, 1.0 / 32, 3, seed);
    Snapshot thrice(3 * s.rows, s.cols);
    for (std::size_t i = 0; i < thrice.rows; ++i) {
      for (std::size_t k = 0; k < s.cols; ++k) thrice.at(i, k) = s.at(i % s.rows, k);
      thrice.labels[i] = s.labels[i % s.rows];
    }
    expect_equal(estimate(thrice, noises), estimate(s, noises));
  }
}

TEST_P(PairwiseLaws, MoreNoiseLessInformation) {
  for (const std::uint64_t seed : seeds) {
    SCOPED_TRACE(seed_text(seed));
    std::vector<double> sigma2;
    for (int i = 0; i < 30; ++i) sigma2.push_back(1e-4 * std::pow(1.8, i));
    const auto estimates = estimate(dyadic(seed), sigma2);
    for (std::size_t i = 1; i < estimates.size(); ++i) {
      EXPECT_LE(estimates[i].kl.xt, estimates[i - 1].kl.xt + tolerance());
      EXPECT_LE(estimates[i].bd.xt, estimates[i - 1].bd.xt + tolerance());
    }
    EXPECT_GT(estimates.front().kl.xt, estimates.back().kl.xt + 1);
  }
}

TEST_P(PairwiseLaws, BdIsKlAtFourTimesTheNoise) {
  for (const std::uint64_t seed : seeds) {
    SCOPED_TRACE(seed_text(seed));
    const Snapshot s = dyadic(seed);
    for (const double sigma2 : noises) {
      const PairwiseEstimate narrow = estimate(s, {sigma2})[0];
      const PairwiseEstimate wide = estimate(s, {4 * sigma2})[0];
      EXPECT_NEAR(narrow.bd.xt, wide.kl.xt, tolerance());
      EXPECT_NEAR(narrow.bd.ty, wide.kl.ty, tolerance());
      EXPECT_GE(narrow.kl.xt, narrow.bd.xt - tolerance());
    }
  }
}

/// H of a list of things in bits.
template <class Thing>
double entropy_bits(const std::vector<Thing>& things) {
  std::map<Thing, double> counts;
  for (const Thing& thing : things) counts[thing] += 1;
  double bits = 0;
  for (const auto& [thing, count] : counts) {
    const double p = count / static_cast<double>(things.size());
    bits -= p * std::log2(p);
  }
  return bits;
}

// Rows that differ, differ by 1/32 or more: at sigma2 = 1e-8 the kernel between them is
// exp(-2^-10 / 8e-8) = exp(-12207) = 0.
TEST_P(PairwiseLaws, WithoutNoiseTheEntropyOfTheDistinctRows) {
  for (const std::uint64_t seed : seeds) {
    SCOPED_TRACE(seed_text(seed));
    Snapshot s = random_dyadic_snapshot(200, 2, 1.0 / 32, 3, seed);
    for (float& value : s.values) value = std::floor(value * 2) / 2;  // 8 x 8 distinct rows or so
    std::vector<std::pair<float, float>> rows;
    std::vector<std::pair<std::pair<float, float>, std::int32_t>> rows_with_label;
    for (std::size_t i = 0; i < s.rows; ++i) {
      rows.emplace_back(s.at(i, 0), s.at(i, 1));
      rows_with_label.emplace_back(rows.back(), s.labels[i]);
    }
    const double row_bits = entropy_bits(rows);
    const double row_label_bits = entropy_bits(s.labels) + row_bits - entropy_bits(rows_with_label);
    ASSERT_LT(row_bits, std::log2(200) - 0.5) << "few rows are equal: the test says little";
    const PairwiseEstimate estimated = estimate(s, {1e-8})[0];
    EXPECT_NEAR(estimated.kl.xt, row_bits, tolerance());
    EXPECT_NEAR(estimated.bd.xt, row_bits, tolerance());
    EXPECT_NEAR(estimated.kl.ty, row_label_bits, tolerance());
    EXPECT_NEAR(estimated.bd.ty, row_label_bits, tolerance());
  }
}

// -log2 of a mean of exp(-d / (2 sigma2)) is at most the mean of d / (2 sigma2 ln 2) (Jensen), and
// d <= 6 * 4^2 = 96 here: 7e-9 bits at sigma2 = 1e10.
TEST_P(PairwiseLaws, UnderEndlessNoiseNothing) {
  for (const std::uint64_t seed : seeds) {
    SCOPED_TRACE(seed_text(seed));
    const PairwiseEstimate estimated = estimate(dyadic(seed), {1e10})[0];
    EXPECT_NEAR(estimated.kl.xt, 0, 7e-9 + tolerance());
    EXPECT_NEAR(estimated.bd.xt, 0, 7e-9 + tolerance());
    EXPECT_NEAR(estimated.kl.ty, 0, 7e-9 + tolerance());
    EXPECT_NEAR(estimated.bd.ty, 0, 7e-9 + tolerance());
  }
}

}  // namespace
}  // namespace infoplane::test
