#include "estimators/detail/noise_ladder.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "estimators/pairwise.hpp"

namespace infoplane::detail {
namespace {

std::vector<double> doubling(double from, std::size_t count) {
  std::vector<double> grid{from};
  while (grid.size() < count) grid.push_back(2 * grid.back());
  return grid;
}

TEST(NoiseLadder, EveryWidthHasItsKernel) {
  const std::vector<double> sigma2{1e-3, 0.1, 0.2, 0.4, 1.0, 3.0, 7e5, 1e-6};
  const NoiseLadder ladder(sigma2);
  for (std::size_t s = 0; s < sigma2.size(); ++s) {
    for (const auto& [width, variance] :
         {std::pair<std::size_t, double>{ladder.kl[s], sigma2[s]}, {ladder.bd[s], 4 * sigma2[s]}}) {
      EXPECT_EQ(ladder.widths[width].variance, variance);
      const NoiseChain& chain = ladder.chains[ladder.widths[width].chain];
      // exp(-d / (2 variance)) = 2^(-factor 2^squarings d)
      EXPECT_NEAR(chain.factor * std::exp2(ladder.widths[width].squarings) * 2 * variance,
                  1 / std::log(2.0), 1e-14);
      EXPECT_GE(ladder.widths[width].squarings, 0);
      EXPECT_LT(ladder.widths[width].squarings, ladder_rungs);
    }
  }
  for (std::size_t w = 1; w < ladder.widths.size(); ++w) {
    EXPECT_GT(ladder.widths[w - 1].variance, ladder.widths[w].variance) << "widest first";
  }
  for (const NoiseChain& chain : ladder.chains) {
    for (std::size_t i = 1; i < chain.widths.size(); ++i) {
      EXPECT_LT(ladder.widths[chain.widths[i - 1]].squarings,
                ladder.widths[chain.widths[i]].squarings);
    }
  }
}

TEST(NoiseLadder, PowersOfTwoApartShareExponentials) {
  // 12 sigma2 have 14 widths, which lie between at most three anchors.
  for (const double from : {1e-3, 0.1, 0.25, 1.0}) {
    const NoiseLadder ladder(doubling(from, 12));
    EXPECT_EQ(ladder.widths.size(), 14U);
    EXPECT_LE(ladder.chains.size(), 3U);
    EXPECT_EQ(pairwise_exponentials(doubling(from, 12)), ladder.chains.size());
  }
  EXPECT_EQ(pairwise_exponentials({0.5}), 2U) << "2^-1 and 2^1: an anchor lies at 2^0";
  EXPECT_EQ(pairwise_exponentials({0.1}), 1U);
  EXPECT_EQ(pairwise_exponentials({0.1, 0.12, 0.15}), 3U) << "nothing to share";
  EXPECT_EQ(pairwise_exponentials({0.1, 0.1, 0.1}), 1U);
  EXPECT_EQ(pairwise_exponentials({}), 0U);
}

TEST(NoiseLadder, TheEndsOfFloat64) {
  for (const double sigma2 :
       {std::numeric_limits<double>::denorm_min(), std::numeric_limits<double>::min(),
        std::numeric_limits<double>::max()}) {
    const NoiseLadder ladder({sigma2});
    for (const NoiseChain& chain : ladder.chains) {
      EXPECT_TRUE(std::isfinite(chain.factor)) << sigma2;
      EXPECT_GE(chain.factor, 0) << sigma2;
    }
  }
}

}  // namespace
}  // namespace infoplane::detail
