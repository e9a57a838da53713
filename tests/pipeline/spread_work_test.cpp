#include "pipeline/spread_work.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <numeric>
#include <string>
#include <vector>

#include "core/random.hpp"

namespace infoplane::test {
namespace {

using Places = std::vector<std::size_t>;

/// Every piece once: cut, or in one ticket.
void expect_all_once(const SpreadWork& spread, std::size_t pieces) {
  Places all = spread.cut;
  std::size_t at = 0;
  for (const WorkRange& ticket : spread.tickets) {
    EXPECT_EQ(ticket.begin, at);
    for (; at < ticket.end; ++at) all.push_back(spread.whole[at]);
  }
  std::sort(all.begin(), all.end());
  Places expected(pieces);
  std::iota(expected.begin(), expected.end(), std::size_t{0});
  EXPECT_EQ(all, expected);
}

/// When the last rank ends, if predictions are right and asking costs nothing.
double wall_s(const SpreadWork& spread, const std::vector<double>& cost_s, int ranks) {
  double cut_s = 0;
  for (const std::size_t i : spread.cut) cut_s += cost_s[i] / ranks;
  std::vector<double> ends(static_cast<std::size_t>(ranks), cut_s);
  for (const WorkRange& ticket : spread.tickets)
    *std::min_element(ends.begin(), ends.end()) += ticket.cost_s;
  return *std::max_element(ends.begin(), ends.end());
}

TEST(SpreadWork, ExamplesOfTheHeader) {
  EXPECT_EQ(spread_work(std::vector<double>(8, 1.0), 2).cut, Places{});
  EXPECT_EQ(spread_work(std::vector<double>(9, 1.0), 2).cut, Places{0});
  EXPECT_EQ(spread_work(std::vector<double>(200, 1.0), 2).cut, Places{});
}

TEST(SpreadWork, OneRankCutsNothing) {
  EXPECT_EQ(spread_work({100, 1, 1}, 1).cut, Places{});
  expect_all_once(spread_work({1, 100, 1}, 1), 3);
}

TEST(SpreadWork, TheLongestIsCutWhenItKeepsTheOthersWaiting) {
  const SpreadWork spread = spread_work({1, 1, 10, 1, 1}, 2);
  EXPECT_EQ(spread.cut, Places{2});
  EXPECT_EQ(spread.whole, (Places{0, 1, 3, 4}));
  EXPECT_EQ(spread_work({1, 1, 4, 1, 1}, 2).cut, Places{}) << "the others fill the time";
}

TEST(SpreadWork, ShortOnesAreNotWorthIt) {
  EXPECT_EQ(spread_work({0.049}, 4).cut, Places{});
  EXPECT_EQ(spread_work({0.051}, 4).cut, Places{0});
}

TEST(SpreadWork, CutsAllThatMayBeCutWhenAsked) {
  const SpreadWork spread = spread_work({0.001, 3, 2, 0.5}, 1, {0.01, -1});
  EXPECT_EQ(spread.cut, (Places{1, 2, 3}));
  EXPECT_EQ(spread.whole, Places{0});
}

TEST(SpreadWork, Nothing) {
  const SpreadWork spread = spread_work({}, 3);
  EXPECT_TRUE(spread.cut.empty() && spread.whole.empty() && spread.tickets.empty());
}

TEST(SpreadWork, RanksEndTogetherWhateverTheWork) {
  constexpr std::uint64_t seed = 11;
  SCOPED_TRACE("seed " + std::to_string(seed));
  RandomStream random(seed);
  for (int round = 0; round < 60; ++round) {
    std::vector<double> costs(1 + random.below(120));
    for (double& cost : costs) {
      const double u = random.uniform();
      cost = 0.1 + 30 * u * u * u * u;
    }
    const int ranks = 1 + static_cast<int>(random.below(40));
    SCOPED_TRACE(std::to_string(costs.size()) + " pieces on " + std::to_string(ranks) + " ranks");
    const SpreadWork spread = spread_work(costs, ranks);
    expect_all_once(spread, costs.size());
    const double even = std::accumulate(costs.begin(), costs.end(), 0.0) / ranks;
    EXPECT_LE(wall_s(spread, costs, ranks), 1.10 * even + 0.5);
  }
}

TEST(SpreadWork, ManyPiecesAndRanksTakeNoTime) {
  std::vector<double> costs(300'000, 0.01);
  for (std::size_t i = 0; i < 30'000; ++i) costs[i] = 5 + static_cast<double>(i % 100);
  const auto start = std::chrono::steady_clock::now();
  const SpreadWork spread = spread_work(costs, 4096);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
  expect_all_once(spread, costs.size());
}

}  // namespace
}  // namespace infoplane::test
