#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "comm/communicator.hpp"
#include "comm/guard.hpp"
#include "comm/mpi.hpp"
#include "comm/serialized.hpp"
#include "comm/ticket_service.hpp"
#include "core/errors.hpp"

// A process alone: the same calls as under mpirun, and none of them may wait for anybody.

namespace infoplane::test {
namespace {

TEST(Serial, IsRankZeroOfOne) {
  const Communicator comm = Communicator::serial();
  EXPECT_EQ(comm.rank(), 0);
  EXPECT_EQ(comm.size(), 1);
  EXPECT_TRUE(comm.is_root());
  EXPECT_TRUE(comm.threads_may_communicate());
  EXPECT_FALSE(mpi_handle(comm).has_value());
}

TEST(Serial, CollectivesReturnAtOnce) {
  const Communicator comm = Communicator::serial();
  comm.barrier();
  EXPECT_TRUE(comm.barrier_within(0));
  std::vector<char> bytes{'a', 'b'};
  comm.broadcast(bytes);
  EXPECT_EQ(bytes, (std::vector<char>{'a', 'b'}));
  std::vector<std::string> words{"x", "", "yz"};
  broadcast(comm, words);
  EXPECT_EQ(words, (std::vector<std::string>{"x", "", "yz"}));
}

TEST(Serial, SumsAreItsOwn) {
  std::vector<std::int64_t> values{3, -4};
  Communicator::serial().sum(values);
  EXPECT_EQ(values, (std::vector<std::int64_t>{3, -4}));
}

TEST(Serial, PartsAreAllItsOwn) {
  std::vector<std::int64_t> values{3, -4};
  Communicator::serial().sum_parts(values, {0, 2});
  EXPECT_EQ(values, (std::vector<std::int64_t>{3, -4}));
  Communicator::serial().gather_parts(values, {0, 2});
  EXPECT_EQ(values, (std::vector<std::int64_t>{3, -4}));
}

TEST(Serial, HasNobodyToTalkTo) {
  const Communicator comm = Communicator::serial();
  EXPECT_EQ(comm.poll(1), std::nullopt);
  EXPECT_THROW(comm.send("a", 1, 0, 1), InternalError);
  EXPECT_THROW(comm.receive(0, 1), InternalError) << "it would wait for ever";
}

TEST(SerialDeathTest, AbortEndsTheProcessWithTheCode) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(Communicator::serial().abort(75), testing::ExitedWithCode(75), "");
}

TEST(Serial, OnRootRunsTheWork) {
  int runs = 0;
  on_root(Communicator::serial(), [&] { ++runs; });
  EXPECT_EQ(runs, 1);
}

TEST(Serial, OnRootKeepsCodeAndMessage) {
  try {
    on_root(Communicator::serial(), [] { throw UsageError("no such axis"); });
    FAIL() << "nothing thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::usage);
    EXPECT_STREQ(error.what(), "no such axis");
  }
}

TEST(Serial, OnRootCallsForeignErrorsInternal) {
  try {
    on_root(Communicator::serial(), [] { throw std::out_of_range("index 3"); });
    FAIL() << "nothing thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::internal_failure);
    EXPECT_STREQ(error.what(), "index 3");
  }
}

// Nobody waits for a process alone: its errors go their normal way.
TEST(Serial, AloneOrAbortLetsErrorsThrough) {
  EXPECT_THROW(alone_or_abort(Communicator::serial(), [] { throw InputError("torn"); }),
               InputError);
}

TEST(SerialTickets, AllOnceLongestFirst) {
  TicketService service(Communicator::serial(), {2, 5, 1, 5}, nullptr);
  std::vector<std::size_t> order;
  for_each_ticket(service, [&](std::size_t ticket) {
    order.push_back(ticket);
    return false;
  });
  EXPECT_EQ(order, (std::vector<std::size_t>{1, 3, 0, 2}));
}

TEST(SerialTickets, EachIsReportedOnceAfterItsWork) {
  std::vector<TicketReport> reports;
  std::size_t done = 0;
  TicketService service(
      Communicator::serial(), std::vector<double>(20, 1.0), [&](const TicketReport& report) {
        EXPECT_EQ(done, reports.size() + 1) << "reported before or long after its work";
        reports.push_back(report);
      });
  for_each_ticket(service, [&](std::size_t ticket) {
    ++done;
    return ticket % 3 == 0;
  });
  ASSERT_EQ(reports.size(), 20u);
  for (std::size_t t = 0; t < reports.size(); ++t) {
    EXPECT_EQ(reports[t].ticket, static_cast<std::int64_t>(t));
    EXPECT_EQ(reports[t].failed, t % 3 == 0 ? 1 : 0);
    EXPECT_EQ(reports[t].rank, 0);
    EXPECT_GE(reports[t].seconds, 0);
  }
}

TEST(SerialTickets, NoneAtAll) {
  int reports = 0;
  TicketService service(Communicator::serial(), {}, [&](const TicketReport&) { ++reports; });
  for_each_ticket(service, [](std::size_t) {
    ADD_FAILURE() << "there is nothing to do";
    return false;
  });
  EXPECT_EQ(reports, 0);
  EXPECT_EQ(service.next(), std::nullopt) << "it stays empty";
}

TEST(SerialTickets, ErrorsOfTheWorkComeOut) {
  TicketService service(Communicator::serial(), {1, 1}, nullptr);
  EXPECT_THROW(for_each_ticket(service, [](std::size_t) -> bool { throw InputError("torn"); }),
               InputError);
}

TEST(SerialTickets, ServingNobodyIsHarmless) {
  TicketService service(Communicator::serial(), {1, 1}, nullptr);
  service.serve();
  EXPECT_EQ(service.next(), 0u);
  service.serve();
  EXPECT_EQ(service.next(), 1u);
  EXPECT_EQ(service.next(), std::nullopt);
  service.close();
}

TEST(CheckMpi, NamesTheCallAndMpisReason) {
  EXPECT_NO_THROW(check_mpi(MPI_SUCCESS, "MPI_Send(...)"));
  EXPECT_NE(mpi_library_version(), "");
}

}  // namespace
}  // namespace infoplane::test
