#pragma once

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
#include "comm/ticket_service.hpp"
#include "core/errors.hpp"
#include "core/random.hpp"

// What holds for tickets on any transport: run under mpiexec, and in threads of one process, where
// ThreadSanitizer looks on. Every rank calls the same case.

namespace infoplane::test {

/// MPI as a library without MPI_THREAD_MULTIPLE offers it: one thread talks, or the test fails.
class OneThread : public Transport {
 public:
  explicit OneThread(std::shared_ptr<Transport> inner) : inner_(std::move(inner)) {}

  int rank() const override { return inner_->rank(); }
  int size() const override { return inner_->size(); }
  void barrier() override { checked().barrier(); }
  bool barrier_within(double timeout_s) override { return checked().barrier_within(timeout_s); }
  void broadcast(std::vector<char>& bytes, int root) override { checked().broadcast(bytes, root); }
  void sum(std::vector<std::int64_t>& values, int root) override { checked().sum(values, root); }
  void sum_parts(std::int64_t* values, const std::vector<std::size_t>& bounds) override {
    checked().sum_parts(values, bounds);
  }
  void gather_parts(char* bytes, const std::vector<std::size_t>& bounds) override {
    checked().gather_parts(bytes, bounds);
  }
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

/// As rank 0 serves in this test.
inline Communicator serving_communicator(const Communicator& comm, Serving serving) {
  return serving == Serving::between_work
             ? Communicator(std::make_shared<OneThread>(comm.transport()))
             : comm;
}

/// Only rank 0 has to know them.
template <class T>
std::vector<T> on_rank_0(const Communicator& comm, std::vector<T> values) {
  return comm.is_root() ? std::move(values) : std::vector<T>{};
}

inline bool fails(std::size_t ticket) { return ticket % 3 == 1; }

/// Every rank: all tickets were worked on once, and rank 0 heard of each once, from the right rank.
inline void expect_all_once(const Communicator& comm, std::size_t tickets,
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
inline void work_off(const Communicator& comm, const std::vector<double>& costs,
                     std::size_t tickets, decltype(for_each_ticket)* for_each) {
  Reports reports;
  std::vector<std::uint64_t> mine;
  {
    TicketService service(comm, costs, reports.collect());
    for_each(service, [&](std::size_t ticket) {
      service.serve();
      mine.push_back(ticket);
      return fails(ticket);
    });
  }
  expect_all_once(comm, tickets, mine, reports);
}

inline void each_once_however_many(const Communicator& comm) {
  const auto size = static_cast<std::size_t>(comm.size());
  for (const std::size_t tickets :
       {std::size_t{0}, std::size_t{1}, size - 1, size, size + 1, std::size_t{400}}) {
    SCOPED_TRACE(std::to_string(tickets) + " tickets");
    for (const auto for_each : {for_each_ticket, for_each_short_ticket}) {
      work_off(comm, on_rank_0(comm, std::vector<double>(tickets, 1.0)), tickets, for_each);
    }
  }
}

// One service after the other, with nothing between: no request or answer may reach the wrong one.
inline void many_services_in_a_row(const Communicator& comm) {
  for (std::size_t i = 0; i < 40; ++i) {
    SCOPED_TRACE("service " + std::to_string(i));
    work_off(comm, on_rank_0(comm, std::vector<double>(i % 5, 1.0)), i % 5,
             i % 3 == 0 ? for_each_ticket : for_each_short_ticket);
  }
}

inline void every_rank_gets_them_longest_first(const Communicator& comm) {
  constexpr std::uint64_t seed = 29;
  SCOPED_TRACE("seed " + std::to_string(seed));
  RandomStream random(seed);
  std::vector<double> costs(200);
  for (double& cost : costs) cost = random.uniform();
  TicketService service(comm, on_rank_0(comm, costs), nullptr);
  std::vector<std::uint64_t> mine;
  for_each_ticket(service, [&](std::size_t ticket) {
    mine.push_back(ticket);
    return false;
  });
  for (std::size_t i = 1; i < mine.size(); ++i) {
    EXPECT_GT(costs[mine[i - 1]], costs[mine[i]]) << "place " << i << " on rank " << comm.rank();
  }
  std::size_t all = 0;
  for (const auto& tickets : from_each_rank(comm, mine)) all += tickets.size();
  EXPECT_EQ(all, costs.size());
}

/// Short tickets, `first` of which every rank has from the start.
inline void short_tickets_are_all_reported(const Communicator& comm, std::size_t tickets,
                                           std::size_t first) {
  SCOPED_TRACE(std::to_string(tickets) + " tickets, first " + std::to_string(first));
  Reports reports;
  const std::vector<double> costs(tickets, 1.0);
  TicketService service(comm, first == 0 ? on_rank_0(comm, costs) : costs, reports.collect(), {},
                        nullptr, nullptr, first);
  service.also_busy(1);
  std::vector<std::uint64_t> mine;
  for_each_short_ticket(service, [&](std::size_t ticket) {
    service.serve();
    mine.push_back(ticket);
    return fails(ticket);
  });
  expect_all_once(comm, tickets, mine, reports);
  const BusyLog log = service.busy_log();
  const auto by_rank = from_each_rank(comm, mine);
  for (std::size_t rank = 0; rank < log.ranks.size(); ++rank) {
    EXPECT_EQ(log.ranks[rank].tickets, static_cast<std::int64_t>(by_rank[rank].size()));
    EXPECT_GE(log.ranks[rank].busy_s, 1) << "also_busy of rank " << rank << " was lost";
  }
}

// Reports come while a rank still holds tickets: none may get lost at the end.
inline void short_tickets_are_all_reported(const Communicator& comm) {
  for (const std::size_t first : {0U, 1U, 2U, 3U}) {
    for (const std::size_t tickets : {100U, 7U, 2U, 1U, 0U}) {
      short_tickets_are_all_reported(comm, tickets, first);
    }
  }
}

// There and back through the ranks, the longest first, and all before anybody is asked: rank 0 does
// not serve before the others have them.
inline void the_first_tickets_need_no_asking(const Communicator& comm) {
  constexpr int has_them = 46;
  const auto size = static_cast<std::size_t>(comm.size());
  const auto rank = static_cast<std::size_t>(comm.rank());
  std::vector<double> costs(5 * size);
  for (std::size_t t = 0; t < costs.size(); ++t) costs[t] = 100.0 - static_cast<double>(t);
  TicketService service(comm, costs, nullptr, {}, nullptr, nullptr, 2);
  std::vector<std::size_t> mine;
  if (comm.is_root()) {
    for (int other = 1; other < comm.size(); ++other) comm.receive(other, has_them);
  }
  for_each_short_ticket(service, [&](std::size_t ticket) {
    mine.push_back(ticket);
    if (mine.size() == 2 && !comm.is_root()) comm.send("", 0, 0, has_them);
    return false;
  });
  ASSERT_GE(mine.size(), 2u);
  EXPECT_EQ(mine[0], rank);
  EXPECT_EQ(mine[1], 2 * size - 1 - rank);
}

// Rank 0 takes the first ticket and keeps it until all others are reported done. The others start
// when it has it, so all of their tickets are handed out while rank 0 is inside its work.
inline void others_go_on_while_rank_zero_is_busy(const Communicator& comm) {
  if (comm.size() == 1) return;  // no others
  constexpr std::size_t tickets = 60;
  constexpr int go = 41;
  Reports reports;
  std::vector<std::uint64_t> mine;
  TicketService service(comm, on_rank_0(comm, std::vector<double>(tickets, 1.0)),
                        reports.collect());
  if (!comm.is_root()) comm.receive(0, go);
  for_each_ticket(service, [&](std::size_t ticket) {
    mine.push_back(ticket);
    if (!comm.is_root() || mine.size() > 1) return fails(ticket);
    EXPECT_EQ(reports.count(), 0u);
    for (int rank = 1; rank < comm.size(); ++rank) comm.send("", 0, rank, go);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(15);
    while (reports.count() < tickets - 1 && std::chrono::steady_clock::now() < deadline) {
      // Without a thread, serving is what rank 0 does between the pieces of its work.
      service.serve();
      std::this_thread::yield();
    }
    EXPECT_EQ(reports.count(), tickets - 1) << "the others stood still while rank 0 worked";
    return fails(ticket);
  });
  expect_all_once(comm, tickets, mine, reports);
  if (comm.is_root()) {
    EXPECT_EQ(mine, std::vector<std::uint64_t>{0});
  }
}

// The other way round: all others finish everything while the last rank holds its first ticket.
inline void a_busy_rank_holds_nobody_up(const Communicator& comm) {
  if (comm.size() == 1) return;  // no others
  constexpr std::size_t tickets = 60;
  constexpr int got_one = 43;
  constexpr int all_done = 44;
  const int busy = comm.size() - 1;
  Reports reports;
  std::vector<std::uint64_t> mine;
  const TicketService::OnReport collect = reports.collect();
  TicketService service(comm, on_rank_0(comm, std::vector<double>(tickets, 1.0)),
                        [&](const TicketReport& report) {
                          collect(report);
                          if (reports.count() == tickets - 1) comm.send("", 0, busy, all_done);
                        });
  if (comm.rank() != busy) {
    // The others start when the busy rank has its ticket, for which rank 0 has to serve it.
    while (!comm.poll(got_one)) {
      service.serve();
      std::this_thread::yield();
    }
  }
  for_each_ticket(service, [&](std::size_t ticket) {
    mine.push_back(ticket);
    if (comm.rank() == busy) {
      for (int rank = 0; rank < busy; ++rank) comm.send("", 0, rank, got_one);
      comm.receive(0, all_done);
    }
    return fails(ticket);
  });
  expect_all_once(comm, tickets, mine, reports);
  if (comm.rank() == busy) {
    EXPECT_EQ(mine, std::vector<std::uint64_t>{0});
  }
}

/// Fillers of every kind: `each` for each ticket, and `free` for anybody.
inline std::vector<Filler> some_fillers(std::size_t tickets, std::size_t each, std::size_t free) {
  std::vector<Filler> fillers;
  for (std::size_t ticket = 0; ticket < tickets; ++ticket) {
    for (std::size_t i = 0; i < each; ++i) fillers.push_back({ticket});
  }
  fillers.resize(fillers.size() + free);
  return fillers;
}

/// Every rank: tickets were worked on once, fillers at most once and by the rank whose they are.
/// Returns how many fillers each rank got.
inline std::vector<std::size_t> expect_owned(const Communicator& comm, std::size_t tickets,
                                             const std::vector<Filler>& fillers,
                                             const std::vector<std::uint64_t>& mine) {
  const std::vector<std::vector<std::uint64_t>> by_rank = from_each_rank(comm, mine);
  std::vector<int> worker(tickets + fillers.size(), -1);
  std::vector<std::size_t> counts(by_rank.size(), 0);
  for (std::size_t rank = 0; rank < by_rank.size(); ++rank) {
    bool saw_filler = false;
    for (const std::uint64_t ticket : by_rank[rank]) {
      EXPECT_EQ(worker.at(ticket), -1) << "ticket " << ticket << " came twice";
      worker[ticket] = static_cast<int>(rank);
      EXPECT_FALSE(saw_filler && ticket < tickets) << "a filler came before ticket " << ticket;
      saw_filler = ticket >= tickets;
      counts[rank] += saw_filler ? 1 : 0;
    }
  }
  for (std::size_t ticket = 0; ticket < tickets; ++ticket)
    EXPECT_NE(worker[ticket], -1) << "ticket " << ticket << " was lost";
  for (std::size_t k = 0; k < fillers.size(); ++k) {
    if (worker[tickets + k] < 0 || !fillers[k].after) continue;
    const std::size_t after = *fillers[k].after;
    EXPECT_EQ(worker[tickets + k], worker[after]) << "filler " << k << " of ticket " << after;
    EXPECT_FALSE(fails(after)) << "filler " << k << " of a ticket that failed";
  }
  return counts;
}

inline void fillers_go_to_their_owners(const Communicator& comm) {
  for (const std::size_t tickets : {std::size_t{0}, std::size_t{1}, std::size_t{7}}) {
    SCOPED_TRACE(std::to_string(tickets) + " tickets");
    const std::vector<Filler> fillers = some_fillers(tickets, 3, 4);
    Reports reports;
    std::vector<std::uint64_t> mine;
    TicketService service(comm, on_rank_0(comm, std::vector<double>(tickets, 1.0)),
                          reports.collect(), on_rank_0(comm, fillers));
    for_each_ticket(service, [&](std::size_t ticket) {
      mine.push_back(ticket);
      return fails(ticket);
    });
    const std::vector<std::size_t> counts = expect_owned(comm, tickets, fillers, mine);
    std::size_t done = tickets;
    for (const std::size_t count : counts) done += count;
    if (comm.is_root()) {
      EXPECT_EQ(reports.count(), done);
    }
  }
}

/// One rank keeps a ticket until the others have done all else they may do: their fillers and the
/// free ones. Its own fillers wait for it, and are left when its last ticket is done.
inline void fillers_fill_the_wait_for(const Communicator& comm, int busy) {
  if (comm.size() == 1) return;  // no others
  constexpr int got_one = 51;
  constexpr int all_done = 52;
  const std::size_t tickets = 3 * static_cast<std::size_t>(comm.size());
  const std::vector<Filler> fillers = some_fillers(tickets, 2, 5);
  // What the busy rank has is ticket 0 alone: all else but the fillers of 0 and of failed tickets.
  std::size_t expected = tickets - 1 + 5;
  for (std::size_t ticket = 1; ticket < tickets; ++ticket) expected += fails(ticket) ? 0 : 2;
  Reports reports;
  const TicketService::OnReport collect = reports.collect();
  std::vector<std::uint64_t> mine;
  TicketService service(
      comm, on_rank_0(comm, std::vector<double>(tickets, 1.0)),
      [&](const TicketReport& report) {
        collect(report);
        if (reports.count() == expected && busy != 0) comm.send("", 0, busy, all_done);
      },
      on_rank_0(comm, fillers));
  if (comm.rank() != busy) {
    while (!comm.poll(got_one)) {
      service.serve();
      std::this_thread::yield();
    }
  }
  for_each_ticket(service, [&](std::size_t ticket) {
    mine.push_back(ticket);
    if (comm.rank() != busy) return fails(ticket);
    for (int rank = 0; rank < comm.size(); ++rank) {
      if (rank != busy) comm.send("", 0, rank, got_one);
    }
    if (busy != 0) {
      comm.receive(0, all_done);
      return fails(ticket);
    }
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(15);
    while (reports.count() < expected && std::chrono::steady_clock::now() < deadline) {
      service.serve();
      std::this_thread::yield();
    }
    return fails(ticket);
  });
  const std::vector<std::size_t> counts = expect_owned(comm, tickets, fillers, mine);
  EXPECT_EQ(counts[static_cast<std::size_t>(busy)], 0u) << "when it came back all was done";
  if (comm.is_root()) {
    EXPECT_EQ(reports.count(), expected + 1);
  }
}

inline void fillers_fill_the_wait_for_rank_zero(const Communicator& comm) {
  fillers_fill_the_wait_for(comm, 0);
}

inline void fillers_fill_the_wait_for_the_last_rank(const Communicator& comm) {
  fillers_fill_the_wait_for(comm, comm.size() - 1);
}

inline void the_log_says_what_each_rank_did(const Communicator& comm) {
  constexpr std::size_t tickets = 20;
  const std::vector<Filler> fillers = some_fillers(tickets, 1, 3);
  std::vector<std::uint64_t> mine;
  TicketService service(comm, on_rank_0(comm, std::vector<double>(tickets, 1.0)), nullptr,
                        on_rank_0(comm, fillers));
  service.also_busy(1000.0 * (1 + comm.rank()));
  for_each_ticket(service, [&](std::size_t ticket) {
    mine.push_back(ticket);
    return false;
  });
  const std::vector<std::vector<std::uint64_t>> by_rank = from_each_rank(comm, mine);
  const BusyLog log = service.busy_log();
  if (!comm.is_root()) {
    EXPECT_TRUE(log.ranks.empty());
    return;
  }
  ASSERT_EQ(log.ranks.size(), by_rank.size());
  EXPECT_GT(log.wall_s, 0);
  for (std::size_t rank = 0; rank < by_rank.size(); ++rank) {
    const auto count = std::count_if(by_rank[rank].begin(), by_rank[rank].end(),
                                     [](std::uint64_t ticket) { return ticket < tickets; });
    EXPECT_EQ(log.ranks[rank].tickets, count) << "rank " << rank;
    EXPECT_EQ(log.ranks[rank].fillers, static_cast<std::int64_t>(by_rank[rank].size()) - count);
    const double in_tickets = log.ranks[rank].busy_s - 1000.0 * static_cast<double>(1 + rank);
    EXPECT_GE(in_tickets, -1e-6) << "rank " << rank;
    EXPECT_LE(in_tickets, log.wall_s) << "rank " << rank;
  }
}

/// The last rank learns that the job is to end, in the middle of its ticket: all leave their work.
inline void what_one_rank_knows_stops_all(const Communicator& comm) {
  StopRequest stop;
  const std::size_t tickets = 100 * static_cast<std::size_t>(comm.size());
  TicketService service(comm, on_rank_0(comm, std::vector<double>(tickets, 1.0)), nullptr, {},
                        &stop);
  std::size_t taken = 0;
  for_each_ticket(service, [&](std::size_t) {
    ++taken;
    if (comm.rank() == comm.size() - 1) stop.request(StopCause::sigusr1);
    while (!service.stop_wanted()) std::this_thread::yield();  // nobody ends a ticket otherwise
    return true;
  });
  EXPECT_LE(taken, 1U);
  EXPECT_TRUE(stop.agree(comm));
  EXPECT_EQ(stop.cause(), StopCause::sigusr1);
}

struct TicketCase {
  const char* name;
  void (*run)(const Communicator& comm);
};

inline const TicketCase ticket_cases[] = {
    {"EachOnceHoweverMany", each_once_however_many},
    {"ManyServicesInARow", many_services_in_a_row},
    {"EveryRankGetsThemLongestFirst", every_rank_gets_them_longest_first},
    {"ShortTicketsAreAllReported", short_tickets_are_all_reported},
    {"TheFirstTicketsNeedNoAsking", the_first_tickets_need_no_asking},
    {"OthersGoOnWhileRankZeroIsBusy", others_go_on_while_rank_zero_is_busy},
    {"ABusyRankHoldsNobodyUp", a_busy_rank_holds_nobody_up},
    {"FillersGoToTheirOwners", fillers_go_to_their_owners},
    {"FillersFillTheWaitForRankZero", fillers_fill_the_wait_for_rank_zero},
    {"FillersFillTheWaitForTheLastRank", fillers_fill_the_wait_for_the_last_rank},
    {"WhatOneRankKnowsStopsAll", what_one_rank_knows_stops_all},
    {"TheLogSaysWhatEachRankDid", the_log_says_what_each_rank_did},
};

/// "EachOnceHoweverMany_FromAThread"
inline std::string name_of(const TicketCase& which, Serving serving) {
  return which.name +
         std::string(serving == Serving::from_a_thread ? "_FromAThread" : "_BetweenWork");
}

}  // namespace infoplane::test
