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

}  // namespace
}  // namespace infoplane::test
