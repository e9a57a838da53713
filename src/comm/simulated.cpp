#include "comm/simulated.hpp"

#include <algorithm>
#include <optional>
#include <queue>
#include <tuple>

namespace infoplane {
namespace {

/// A rank that asks for work, having done a ticket unless it is its first request.
struct Request {
  double at_s = 0;
  int rank = 0;
  std::optional<std::size_t> done;

  bool operator>(const Request& other) const {
    return std::tie(at_s, rank) > std::tie(other.at_s, other.rank);
  }
};

}  // namespace

Replay replay_tickets(const std::vector<double>& predicted_cost, const std::vector<Filler>& fillers,
                      const std::function<double(std::size_t ticket)>& seconds,
                      const SimulatedRanks& ranks) {
  TicketQueue queue(predicted_cost, fillers);
  Replay replay;
  replay.busy.ranks.resize(static_cast<std::size_t>(ranks.count));
  replay.handed_out.resize(predicted_cost.size() + fillers.size(), false);
  std::priority_queue<Request, std::vector<Request>, std::greater<>> requests;
  for (int rank = 0; rank < ranks.count; ++rank) requests.push({0, rank, std::nullopt});
  double server_free_s = 0;
  while (!requests.empty()) {
    const Request request = requests.top();
    requests.pop();
    RankBusy& busy = replay.busy.ranks[static_cast<std::size_t>(request.rank)];
    if (request.done) {
      queue.done(*request.done, request.rank, false);
      ++(*request.done < queue.tickets() ? busy.tickets : busy.fillers);
    }
    replay.busy.wall_s = std::max(replay.busy.wall_s, request.at_s);
    const std::optional<std::size_t> ticket = queue.take(request.rank);
    if (!ticket) continue;
    replay.handed_out[*ticket] = true;
    double start_s = request.at_s;
    if (request.rank != 0) {
      server_free_s = std::max(server_free_s, request.at_s) + ranks.request_s;
      start_s = std::max(server_free_s, request.at_s + ranks.answer_s);
    }
    const double work_s = seconds(*ticket);
    busy.busy_s += work_s;
    requests.push({start_s + work_s, request.rank, ticket});
  }
  return replay;
}

}  // namespace infoplane
