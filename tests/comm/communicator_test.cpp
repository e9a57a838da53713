#include "comm/communicator.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "comm/gather.hpp"
#include "comm/mpi.hpp"
#include "comm/serialized.hpp"
#include "comm/sum_cases.hpp"
#include "core/errors.hpp"
#include "support/mpi_test.hpp"

namespace infoplane::test {
namespace {

/// Long enough for any healthy run; only a broken one waits that long.
constexpr double plenty_s = 20;

TEST(World, RanksAreNumbered) {
  EXPECT_TRUE(mpi_handle(world()).has_value());
  const std::vector<int> ranks = from_each_rank(world(), world().rank());
  ASSERT_EQ(ranks.size(), static_cast<std::size_t>(world().size()));
  for (int rank = 0; rank < world().size(); ++rank)
    EXPECT_EQ(ranks[static_cast<std::size_t>(rank)], rank);
  EXPECT_EQ(world().is_root(), world().rank() == 0);
}

/// `sent` of each rank in turn must replace `stale` on all others.
template <class T>
void expect_broadcast(const T& sent, const T& stale) {
  for (int root = 0; root < world().size(); ++root) {
    T value = world().rank() == root ? sent : stale;
    broadcast(world(), value, root);
    EXPECT_TRUE(value == sent) << "from rank " << root;
  }
}

TEST(Broadcast, Numbers) {
  expect_broadcast<std::int64_t>(INT64_MIN, 7);
  expect_broadcast(0.1, -1.0);
  expect_broadcast(true, false);
}

TEST(Broadcast, Strings) {
  expect_broadcast<std::string>("I(X;T) \xe2\x89\xa4 log\xe2\x82\x82 N", "old");
  expect_broadcast(std::string("a\0b\n", 4), std::string("old"));
  expect_broadcast<std::string>("", "old");
}

TEST(Broadcast, Vectors) {
  expect_broadcast<std::vector<double>>({1.5, -0.0, 1e300}, {2});
  expect_broadcast<std::vector<std::uint64_t>>({}, {1, 2, 3});
  expect_broadcast<std::vector<std::string>>({"kl", "", "bd"}, {"x", "y", "z", "w"});
}

TEST(Broadcast, Nested) {
  expect_broadcast<std::vector<std::vector<std::int32_t>>>({{1, 2}, {}, {3}}, {{9}});
  expect_broadcast<std::vector<std::pair<std::int32_t, std::string>>>({{4, "torn"}, {0, ""}}, {});
  expect_broadcast<std::vector<std::vector<std::string>>>({}, {{"x"}});
}

TEST(Broadcast, TenMegabytes) {
  std::vector<double> numbers(10'000'000 / sizeof(double));
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = 1.0 / static_cast<double>(i + 1);
  expect_broadcast(numbers, {});
}

// Nothing but the order of the calls tells them apart.
TEST(Broadcast, ManyInARowDoNotMix) {
  for (int i = 0; i < 300; ++i) {
    const int root = i % world().size();
    const std::string sent(static_cast<std::size_t>(i * 7 % 100), static_cast<char>('a' + i % 26));
    std::string value = world().rank() == root ? sent : "old";
    broadcast(world(), value, root);
    ASSERT_EQ(value, sent) << "number " << i;
  }
}

// The largest goes in several messages, the last of which is short.
TEST(Sum, ReachesTheRoot) { sums_reach_the_root(world(), (std::size_t{1} << 21) + 3); }

// In several pieces, the last of which is short.
TEST(SumParts, ReachTheirRanks) {
  sums_of_parts_reach_their_ranks(world(), (std::size_t{1} << 17) + 3);
}

// A message that waits for this rank is none of them.
TEST(SumParts, DoNotMeetMessages) {
  const int right = (world().rank() + 1) % world().size();
  const int left = (world().rank() + world().size() - 1) % world().size();
  world().send("here", 4, right, 9);
  sums_of_parts_reach_their_ranks(world(), 5000);
  EXPECT_EQ(world().receive(left, 9).bytes.size(), 4u);
}

TEST(GatherParts, ReachAllRanks) { parts_are_gathered_everywhere(world(), 100'000); }

// One after the other with nothing between: a rank may be ahead of the root.
TEST(Sum, ManyInARowDoNotMix) {
  for (int i = 0; i < 200; ++i) {
    std::vector<std::int64_t> values(static_cast<std::size_t>(i % 7), i + world().rank());
    const std::int64_t sum =
        values.empty() ? 0 : world().size() * i + world().size() * (world().size() - 1) / 2;
    world().sum(values);
    if (world().is_root()) {
      ASSERT_EQ(values, std::vector<std::int64_t>(values.size(), sum)) << "number " << i;
    }
  }
}

TEST(Messages, GoAroundARing) {
  const int right = (world().rank() + 1) % world().size();
  const int left = (world().rank() + world().size() - 1) % world().size();
  const std::int64_t mine = 1000 + world().rank();
  world().send(&mine, sizeof mine, right, 7);
  const Message message = world().receive(left, 7);
  EXPECT_EQ(message.from, left);
  ASSERT_EQ(message.bytes.size(), sizeof mine);
  EXPECT_EQ(std::string(message.bytes.begin(), message.bytes.end()), [&] {
    const std::int64_t expected = 1000 + left;
    return std::string(reinterpret_cast<const char*>(&expected), sizeof expected);
  }());
}

TEST(Messages, AreFoundByTheirTag) {
  const int partner = world().rank() ^ 1;
  if (partner < world().size()) {
    EXPECT_EQ(world().poll(23), std::nullopt) << "nobody sends with this tag";
    world().send("first", 5, partner, 21);
    world().send("", 0, partner, 22);
    EXPECT_EQ(world().receive(partner, 22).bytes.size(), 0u) << "the later one, because of its tag";
    std::optional<Message> message;
    while (!message) message = world().poll(21);
    EXPECT_EQ(std::string(message->bytes.begin(), message->bytes.end()), "first");
    EXPECT_EQ(message->from, partner);
    EXPECT_EQ(world().poll(21), std::nullopt) << "a message comes once";
  } else {
    EXPECT_EQ(world().poll(21), std::nullopt) << "this rank has no partner";
  }
}

// Rank 0 comes last: before it comes, nobody may have left.
TEST(Barrier, NobodyLeavesBeforeAllHaveCome) {
  constexpr int coming = 31;
  constexpr int left = 32;
  if (world().is_root()) {
    for (int rank = 1; rank < world().size(); ++rank) world().receive(rank, coming);
    for (int look = 0; look < 5000; ++look) {
      ASSERT_EQ(world().poll(left), std::nullopt) << "somebody left the barrier without rank 0";
    }
    world().barrier();
    for (int rank = 1; rank < world().size(); ++rank)
      EXPECT_EQ(world().receive(rank, left).from, rank);
  } else {
    world().send("", 0, 0, coming);
    world().barrier();
    world().send("", 0, 0, left);
  }
}

TEST(Barrier, ManyInARow) {
  for (int i = 0; i < 200; ++i) world().barrier();
  EXPECT_EQ(from_each_rank(world(), 200),
            std::vector<int>(static_cast<std::size_t>(world().size()), 200));
}

TEST(BarrierWithin, IsTrueWhenAllCome) {
  EXPECT_TRUE(world().barrier_within(plenty_s));
  EXPECT_TRUE(world().barrier_within(plenty_s));
}

// The last rank stays away until the others have given up; it comes in the end, so that the ranks
// leave this test in step. The others find out while it sits in another collective.
TEST(BarrierWithin, IsFalseWhenOneStaysAway) {
  const bool late = world().size() > 1 && world().rank() == world().size() - 1;
  if (!late) {
    const bool all_came = world().barrier_within(0.2);
    EXPECT_EQ(all_came, world().size() == 1);
  }
  world().barrier();
  if (late) {
    EXPECT_TRUE(world().barrier_within(plenty_s)) << "all others were there before";
  }
  world().barrier();
}

TEST(OnRoot, RunsOnRankZeroOnly) {
  int runs = 0;
  on_root(world(), [&] { ++runs; });
  const std::vector<int> everywhere = from_each_rank(world(), runs);
  for (int rank = 0; rank < world().size(); ++rank) {
    EXPECT_EQ(everywhere[static_cast<std::size_t>(rank)], rank == 0 ? 1 : 0) << "rank " << rank;
  }
}

/// On every rank: the code and message with which on_root left.
template <class Work>
std::pair<int, std::string> failure_of(Work&& work) {
  try {
    on_root(world(), work);
  } catch (const Error& error) {
    return {static_cast<int>(error.code()), error.what()};
  }
  return {0, "nothing thrown"};
}

TEST(OnRoot, AnErrorReachesEveryRankWithItsCode) {
  using Failure = std::pair<int, std::string>;
  EXPECT_EQ(failure_of([] { throw UsageError("bins = 0 at a.toml:3:8"); }),
            (Failure{2, "bins = 0 at a.toml:3:8"}));
  EXPECT_EQ(failure_of([] { throw InputError("no such file: b.h5"); }),
            (Failure{4, "no such file: b.h5"}));
  EXPECT_EQ(failure_of([] { throw InternalError("promise broken"); }),
            (Failure{1, "promise broken"}));
  EXPECT_EQ(failure_of([] { throw Error(ExitCode::stopped, "time is up"); }),
            (Failure{75, "time is up"}));
  EXPECT_EQ(failure_of([] { throw std::runtime_error("of a library"); }),
            (Failure{1, "of a library"}));
  EXPECT_EQ(failure_of([] {}), (Failure{0, "nothing thrown"}));
  int in_step = world().is_root() ? 5 : 0;
  broadcast(world(), in_step);
  EXPECT_EQ(in_step, 5);
}

// A defect of the work on other ranks must not show: it never runs there.
TEST(OnRoot, OthersOnlyHear) {
  const int me = world().rank();
  EXPECT_EQ(failure_of([me] { throw InputError("on rank " + std::to_string(me)); }).second,
            "on rank 0");
}

}  // namespace
}  // namespace infoplane::test
