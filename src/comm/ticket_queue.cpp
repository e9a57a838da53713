#include "comm/ticket_queue.hpp"

#include <algorithm>
#include <numeric>

namespace infoplane {

TicketQueue::TicketQueue(const std::vector<double>& predicted_cost,
                         const std::vector<Filler>& fillers)
    : cost_(predicted_cost),
      order_(predicted_cost.size()),
      is_taken_(predicted_cost.size(), 0),
      unfinished_(predicted_cost.size()) {
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
    return predicted_cost[a] > predicted_cost[b];
  });
  for (std::size_t k = 0; k < fillers.size(); ++k) {
    const std::size_t number = order_.size() + k;
    if (fillers[k].after) {
      after_[*fillers[k].after].push_back(number);
    } else {
      of_anybody_.push_back(number);
    }
  }
}

std::optional<std::size_t> TicketQueue::take(int rank, double most_cost) {
  const auto fits =
      std::partition_point(order_.begin() + static_cast<std::ptrdiff_t>(first_left_), order_.end(),
                           [&](std::size_t ticket) { return cost_[ticket] > most_cost; });
  for (auto at = static_cast<std::size_t>(fits - order_.begin()); at < order_.size(); ++at) {
    if (is_taken_[at]) continue;
    is_taken_[at] = 1;
    ++taken_;
    while (first_left_ < order_.size() && is_taken_[first_left_]) ++first_left_;
    return order_[at];
  }
  if (unfinished_ == 0) return std::nullopt;
  std::deque<std::size_t>& own = of_rank_[rank];
  std::deque<std::size_t>& from = own.empty() ? of_anybody_ : own;
  if (from.empty()) return std::nullopt;
  const std::size_t filler = from.front();
  from.pop_front();
  return filler;
}

void TicketQueue::done(std::size_t ticket, int rank, bool failed) {
  if (ticket >= order_.size()) return;
  --unfinished_;
  const auto found = after_.find(ticket);
  if (found == after_.end()) return;
  if (!failed) {
    std::deque<std::size_t>& own = of_rank_[rank];
    own.insert(own.end(), found->second.begin(), found->second.end());
  }
  after_.erase(found);
}

}  // namespace infoplane
