#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <optional>
#include <vector>

namespace infoplane {

/// Work for a rank that would otherwise have none while others still work on tickets. Nobody waits
/// for fillers: what is left of them when the last ticket is done is not handed out any more.
struct Filler {
  /// The ticket it builds on: only the rank that has done that ticket, and not failed, gets it.
  /// Without one any rank gets it, at any time.
  std::optional<std::size_t> after;
};

/// The order in which tickets are handed out: longest predicted first, so that the last ones are
/// short and all ranks end at about the same time; equal ones in the order of their numbers.
///
/// With n tickets, filler k is ticket n + k. A rank gets fillers, its own first and each kind in
/// their order, when no ticket is left to hand out but not all are done:
///
///     TicketQueue queue({3, 5}, {{0}, {1}, {1}});   // tickets 0, 1; fillers 2 of 0, 3 and 4 of 1
///     queue.take(0) == 1, queue.take(7) == 0
///     queue.done(0, 7, false), queue.take(7) == 2   // rank 0 is still busy with ticket 1
///     queue.take(7) == nothing                      // 3 and 4 are for rank 0
///     queue.done(1, 0, false), queue.take(0) == nothing: all tickets are done
class TicketQueue {
 public:
  /// `predicted_cost`[t] of ticket t, in any unit.
  explicit TicketQueue(const std::vector<double>& predicted_cost,
                       const std::vector<Filler>& fillers = {});

  /// Tickets of a higher cost than `most_cost` are passed over, fillers never.
  std::optional<std::size_t> take(int rank = 0,
                                  double most_cost = std::numeric_limits<double>::infinity());
  /// The rank has worked on the ticket or filler.
  void done(std::size_t ticket, int rank, bool failed);

  std::size_t tickets() const { return order_.size(); }
  /// Tickets that nobody has; fillers do not count.
  std::size_t left() const { return order_.size() - taken_; }
  /// The highest cost among these; 0 when there are none.
  double highest_left() const {
    return first_left_ < order_.size() ? cost_[order_[first_left_]] : 0;
  }
  double cost_of(std::size_t ticket) const { return cost_.at(ticket); }

 private:
  std::vector<double> cost_;  ///< by ticket
  std::vector<std::size_t> order_;
  std::vector<char> is_taken_;  ///< in the order of order_
  std::size_t first_left_ = 0;  ///< all before it are taken
  std::size_t taken_ = 0;
  std::size_t unfinished_;
  std::map<std::size_t, std::vector<std::size_t>> after_;  ///< ticket -> its fillers
  std::map<int, std::deque<std::size_t>> of_rank_;         ///< fillers it may take
  std::deque<std::size_t> of_anybody_;
};

}  // namespace infoplane
