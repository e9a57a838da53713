#include "comm/ticket_service.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "comm/gather.hpp"
#include "comm/ticket_queue.hpp"
#include "core/random.hpp"
#include "support/mpi_test.hpp"

namespace infoplane::test {
namespace {

/// MPI as a library without MPI_THREAD_MULTIPLE offers it: one thread talks, or the test fails.
class OneThread : public Transport {
 public:
  explicit OneThread(std::shared_ptr<Transport> inner) : inner_(std::move(inner)) {}

  int rank() const override { return inner_->rank(); }
  int size() const override { return inner_->size(); }
  void barrier() override { checked().barrier(); }
  bool barrier_within(double timeout_s) override { return checked().barrier_within(timeout_s); }
  void broadcast(std::vector<char>& bytes, int root) override { checked().broadcast(bytes, root); }
  void send(const void* bytes, std::size_t count, int to, int tag) override {
    checked().send(bytes, count, to, tag);
  }
  std::optional<Message> poll(int tag) override { return checked().poll(tag); }
  Message receive(int from, int tag) override { return checked().receive(from, tag); }
  bool threads_may_communicate() const override { return false; }
  void abort(int exit_code) override { inner_->abort(exit_code); }

 private:
  Transport& checked() {
    if (std::this_thread::get_id() != owner_) throw InternalError("a second thread communicates");
    return *inner_;
  }

  std::shared_ptr<Transport> inner_;
  std::thread::id owner_ = std::this_thread::get_id();
};

enum class Serving { from_a_thread, between_work };

/// How reports come in on rank 0: any thread, never two at once.
class Reports {
 public:
  TicketService::OnReport collect() {
    return [this](const TicketReport& report) {
      EXPECT_FALSE(inside_.exchange(true)) << "two reports at once";
      // Invites another thread to come in.
      for (int i = 0; i < 20; ++i) std::this_thread::yield();
      reports_.push_back(report);
      ++count_;
      inside_ = false;
    };
  }
  std::size_t count() const { return count_; }
  /// Only when nobody reports any more.
  const std::vector<TicketReport>& all() const { return reports_; }

 private:
  std::atomic<bool> inside_{false};
  std::atomic<std::size_t> count_{0};
  std::vector<TicketReport> reports_;
};

class Tickets : public testing::TestWithParam<Serving> {
 protected:
  void SetUp() override {
    if (GetParam() == Serving::from_a_thread && !world().threads_may_communicate()) {
      GTEST_SKIP() << "this MPI has no MPI_THREAD_MULTIPLE";
    }
  }

