#include "comm/work_ranges.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <string>
#include <vector>

#include "core/random.hpp"

namespace infoplane::test {
namespace {

constexpr RangeLimits no_limits{0, 1e300};

std::vector<std::size_t> sizes_of(const std::vector<WorkRange>& ranges) {
  std::vector<std::size_t> sizes;
  for (const WorkRange& range : ranges) sizes.push_back(range.end - range.begin);
  return sizes;
}

/// How long `ranks` ranks take that get one range after the other, each as soon as it is free, when
/// pieces really take `real_s`.
double wall_s(const std::vector<WorkRange>& ranges, const std::vector<double>& real_s, int ranks) {
  std::vector<double> busy_until(static_cast<std::size_t>(ranks), 0.0);
  for (const WorkRange& range : ranges) {
    double& first_free = *std::min_element(busy_until.begin(), busy_until.end());
    for (std::size_t p = range.begin; p < range.end; ++p) first_free += real_s[p];
  }
  return *std::max_element(busy_until.begin(), busy_until.end());
}

TEST(WorkRanges, ExampleOfTheHeader) {
  EXPECT_EQ(sizes_of(shrinking_ranges(std::vector<double>(16, 1.0), 2, no_limits)),
            (std::vector<std::size_t>{4, 3, 2, 2, 1, 1, 1, 1, 1}));
}

TEST(WorkRanges, NothingGivesNothing) { EXPECT_TRUE(shrinking_ranges({}, 4).empty()); }

TEST(WorkRanges, LimitsHold) {
  EXPECT_EQ(sizes_of(shrinking_ranges(std::vector<double>(12, 1.0), 1, {2, 4})),
            (std::vector<std::size_t>{4, 4, 2, 2}));
  EXPECT_EQ(sizes_of(shrinking_ranges({0, 0, 0}, 3)), (std::vector<std::size_t>{3}))
      << "work that takes no time is one ticket";
}

TEST(WorkRanges, EveryPieceOnceAndInOrder) {
  constexpr std::uint64_t seed = 5;
  SCOPED_TRACE("seed " + std::to_string(seed));
  RandomStream random(seed);
  for (int ranks = 1; ranks <= 64; ranks *= 2) {
    std::vector<double> costs(1 + random.below(300));
    for (double& cost : costs) cost = random.uniform();
    std::size_t at = 0;
    for (const WorkRange& range : shrinking_ranges(costs, ranks)) {
      EXPECT_EQ(range.begin, at);
      EXPECT_GT(range.end, range.begin);
      const auto first = costs.begin();
      EXPECT_NEAR(range.cost_s,
                  std::accumulate(first + static_cast<std::ptrdiff_t>(range.begin),
                                  first + static_cast<std::ptrdiff_t>(range.end), 0.0),
                  1e-9);
      at = range.end;
    }
    EXPECT_EQ(at, costs.size());
  }
}

// Small and large runs, on any number of ranks, with times a factor of two from the prediction.
TEST(WorkRanges, AllRanksEndAboutTogether) {
  constexpr std::uint64_t seed = 6;
  SCOPED_TRACE("seed " + std::to_string(seed));
  RandomStream random(seed);
  for (const std::size_t pieces : {200, 2000, 20000}) {
    std::vector<double> predicted(pieces, 0.005);
    std::vector<double> real(pieces);
    for (double& s : real) s = 0.005 * (0.5 + 1.5 * random.uniform());
    const double all = std::accumulate(real.begin(), real.end(), 0.0);
    for (const int ranks : {1, 2, 3, 7}) {
      const double even = all / ranks;
      EXPECT_LT(wall_s(shrinking_ranges(predicted, ranks), real, ranks), 1.02 * even + 0.02)
          << pieces << " pieces on " << ranks << " ranks";
    }
  }
}

// Asking costs about half a millisecond: it has to stay a small share.
TEST(WorkRanges, AsksSeldom) {
  const double all = 20000 * 0.005;
  for (const int ranks : {1, 2, 7}) {
    const auto tickets = shrinking_ranges(std::vector<double>(20000, 0.005), ranks).size();
    EXPECT_LT(static_cast<double>(tickets) * 0.5e-3, 0.01 * all) << ranks << " ranks";
  }
}

}  // namespace
}  // namespace infoplane::test
