#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "comm/guard.hpp"
#include "comm/serialized.hpp"
#include "comm/sum_cases.hpp"
#include "comm/ticket_cases.hpp"
#include "support/thread_group.hpp"

// Ranks as threads of this process.

namespace infoplane::test {
namespace {

class ThreadTickets : public testing::TestWithParam<std::tuple<TicketCase, Serving>> {};

TEST_P(ThreadTickets, OnThreads) {
  const auto [which, serving] = GetParam();
  for (const int ranks : {1, 2, 3, 4, 7}) {
    SCOPED_TRACE(std::to_string(ranks) + " ranks");
    EXPECT_EQ(run_in_threads(ranks,
                             [&, run = which.run, how = serving](const Communicator& comm) {
                               run(serving_communicator(comm, how));
                             }),
              std::nullopt);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Serving, ThreadTickets,
    testing::Combine(testing::ValuesIn(ticket_cases),
                     testing::Values(Serving::from_a_thread, Serving::between_work)),
    [](const auto& kind) { return name_of(std::get<0>(kind.param), std::get<1>(kind.param)); });

TEST(Threads, SumsReachTheRoot) {
  for (const int ranks : {1, 2, 3, 4, 7}) {
    run_in_threads(ranks, [](const Communicator& comm) { sums_reach_the_root(comm, 5000); });
  }
}

TEST(Threads, PartsReachTheirRanks) {
  for (const int ranks : {1, 2, 3, 4, 7}) {
    run_in_threads(ranks, [](const Communicator& comm) {
      sums_of_parts_reach_their_ranks(comm, 5000);
      parts_are_gathered_everywhere(comm, 5000);
    });
  }
}

// The others are inside their work, or wait for a ticket.
TEST(Threads, AnErrorOnOneRankEndsAll) {
  constexpr int never = 61;
  for (const int failing : {0, 1, 2}) {
    for (const std::size_t tickets : {std::size_t{3}, std::size_t{30}}) {
      testing::internal::CaptureStderr();
      const std::optional<int> ended = run_in_threads(3, [&](const Communicator& comm) {
        alone_or_abort(comm, [&] {
          TicketService service(comm, std::vector<double>(tickets, 1.0), nullptr);
          for_each_ticket(service, [&](std::size_t) -> bool {
            if (comm.rank() == failing) throw InputError("torn");
            comm.receive(failing, never);
            return false;
          });
        });
      });
      const std::string said = testing::internal::GetCapturedStderr();
      EXPECT_EQ(ended, static_cast<int>(ExitCode::bad_input));
      EXPECT_NE(said.find("rank " + std::to_string(failing) + ": torn"), std::string::npos) << said;
    }
  }
}

}  // namespace
}  // namespace infoplane::test
