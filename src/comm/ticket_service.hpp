#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "comm/busy_log.hpp"
#include "comm/communicator.hpp"
#include "comm/stop_request.hpp"
#include "comm/ticket_queue.hpp"

namespace infoplane {

/// What became of a ticket, as its rank reports it.
struct TicketReport {
  std::int64_t ticket = -1;
  std::int32_t failed = 0;  ///< 0, or 1 when the work was recorded as failed or given up
  std::int32_t rank = 0;
  double seconds = 0;
  double outside_s = 0;          ///< work beside the ticket, see TicketService::also_busy
  std::int64_t count = 0;        ///< see TicketService::count
  std::array<char, 200> note{};  ///< text, cut where it is too long, see TicketService::note
};

/// Hands out tickets 0, ..., n - 1 to the ranks that ask, each once, longest predicted first. Rank
/// 0 serves and works too: whenever it calls serve(), and from a thread where MPI allows. Requests
/// are two-sided messages. The thread answers within about half a millisecond, or two while rank 0
/// answers between its tickets and ranks hold some, if it has a core for itself; beside rank 0's
/// work on the same core it may have to wait for some more.
///
/// Ranks for which no ticket is left may get fillers, tickets n, n + 1, ..., until the last ticket
/// is done (ticket_queue.hpp says who gets which).
///
/// Every rank does:
///
///     TicketService service(comm, costs, on_report);
///     for_each_ticket(service, [&](std::size_t ticket) { work; return failed; });
///
/// A job that is to end early gets no more tickets. Ranks learn of it from stop_wanted() in the
/// middle of their work, and rank 0 from any of them. Where there is a time budget, tickets that do
/// not fit into what is left of it, as predicted and by the speed measured so far, are not handed
/// out, unless they would not even fit into the whole of it.
///
/// Construction and close() are collective. A rank that throws in between must abort the group.
class TicketService {
 public:
  using OnReport = std::function<void(const TicketReport&)>;
  using OnHandedOut = std::function<void(std::size_t ticket, int rank)>;

  /// `predicted_cost` and `fillers` need only be given on rank 0; `on_report` is called there, from
  /// any thread but never from two at once, for tickets and fillers. `predicted_cost` in seconds
  /// where `stop` has a time budget. `stop` has to outlive the service; nullptr: never ends early.
  /// `on_handed_out` is called as `on_report` is.
  ///
  /// Every rank has its `first` tickets without asking, if there are so many; `predicted_cost` must
  /// then be given on all ranks, and be the same. For for_each_short_ticket.
  TicketService(const Communicator& comm, const std::vector<double>& predicted_cost,
                OnReport on_report, const std::vector<Filler>& fillers = {},
                StopRequest* stop = nullptr, OnHandedOut on_handed_out = {}, std::size_t first = 0);
  ~TicketService();
  TicketService(const TicketService&) = delete;
  TicketService& operator=(const TicketService&) = delete;

  /// Reports the last ticket, if any, and asks for the next; nothing when there are no more.
  std::optional<std::size_t> next(const TicketReport& last = {});

  /// next() in two halves, for ranks other than 0: what lies between them does not wait for the
  /// answer. Answers come in the order of the asks; once one of them says that there are no more
  /// tickets, so do the others, and close() takes them.
  void ask(const TicketReport& last);
  std::optional<std::size_t> answer();
  /// A ticket that this rank had from the start and was not given by this or by next() before.
  std::optional<std::size_t> first();
  /// Whether this is rank 0, which has nobody to ask.
  bool serves() const { return server_ != nullptr; }

  /// Answers ranks that wait, on rank 0. Cheap; call it often during long work.
  void serve();

  /// serve(), and whether this rank is to leave its work where it is. On other ranks than 0 a
  /// message to rank 0 and back now and then, which nobody waits for. `share` of the ticket is
  /// done, and `seconds` were spent on it: from this the speed is measured before the first ticket
  /// ends.
  bool stop_wanted(double share = 0, double seconds = 0);

  /// Counts this rank as busy beside its tickets, for example with what has to be prepared for
  /// them. Told with the next request.
  void also_busy(double seconds) { outside_s_ += seconds; }
  /// What a person should know of the ticket at hand, such as why it failed. Told with the next
  /// request.
  void note(std::string_view text);
  /// Goes with the report of the ticket in hand: how much was done of what it asks for.
  void count(std::int64_t done) { count_ = done; }

  /// Collective: returns when every rank has been told that there are no more tickets.
  void close();

  /// On rank 0, after close(): what every rank did, and the time from construction to close().
  /// Empty on other ranks.
  BusyLog busy_log() const;

 private:
  class Server;
  struct Request;
  struct Answer;
  Answer take_answer(const Message& message);
  /// With what the rank itself knows.
  TicketReport completed(TicketReport report);
  std::optional<std::size_t> working_on(std::optional<std::size_t> ticket);

  Communicator comm_;
  StopRequest* stop_;
  double outside_s_ = 0;
  decltype(TicketReport::note) note_{};
  std::int64_t count_ = 0;
  std::int64_t ticket_ = -1;  ///< that this rank works on
  bool looking_ = false;      ///< an answer to stop_wanted() is on its way
  int asked_ = 0;             ///< so many answers to ask() are on their way
  std::deque<std::size_t> first_;
  std::chrono::steady_clock::time_point looked_{};
  std::unique_ptr<Server> server_;  ///< on rank 0
};

/// Takes tickets and fillers until there are none. `work(ticket)` returns whether the work is to be
/// counted as failed. Closes the service.
void for_each_ticket(TicketService& service, const std::function<bool(std::size_t)>& work);

/// The same for tickets that take about as long as asking for one: a rank asks for more while it
/// has some to work on. It holds as many as it had from the start, at least two. Not where there
/// are fillers.
void for_each_short_ticket(TicketService& service, const std::function<bool(std::size_t)>& work);

}  // namespace infoplane
