#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace infoplane {

/// The order in which tickets are handed out: longest predicted first, so that the last ones are
/// short and all ranks end at about the same time; equal ones in the order of their numbers.
class TicketQueue {
 public:
  /// `predicted_cost`[t] of ticket t, in any unit.
  explicit TicketQueue(const std::vector<double>& predicted_cost);

  std::optional<std::size_t> take();
  std::size_t left() const { return order_.size() - taken_; }

 private:
  std::vector<std::size_t> order_;
  std::size_t taken_ = 0;
};

}  // namespace infoplane
