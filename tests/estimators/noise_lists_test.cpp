#include "estimators/detail/noise_ladder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "estimators/snapshot.hpp"

namespace infoplane::test {
namespace {

using detail::NoiseLadder;
using detail::NoiseWidth;

std::vector<double> grid(double first, double ratio, std::size_t count) {
  std::vector<double> sigma2;
  for (std::size_t i = 0; i < count; ++i) {
    sigma2.push_back(first * std::pow(ratio, static_cast<double>(i)));
  }
  return sigma2;
}

// A grid of factor 2 needs widths of 14 exponents in a row, 12 of its own and 2 more of BD: an
// anchor stands at every seventh.
TEST(NoiseLists, GridOfFactorTwo) {
  for (int exponent = -30; exponent < 10; ++exponent) {
    SCOPED_TRACE("2^" + std::to_string(exponent));
    const std::vector<double> sigma2 = grid(std::ldexp(1.3, exponent), 2, 12);
    std::set<int> anchors;
    for (int e = exponent + 1; e < exponent + 1 + 14; ++e) {  // frexp counts from 1/2
      anchors.insert(static_cast<int>(std::ceil(e / 7.0)));
    }
    EXPECT_EQ(pairwise_exponentials(sigma2), anchors.size());
    EXPECT_LE(pairwise_exponentials(sigma2), 3u);
    EXPECT_EQ(NoiseLadder(sigma2).widths.size(), 14u);
  }
}

TEST(NoiseLists, KlAndBdShareAnExponentialAtPowersOfTen) {
  for (const double sigma2 : {1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0}) {
    EXPECT_EQ(pairwise_exponentials({sigma2}), 1u) << sigma2;
  }
  EXPECT_EQ(pairwise_exponentials({1e-3, 1e-2, 1e-1}), 3u);
}

TEST(NoiseLists, GridOfFactorFour) {
  const std::vector<double> sigma2 = grid(0.3, 4, 6);
  EXPECT_EQ(NoiseLadder(sigma2).widths.size(), 7u);
  EXPECT_LE(pairwise_exponentials(sigma2), 3u);
}

TEST(NoiseLists, EveryWidthIsItsChainSquared) {
  for (const double first : {1e-300, 3e-40, 1e-6, 0.7, 1e12, 1e270}) {
    for (const double ratio : {1.5, 2.0, 4.0, 10.0}) {
      const std::vector<double> sigma2 = grid(first, ratio, 12);
      const NoiseLadder ladder(sigma2);
      ASSERT_EQ(ladder.kl.size(), sigma2.size());
      ASSERT_EQ(ladder.bd.size(), sigma2.size());
      for (std::size_t i = 0; i < sigma2.size(); ++i) {
        if (4 * sigma2[i] > 1e280) continue;
        EXPECT_EQ(ladder.widths[ladder.kl[i]].variance, sigma2[i]);
        EXPECT_EQ(ladder.widths[ladder.bd[i]].variance, 4 * sigma2[i]);
      }
      std::set<std::size_t> in_chains;
      for (std::size_t c = 0; c < ladder.chains.size(); ++c) {
        EXPECT_TRUE(std::is_sorted(ladder.chains[c].widths.begin(), ladder.chains[c].widths.end()));
        for (const std::size_t width : ladder.chains[c].widths) {
          EXPECT_TRUE(in_chains.insert(width).second);
          EXPECT_EQ(ladder.widths[width].chain, c);
        }
      }
      EXPECT_EQ(in_chains.size(), ladder.widths.size());
      for (std::size_t w = 0; w < ladder.widths.size(); ++w) {
        const NoiseWidth& width = ladder.widths[w];
        if (w > 0) {
          EXPECT_LT(width.variance, ladder.widths[w - 1].variance);
        }
        EXPECT_GE(width.squarings, 0);
        EXPECT_LT(width.squarings, detail::ladder_rungs);
        const double factor = ladder.chains[width.chain].factor;
        EXPECT_NEAR(std::ldexp(factor, width.squarings) * 2 * width.variance * std::log(2.0), 1,
                    1e-15);
      }
    }
  }
}

/// A layer in which tiles are dropped, counted as constant, mended and shared by classes. With
/// `repeated` some rows are equal, so that all have weights.
Snapshot varied(std::size_t features, bool repeated, std::uint64_t seed) {
  RandomStream random(seed);
  Snapshot s(420, features);
  for (std::size_t i = 0; i < s.rows; ++i) {
    const double scale = i % 3 == 0 ? 1e-5 : i % 3 == 1 ? 0.1 : 1;
    const double offset = static_cast<double>(i % 3) * 4;
    for (std::size_t k = 0; k < features; ++k) {
      s.at(i, k) = static_cast<float>(offset + scale * random.normal());
    }
    s.labels[i] = static_cast<std::int32_t>(random.uniform() < 0.1 ? random.below(20) : i % 2);
    if (repeated && i % 10 == 9) {
      for (std::size_t k = 0; k < features; ++k) s.at(i, k) = s.at(i - 3, k);
      s.labels[i] = s.labels[i - 3];
    }
  }
  return s;
}

void expect_same_bits(const PairwiseEstimate& a, const PairwiseEstimate& b) {
  EXPECT_EQ(a.sigma2, b.sigma2);
  EXPECT_EQ(a.kl.xt, b.kl.xt);
  EXPECT_EQ(a.kl.ty, b.kl.ty);
  EXPECT_EQ(a.bd.xt, b.bd.xt);
  EXPECT_EQ(a.bd.ty, b.bd.ty);
  EXPECT_EQ(a.error_bits, b.error_bits);
}

/// Values of any noise alone, and in any company: grids, unrelated ones, itself again, in any
/// order.
void expect_no_dependence(const Snapshot& s, RandomStream& random) {
  std::vector<double> pool = grid(1e-6, 2, 12);
  for (const double sigma2 : grid(1e-4, 10, 8)) pool.push_back(sigma2);
  for (const double sigma2 : grid(0.03, 2, 12)) pool.push_back(sigma2);
  for (const double sigma2 : {1e-30, 0.017, 0.5, 2.0, 1e20}) pool.push_back(sigma2);
  std::vector<PairwiseEstimate> alone;
  for (const double sigma2 : pool) alone.push_back(fast(s, {sigma2})[0]);
  for (int list = 0; list < 12; ++list) {
    std::vector<std::size_t> chosen(list == 0 ? pool.size() : 1 + random.below(14));
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      chosen[i] = list == 0 ? i : random.below(pool.size());
    }
    std::vector<double> sigma2;
    for (const std::size_t i : chosen) sigma2.push_back(pool[i]);
    const auto together = fast(s, sigma2);
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      SCOPED_TRACE("sigma2 = " + std::to_string(sigma2[i]) + " in list " + std::to_string(list));
      expect_same_bits(together[i], alone[chosen[i]]);
    }
  }
}

