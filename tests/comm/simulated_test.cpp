#include "comm/simulated.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/random.hpp"

namespace infoplane::test {
namespace {

constexpr double no_time = 0;
SimulatedRanks at_once(int count) { return {count, no_time, no_time}; }

TEST(Simulated, LongestFirstByHand) {
  // 2 ranks: 5 | 4 3, then 2 to the one that is free at 5, 1 to the one at 7 (rank 0 before 1).
  const std::vector<double> costs{1, 2, 3, 4, 5};
  const auto takes = [&](std::size_t ticket) { return costs[ticket]; };
  const Replay replay = replay_tickets(costs, {}, takes, at_once(2));
  EXPECT_DOUBLE_EQ(replay.busy.wall_s, 8);
  EXPECT_DOUBLE_EQ(replay.busy.ranks[0].busy_s, 8);
  EXPECT_DOUBLE_EQ(replay.busy.ranks[1].busy_s, 7);
  EXPECT_EQ(replay.busy.ranks[0].tickets, 3);
  EXPECT_EQ(replay.busy.ranks[1].tickets, 2);
}

TEST(Simulated, WrongPredictionsDecideTheOrderRightOnesTheTime) {
  const std::vector<double> predicted{1, 2};
  const std::vector<double> real{10, 3};
  const Replay replay = replay_tickets(
      predicted, {}, [&](std::size_t ticket) { return real[ticket]; }, at_once(1));
  EXPECT_DOUBLE_EQ(replay.busy.wall_s, 13);
}

// Rank 1 has trial 1 (3 s) and is done long before rank 0 with trial 0 (10 s): it takes its own
// fillers, those of trial 0 are left.
TEST(Simulated, FillersGoToTheRankThatMayTakeThem) {
  const std::vector<double> costs{10, 3};
  const std::vector<Filler> fillers{{0}, {1}, {1}};
  const Replay replay = replay_tickets(
      costs, fillers, [&](std::size_t ticket) { return ticket < 2 ? costs[ticket] : 2.0; },
      at_once(2));
  EXPECT_EQ(replay.handed_out, (std::vector<bool>{true, true, false, true, true}));
  EXPECT_DOUBLE_EQ(replay.busy.wall_s, 10);
  EXPECT_EQ(replay.busy.ranks[1].fillers, 2);
}

TEST(Simulated, MoreRanksThanTickets) {
  const Replay replay = replay_tickets(
      {1, 1}, {}, [](std::size_t) { return 1.0; }, at_once(5));
  EXPECT_DOUBLE_EQ(replay.busy.wall_s, 1);
  EXPECT_EQ(replay.busy.ranks[4].tickets, 0);
}

// Rank 0 answers one after the other: a thousand ranks that ask at once wait for each other.
TEST(Simulated, RequestsQueueUp) {
  const std::vector<double> costs(1000, 1.0);
  const Replay replay =
      replay_tickets(costs, {}, [](std::size_t) { return 1.0; }, {1000, 0.0, 1e-3});
  EXPECT_NEAR(replay.busy.wall_s, 1.999, 1e-9);
}

/// The share of the time of all ranks that is work.
double efficiency(const BusyLog& busy) {
  double work = 0;
  for (const RankBusy& rank : busy.ranks) work += rank.busy_s;
  return work / (busy.wall_s * static_cast<double>(busy.ranks.size()));
}

/// 20,000 trials whose times are log-normal with a median of a minute.
struct Times {
  double spread;    ///< sigma of the logarithm
  double wrong_by;  ///< sigma of the logarithm of what predictions are wrong by
};

class ManyRanks : public testing::TestWithParam<Times> {
 protected:
  ManyRanks() {
    constexpr std::uint64_t seed = 20241;
    RecordProperty("seed", std::to_string(seed));
    RandomStream random(seed);
    for (int trial = 0; trial < 20000; ++trial) {
      real_.push_back(60 * std::exp(GetParam().spread * random.normal()));
      predicted_.push_back(real_.back() * std::exp(GetParam().wrong_by * random.normal()));
    }
  }
  Replay replay() const {
    return replay_tickets(predicted_, {}, [&](std::size_t ticket) { return real_[ticket]; },
                          {1024});
  }

  std::vector<double> predicted_, real_;
};

TEST_P(ManyRanks, StayBusy) {
  const Replay first = replay();
  // A trial is never cut: no order ends before the longest, nor before all share the work evenly.
  const double longest = *std::max_element(real_.begin(), real_.end());
  const double even = std::accumulate(real_.begin(), real_.end(), 0.0) / 1024;
  EXPECT_LE(first.busy.wall_s, std::max(longest, even) / 0.95);
  if (longest < even) {
    EXPECT_GE(efficiency(first.busy), 0.95);
  }
  EXPECT_EQ(first.busy.wall_s, replay().busy.wall_s);
  std::int64_t tickets = 0;
  for (const RankBusy& rank : first.busy.ranks) tickets += rank.tickets;
  EXPECT_EQ(tickets, 20000);
}

// With a spread of 1 the longest of 20,000 takes longer than a rank's share of all.
INSTANTIATE_TEST_SUITE_P(Times, ManyRanks,
                         testing::Values(Times{0.5, 0}, Times{0.5, 0.2}, Times{0.75, 0},
                                         Times{1, 0}));

}  // namespace
}  // namespace infoplane::test
