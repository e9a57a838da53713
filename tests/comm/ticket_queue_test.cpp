#include "comm/ticket_queue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/random.hpp"

namespace infoplane::test {
namespace {

std::vector<std::size_t> take_all(TicketQueue queue) {
  std::vector<std::size_t> order;
  while (const std::optional<std::size_t> ticket = queue.take()) order.push_back(*ticket);
  return order;
}

TEST(TicketQueue, LongestFirst) {
  EXPECT_EQ(take_all(TicketQueue({3.0, 0.5, 7.0, 4.0})), (std::vector<std::size_t>{2, 3, 0, 1}));
}

TEST(TicketQueue, EqualOnesByTheirNumbers) {
  EXPECT_EQ(take_all(TicketQueue({1, 2, 1, 2, 1, 2})),
            (std::vector<std::size_t>{1, 3, 5, 0, 2, 4}));
  std::vector<std::size_t> numbers(100);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = i;
  EXPECT_EQ(take_all(TicketQueue(std::vector<double>(100, 0.0))), numbers);
}

TEST(TicketQueue, EmptyGivesNothing) {
  TicketQueue queue({});
  EXPECT_EQ(queue.left(), 0u);
  EXPECT_EQ(queue.take(), std::nullopt);
}

TEST(TicketQueue, CountsWhatIsLeftAndStaysEmpty) {
  TicketQueue queue({1.0, 2.0});
  EXPECT_EQ(queue.left(), 2u);
  EXPECT_EQ(queue.take(), 1u);
  EXPECT_EQ(queue.left(), 1u);
  EXPECT_EQ(queue.take(), 0u);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(queue.take(), std::nullopt);
    EXPECT_EQ(queue.left(), 0u);
  }
}

TEST(TicketQueue, PassesOverWhatCostsTooMuch) {
  TicketQueue queue({3.0, 0.5, 7.0, 4.0}, {Filler{}});
  EXPECT_EQ(queue.take(0, 4.0), 3u);
  EXPECT_EQ(queue.take(0, 1.0), 1u);
  EXPECT_EQ(queue.take(0, 1.0), 4u) << "a filler instead";
  EXPECT_EQ(queue.take(0, 1.0), std::nullopt);
  EXPECT_EQ(queue.left(), 2u);
  EXPECT_EQ(queue.highest_left(), 7.0);
  EXPECT_EQ(queue.take(0, 3.0), 0u);
  EXPECT_EQ(queue.take(), 2u);
  EXPECT_EQ(queue.left(), 0u);
  EXPECT_EQ(queue.highest_left(), 0.0);
}

TEST(TicketQueue, RandomCostsNeverRise) {
  const std::uint64_t seed = 17;
  SCOPED_TRACE("seed " + std::to_string(seed));
  RandomStream random(seed);
  std::vector<double> costs(500);
  for (double& cost : costs) cost = static_cast<double>(random.below(40));
  const std::vector<std::size_t> order = take_all(TicketQueue(costs));
  for (std::size_t i = 1; i < order.size(); ++i) {
    const double before = costs[order[i - 1]];
    const double now = costs[order[i]];
    EXPECT_TRUE(before > now || (before == now && order[i - 1] < order[i])) << "place " << i;
  }
  std::vector<std::size_t> sorted = order;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(std::unique(sorted.begin(), sorted.end()), sorted.end()) << "a ticket came twice";
  EXPECT_EQ(sorted.size(), costs.size());
}

std::vector<std::size_t> take_all(TicketQueue& queue, int rank) {
  std::vector<std::size_t> order;
  while (const std::optional<std::size_t> ticket = queue.take(rank)) order.push_back(*ticket);
  return order;
}

// The example of the header.
TEST(TicketQueueFillers, AreForTheRankThatDidTheTicket) {
  TicketQueue queue({3, 5}, {{0}, {1}, {1}});
  EXPECT_EQ(queue.take(0), 1u);
  EXPECT_EQ(queue.take(7), 0u);
  queue.done(0, 7, false);
  EXPECT_EQ(queue.take(7), 2u);
  EXPECT_EQ(queue.take(7), std::nullopt);
  queue.done(1, 0, false);
  EXPECT_EQ(queue.take(0), std::nullopt);
}

TEST(TicketQueueFillers, WaitForABusyOwner) {
  TicketQueue queue({1, 1, 1}, {{0}, {}, {0}, {2}});
  EXPECT_EQ(queue.take(4), 0u);
  EXPECT_EQ(queue.take(5), 1u);
  queue.done(0, 4, false);
  EXPECT_EQ(queue.take(4), 2u) << "a ticket is left: no filler yet";
  queue.done(1, 5, false);
  EXPECT_EQ(queue.take(5), 4u) << "anybody's";
  EXPECT_EQ(queue.take(5), std::nullopt) << "the others are of rank 4, which is busy";
  EXPECT_EQ(queue.left(), 0u);
  queue.done(4, 5, false);
  queue.done(2, 4, false);
  EXPECT_EQ(queue.take(4), std::nullopt) << "the last ticket is done: nobody fills time any more";
}

TEST(TicketQueueFillers, OwnOnesFirstAndInTheirOrder) {
  TicketQueue queue({9, 1, 1}, {{}, {2}, {}, {1}});
  EXPECT_EQ(queue.take(0), 0u);
  EXPECT_EQ(queue.take(3), 1u);
  queue.done(1, 3, false);
  EXPECT_EQ(queue.take(3), 2u);
  queue.done(2, 3, false);
  EXPECT_EQ(take_all(queue, 3), (std::vector<std::size_t>{6, 4, 3, 5}));
}

TEST(TicketQueueFillers, OfAFailedTicketAreNotDone) {
  TicketQueue queue({9, 1}, {{1}});
  queue.take(0);
  queue.take(1);
  queue.done(1, 1, true);
  EXPECT_EQ(queue.take(1), std::nullopt);
}

}  // namespace
}  // namespace infoplane::test
