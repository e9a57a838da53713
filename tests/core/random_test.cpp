#include "core/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <set>
#include <string>
#include <vector>

// Bounds on means are five standard errors: the seeds are fixed, so a test that passes stays
// passed.

namespace infoplane::test {
namespace {

constexpr std::uint64_t seeds[] = {1, 20260101, 0xfedcba9876543210U};
constexpr int draws = 100'000;

std::string seed_text(std::uint64_t seed) { return "seed " + std::to_string(seed); }

// By an independent xoshiro256++ and splitmix64 in Python. A change here changes every trial.
TEST(RandomStream, KnownBits) {
  struct Known {
    std::uint64_t seed, first, second, third, thousandth;
  };
  for (const Known& known : {Known{0, 0x53175d61490b23dfU, 0x61da6f3dc380d507U, 0x5c0fdf91ec9a7bfcU,
                                   0x376300fa032f6483U},
                             Known{1, 0xcfc5d07f6f03c29bU, 0xbf424132963fe08dU, 0x19a37d5757aaf520U,
                                   0x92d52100f9e1da0dU},
                             Known{0xffffffffffffffffU, 0x56ccf8ce948e27b2U, 0xe68588432e5a5b90U,
                                   0xe3e9b5a48119ca8bU, 0x6e67f58f11f35060U}}) {
    SCOPED_TRACE(seed_text(known.seed));
    RandomStream random(known.seed);
    EXPECT_EQ(random.bits(), known.first);
    EXPECT_EQ(random.bits(), known.second);
    EXPECT_EQ(random.bits(), known.third);
    for (int i = 4; i < 1000; ++i) random.bits();
    EXPECT_EQ(random.bits(), known.thousandth);
  }
}

TEST(RandomStream, KnownUniforms) {
  RandomStream random(42);
  EXPECT_EQ(random.uniform(), 0.8143051451229099);
  EXPECT_EQ(random.uniform(), 0.3188210400616611);
  EXPECT_EQ(random.uniform(), 0.9838941681774888);
}

// log and cos of the C library may differ in the last bit.
TEST(RandomStream, KnownNormals) {
  RandomStream random(42);
  EXPECT_NEAR(random.normal(), -0.7689930538210061, 1e-14);
  EXPECT_NEAR(random.normal(), -0.8684461074702454, 1e-14);
  EXPECT_NEAR(random.normal(), -1.5109749830006707, 1e-14);
}

TEST(RandomStream, KnownWholeNumbers) {
  RandomStream random(42);
  for (const std::uint64_t known : {8, 3, 9, 7, 7, 5, 1, 6, 2, 9, 5, 8})
    EXPECT_EQ(random.below(10), known);
}

TEST(RandomPermutation, KnownOrder) {
  RandomStream random(42);
  EXPECT_EQ(random_permutation(10, random),
            (std::vector<std::int64_t>{5, 3, 1, 0, 9, 6, 4, 7, 2, 8}));
}

TEST(RandomStream, CopyGoesOnAlike) {
  RandomStream one(7);
  one.bits();
  RandomStream other = one;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(one.bits(), other.bits());
}

TEST(RandomStream, UniformMoments) {
  for (const std::uint64_t seed : seeds) {
    SCOPED_TRACE(seed_text(seed));
    RandomStream random(seed);
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < draws; ++i) {
      const double u = random.uniform();
      ASSERT_GE(u, 0);
      ASSERT_LT(u, 1);
      sum += u;
      squares += (u - 0.5) * (u - 0.5);
    }
    EXPECT_NEAR(sum / draws, 0.5, 5 * std::sqrt(1.0 / 12 / draws));
    EXPECT_NEAR(squares / draws, 1.0 / 12, 5 * std::sqrt((1.0 / 80 - 1.0 / 144) / draws));
  }
}

TEST(RandomStream, NormalMoments) {
  for (const std::uint64_t seed : seeds) {
    SCOPED_TRACE(seed_text(seed));
    RandomStream random(seed);
    double moments[5] = {};
    int beyond_two = 0;
    for (int i = 0; i < draws; ++i) {
      const double x = random.normal();
      ASSERT_TRUE(std::isfinite(x));
      for (int k = 1; k <= 4; ++k) moments[k] += std::pow(x, k) / draws;
      beyond_two += std::abs(x) > 2 ? 1 : 0;
    }
    EXPECT_NEAR(moments[1], 0, 5 * std::sqrt(1.0 / draws));
    EXPECT_NEAR(moments[2], 1, 5 * std::sqrt(2.0 / draws));
    EXPECT_NEAR(moments[3], 0, 5 * std::sqrt(15.0 / draws));
    EXPECT_NEAR(moments[4], 3, 5 * std::sqrt(96.0 / draws));
    const double p = std::erfc(std::sqrt(2.0));
    EXPECT_NEAR(beyond_two / static_cast<double>(draws), p, 5 * std::sqrt(p * (1 - p) / draws));
  }
}

// Variance of a standard normal cut at +-2: 1 - 4 phi(2) / (2 Phi(2) - 1) = 0.7737; its fourth
// moment stays below 3, so the standard error of the squares below sqrt(3 / draws).
TEST(RandomStream, TruncatedNormalMoments) {
  for (const std::uint64_t seed : seeds) {
    SCOPED_TRACE(seed_text(seed));
    RandomStream random(seed);
    double sum = 0;
    double squares = 0;
    double largest = 0;
    for (int i = 0; i < draws; ++i) {
      const double x = random.truncated_normal();
      ASSERT_LE(std::abs(x), 2);
      sum += x;
      squares += x * x;
      largest = std::max(largest, std::abs(x));
    }
    EXPECT_NEAR(sum / draws, 0, 5 * std::sqrt(1.0 / draws));
    EXPECT_NEAR(squares / draws, 0.7737413, 5 * std::sqrt(3.0 / draws));
    EXPECT_GT(largest, 1.99);
  }
}

/// Sum of (observed - expected)^2 / expected for equally likely cells.
double chi_squared(const std::vector<int>& counts) {
  const int total = std::accumulate(counts.begin(), counts.end(), 0);
  const double expected = static_cast<double>(total) / static_cast<double>(counts.size());
  double sum = 0;
  for (const int count : counts) sum += (count - expected) * (count - expected) / expected;
  return sum;
}

/// Chi-squared with k - 1 degrees of freedom has mean k - 1 and variance 2 (k - 1).
void expect_even(const std::vector<int>& counts) {
  const auto freedom = static_cast<double>(counts.size() - 1);
  EXPECT_LT(chi_squared(counts), freedom + 5 * std::sqrt(2 * freedom) + 10);
}

TEST(RandomStream, BelowIsEven) {
  for (const std::uint64_t seed : seeds) {
    for (const std::size_t bound : {2, 3, 6, 10, 1000}) {
      SCOPED_TRACE(seed_text(seed) + ", below " + std::to_string(bound));
      RandomStream random(seed);
      std::vector<int> counts(bound);
      for (int i = 0; i < draws; ++i) ++counts.at(random.below(bound));
      expect_even(counts);
    }
  }
}

// For 3 * 2^62 the remainder bits() % bound would take the low third half of the time, and the high
// word of bits() * bound without rejection multiples of 3 half of the time.
TEST(RandomStream, BelowIsEvenForHugeBounds) {
  for (const std::uint64_t seed : seeds) {
    SCOPED_TRACE(seed_text(seed));
    const std::uint64_t bound = std::uint64_t{3} << 62;
    RandomStream random(seed);
    std::vector<int> thirds(3);
    std::vector<int> remainders(3);
    for (int i = 0; i < draws; ++i) {
      const std::uint64_t x = random.below(bound);
      ASSERT_LT(x, bound);
      ++thirds[x >> 62];
      ++remainders[x % 3];
    }
    expect_even(thirds);
    expect_even(remainders);
  }
}

TEST(RandomStream, BelowOneIsZero) {
  SCOPED_TRACE(seed_text(5));
  RandomStream random(5);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(random.below(1), 0u);
  EXPECT_LT(random.below(std::numeric_limits<std::uint64_t>::max()),
            std::numeric_limits<std::uint64_t>::max());
}

TEST(RandomPermutation, NamesEachOnce) {
  SCOPED_TRACE(seed_text(11));
  RandomStream random(11);
  for (const std::size_t count : {0, 1, 2, 3, 100, 4096}) {
    std::vector<std::int64_t> order = random_permutation(count, random);
    ASSERT_EQ(order.size(), count);
    std::sort(order.begin(), order.end());
    for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(order[i], static_cast<std::int64_t>(i));
  }
}

TEST(RandomPermutation, AllOrdersAreEquallyLikely) {
  for (const std::uint64_t seed : seeds) {
    SCOPED_TRACE(seed_text(seed));
    RandomStream random(seed);
    std::vector<int> counts(24);
    for (int i = 0; i < draws / 4; ++i) {
      const std::vector<std::int64_t> order = random_permutation(4, random);
      std::size_t rank = 0;
      for (std::size_t a = 0; a < 4; ++a) {
        std::size_t smaller_later = 0;
        for (std::size_t b = a + 1; b < 4; ++b) smaller_later += order[b] < order[a] ? 1 : 0;
        rank = rank * (4 - a) + smaller_later;
      }
      ++counts.at(rank);
    }
    expect_even(counts);
  }
}

// Every stored result depends on these.
TEST(DeriveSeed, KnownSeeds) {
  EXPECT_EQ(derive_seed(0, {}), 0xc77b3abb6f87acd9U);
  EXPECT_EQ(derive_seed(1, {}), 0x2fbc593564db792eU);
  EXPECT_EQ(derive_seed(1, {"trial", "1", "weights"}), 0xc3036c06c9f52929U);
  EXPECT_EQ(derive_seed(1, {"trial", "1", "split"}), 0x612df42388c125ceU);
  EXPECT_EQ(derive_seed(2, {"trial", "1", "split"}), 0xdb1fd42cbde8ae89U);
}

TEST(DeriveSeed, WordsKeepTheirEnds) {
  const std::set<std::uint64_t> derived{derive_seed(1, {"ab", "c"}), derive_seed(1, {"a", "bc"}),
                                        derive_seed(1, {"abc"}),     derive_seed(1, {"abc", ""}),
                                        derive_seed(1, {"", "abc"}), derive_seed(1, {"c", "ab"}),
                                        derive_seed(1, {}),          derive_seed(1, {""})};
  EXPECT_EQ(derived.size(), 8u);
}

TEST(DeriveSeed, NeighbouringRootsAreUnrelated) {
  std::set<std::uint64_t> derived;
  double bits = 0;
  for (std::uint64_t root = 0; root < 1000; ++root) {
    const std::uint64_t seed = derive_seed(root, {"weights"});
    derived.insert(seed);
    for (int bit = 0; bit < 64; ++bit) bits += static_cast<double>(seed >> bit & 1);
  }
  EXPECT_EQ(derived.size(), 1000u);
  EXPECT_NEAR(bits / 64000, 0.5, 5 * std::sqrt(0.25 / 64000));
}

}  // namespace
}  // namespace infoplane::test