TEST(NoiseLists, ValuesDependOnNoOtherNoise) {
#ifdef NDEBUG
  const std::vector<std::size_t> widths{1, 3, 20, 70};
#else
  const std::vector<std::size_t> widths{1, 3,
                                        20};  // sanitizers make wide ones a hundred times slower
#endif
  for (const std::size_t features : widths) {
    for (const bool repeated : {true, false}) {
      const std::uint64_t seed = 300 + 2 * features + (repeated ? 1 : 0);
      SCOPED_TRACE(seed_text(seed));
      RandomStream random(seed);
      expect_no_dependence(varied(features, repeated, seed), random);
    }
  }
}

TEST(NoiseLists, BdIsKlAtFourTimesTheNoiseBitForBit) {
  const std::uint64_t seed = 17;
  SCOPED_TRACE(seed_text(seed));
  const Snapshot s = varied(3, true, seed);
  for (const double sigma2 : {1e-6, 1e-3, 0.5, 3.0, 1e3}) {
    EXPECT_EQ(fast(s, {sigma2})[0].bd.xt, fast(s, {4 * sigma2})[0].kl.xt);
    EXPECT_EQ(fast(s, {sigma2})[0].bd.ty, fast(s, {4 * sigma2})[0].kl.ty);
  }
}

}  // namespace
}  // namespace infoplane::test
