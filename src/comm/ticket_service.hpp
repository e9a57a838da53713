#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "comm/communicator.hpp"

namespace infoplane {

/// What became of a ticket, as its rank reports it.
struct TicketReport {
  std::int64_t ticket = -1;
  std::int32_t failed = 0;  ///< 0, or 1 when the work was recorded as failed
  std::int32_t rank = 0;
  double seconds = 0;
};

/// Hands out tickets 0, ..., n - 1 to the ranks that ask, each once, longest predicted first. Rank
/// 0 serves and works too: it serves from a thread where MPI allows, else whenever it calls
/// serve(). Requests are two-sided messages, answered within about half a millisecond.
///
/// Every rank does:
///
///     TicketService service(comm, costs, on_report);
///     for_each_ticket(service, [&](std::size_t ticket) { work; return failed; });
///
/// Construction and close() are collective. A rank that throws in between must abort the group.
class TicketService {
 public:
  using OnReport = std::function<void(const TicketReport&)>;

  /// `predicted_cost` need only be given on rank 0; `on_report` is called there, from any thread
  /// but never from two at once.
  TicketService(const Communicator& comm, const std::vector<double>& predicted_cost,
                OnReport on_report);
  ~TicketService();
  TicketService(const TicketService&) = delete;
  TicketService& operator=(const TicketService&) = delete;

  /// Reports the last ticket, if any, and asks for the next; nothing when there are no more.
  std::optional<std::size_t> next(const TicketReport& last = {});

  /// Answers ranks that wait, on rank 0 where no thread does. Cheap; call it often during long
  /// work.
  void serve();

  /// Collective: returns when every rank has been told that there are no more tickets.
  void close();

 private:
  class Server;
  Communicator comm_;
  std::unique_ptr<Server> server_;  ///< on rank 0
};

/// Takes tickets until there are none. `work(ticket)` returns whether the work is to be counted as
/// failed. Closes the service.
void for_each_ticket(TicketService& service, const std::function<bool(std::size_t)>& work);

}  // namespace infoplane
