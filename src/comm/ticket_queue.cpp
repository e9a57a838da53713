#include "comm/ticket_queue.hpp"

#include <algorithm>
#include <numeric>

namespace infoplane {

TicketQueue::TicketQueue(const std::vector<double>& predicted_cost)
    : order_(predicted_cost.size()) {
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
    return predicted_cost[a] > predicted_cost[b];
  });
}

std::optional<std::size_t> TicketQueue::take() {
  if (taken_ == order_.size()) return std::nullopt;
  return order_[taken_++];
}

}  // namespace infoplane