  Communicator comm_ = GetParam() == Serving::between_work
                           ? Communicator(std::make_shared<OneThread>(world().transport()))
                           : world();
  /// Only rank 0 has to know the costs.
  std::vector<double> on_rank_0(std::vector<double> costs) const {
    return comm_.is_root() ? std::move(costs) : std::vector<double>{};
  }
};

bool fails(std::size_t ticket) { return ticket % 3 == 1; }

/// Every rank: all tickets were worked on once, and rank 0 heard of each once, from the right rank.
void expect_all_once(const Communicator& comm, std::size_t tickets,
                     const std::vector<std::uint64_t>& mine, const Reports& reports) {
  const std::vector<std::vector<std::uint64_t>> by_rank = from_each_rank(comm, mine);
  std::vector<int> times(tickets, 0);
  std::vector<int> worker(tickets, -1);
  for (std::size_t rank = 0; rank < by_rank.size(); ++rank) {
    for (const std::uint64_t ticket : by_rank[rank]) {
      ASSERT_LT(ticket, tickets);
      ++times[ticket];
      worker[ticket] = static_cast<int>(rank);
    }
  }
  EXPECT_EQ(times, std::vector<int>(tickets, 1));
  if (!comm.is_root()) {
    EXPECT_EQ(reports.count(), 0u) << "reports belong to rank 0";
    return;
  }
  std::vector<int> reported(tickets, 0);
  for (const TicketReport& report : reports.all()) {
    ASSERT_GE(report.ticket, 0);
    const auto ticket = static_cast<std::size_t>(report.ticket);
    ASSERT_LT(ticket, tickets);
    ++reported[ticket];
    EXPECT_EQ(report.rank, worker[ticket]) << "ticket " << ticket;
    EXPECT_EQ(report.failed, fails(ticket) ? 1 : 0) << "ticket " << ticket;
    EXPECT_GE(report.seconds, 0);
  }
  EXPECT_EQ(reported, std::vector<int>(tickets, 1));
}

/// Works `tickets` off as an ordinary phase does: rank 0 serves between its own.
void work_off(const Communicator& comm, const std::vector<double>& costs, std::size_t tickets) {
  Reports reports;
  std::vector<std::uint64_t> mine;
  {
    TicketService service(comm, costs, reports.collect());
    for_each_ticket(service, [&](std::size_t ticket) {
      service.serve();
      mine.push_back(ticket);
      return fails(ticket);
    });
  }
  expect_all_once(comm, tickets, mine, reports);
}

TEST_P(Tickets, EachOnceHoweverMany) {
  const auto size = static_cast<std::size_t>(comm_.size());
  for (const std::size_t tickets :
       {std::size_t{0}, std::size_t{1}, size - 1, size, size + 1, std::size_t{400}}) {
    SCOPED_TRACE(std::to_string(tickets) + " tickets");
    work_off(comm_, on_rank_0(std::vector<double>(tickets, 1.0)), tickets);
  }
}

// One service after the other, with nothing between: no request or answer may reach the wrong one.
TEST_P(Tickets, ManyServicesInARow) {
  for (std::size_t i = 0; i < 40; ++i) {
    SCOPED_TRACE("service " + std::to_string(i));
    work_off(comm_, on_rank_0(std::vector<double>(i % 5, 1.0)), i % 5);
  }
}

TEST_P(Tickets, EveryRankGetsThemLongestFirst) {
  constexpr std::uint64_t seed = 29;
  SCOPED_TRACE("seed " + std::to_string(seed));
  RandomStream random(seed);
  std::vector<double> costs(200);
  for (double& cost : costs) cost = random.uniform();
  TicketService service(comm_, on_rank_0(costs), nullptr);
  std::vector<std::uint64_t> mine;
  for_each_ticket(service, [&](std::size_t ticket) {
    mine.push_back(ticket);
    return false;
  });
  for (std::size_t i = 1; i < mine.size(); ++i) {
    EXPECT_GT(costs[mine[i - 1]], costs[mine[i]]) << "place " << i << " on rank " << comm_.rank();
  }
  std::size_t all = 0;
  for (const auto& tickets : from_each_rank(comm_, mine)) all += tickets.size();
  EXPECT_EQ(all, costs.size());
}

// Rank 0 takes the first ticket and keeps it until all others are reported done. The others start
// when it has it, so all of their tickets are handed out while rank 0 is inside its work.
TEST_P(Tickets, OthersGoOnWhileRankZeroIsBusy) {
  if (comm_.size() == 1) GTEST_SKIP() << "no others";
  constexpr std::size_t tickets = 60;
  constexpr int go = 41;
  Reports reports;
  std::vector<std::uint64_t> mine;
  TicketService service(comm_, on_rank_0(std::vector<double>(tickets, 1.0)), reports.collect());
  if (!comm_.is_root()) comm_.receive(0, go);
  for_each_ticket(service, [&](std::size_t ticket) {
    mine.push_back(ticket);
    if (!comm_.is_root() || mine.size() > 1) return fails(ticket);
    EXPECT_EQ(reports.count(), 0u);
    for (int rank = 1; rank < comm_.size(); ++rank) comm_.send("", 0, rank, go);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(15);
    while (reports.count() < tickets - 1 && std::chrono::steady_clock::now() < deadline) {
      // Without a thread, serving is what rank 0 does between the pieces of its work.
      if (GetParam() == Serving::between_work) service.serve();
      std::this_thread::yield();
    }
    EXPECT_EQ(reports.count(), tickets - 1) << "the others stood still while rank 0 worked";
    return fails(ticket);
  });
  expect_all_once(comm_, tickets, mine, reports);
  if (comm_.is_root()) {
    EXPECT_EQ(mine, std::vector<std::uint64_t>{0});
  }
}

// The other way round: all others finish everything while the last rank holds its first ticket.
TEST_P(Tickets, ABusyRankHoldsNobodyUp) {
  if (comm_.size() == 1) GTEST_SKIP() << "no others";
  constexpr std::size_t tickets = 60;
  constexpr int got_one = 43;
  constexpr int all_done = 44;
  const int busy = comm_.size() - 1;
  Reports reports;
  std::vector<std::uint64_t> mine;
  const TicketService::OnReport collect = reports.collect();
  TicketService service(comm_, on_rank_0(std::vector<double>(tickets, 1.0)),
                        [&](const TicketReport& report) {
                          collect(report);
                          if (reports.count() == tickets - 1) comm_.send("", 0, busy, all_done);
                        });
  if (comm_.rank() != busy) {
    // The others start when the busy rank has its ticket, for which rank 0 has to serve it.
    while (!comm_.poll(got_one)) {
      service.serve();
      std::this_thread::yield();
    }
  }
  for_each_ticket(service, [&](std::size_t ticket) {
    mine.push_back(ticket);
    if (comm_.rank() == busy) {
      for (int rank = 0; rank < busy; ++rank) comm_.send("", 0, rank, got_one);
      comm_.receive(0, all_done);
    }
    return fails(ticket);
  });
  expect_all_once(comm_, tickets, mine, reports);
  if (comm_.rank() == busy) {
    EXPECT_EQ(mine, std::vector<std::uint64_t>{0});
  }
}

INSTANTIATE_TEST_SUITE_P(Serving, Tickets,
                         testing::Values(Serving::from_a_thread, Serving::between_work),
                         [](const auto& kind) {
                           return kind.param == Serving::from_a_thread ? "FromAThread"
                                                                       : "BetweenWork";
                         });

}  // namespace
}  // namespace infoplane::test
