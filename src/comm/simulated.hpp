#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "comm/busy_log.hpp"
#include "comm/ticket_queue.hpp"

namespace infoplane {

/// Ranks that do not exist.
struct SimulatedRanks {
  int count = 1;
  /// How long a rank other than 0 waits for an answer when nobody else asks: the ticket thread
  /// looks every half millisecond.
  double answer_s = 0.3e-3;
  /// How long rank 0 takes for one request; requests of many ranks queue up behind each other.
  double request_s = 5e-6;
};

/// What a ticket service would have done.
struct Replay {
  BusyLog busy;
  std::vector<bool> handed_out;  ///< by number: all tickets, and the fillers that were begun
};

/// Replays the ticket service on ranks that do not exist: the very TicketQueue that it uses is
/// asked by one rank after the other, in the order of their simulated times, and `seconds(ticket)`
/// says how long a rank works on what it gets. Nothing runs; the result depends on nothing but the
/// arguments. Arguments as TicketService has them.
Replay replay_tickets(const std::vector<double>& predicted_cost, const std::vector<Filler>& fillers,
                      const std::function<double(std::size_t ticket)>& seconds,
                      const SimulatedRanks& ranks);

}  // namespace infoplane
