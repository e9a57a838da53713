#include "pipeline/estimate_together.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "comm/serialized.hpp"
#include "comm/ticket_service.hpp"
#include "comm/work_ranges.hpp"
#include "core/errors.hpp"
#include "estimators/pairwise.hpp"

namespace infoplane {
namespace {

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// A snapshot that is damaged is so for every rank: rank 0 says it, and ends the others while they
/// wait here. Where it does not, only this rank met the error, and says so itself.
constexpr double others_wait_s = 3;

/// Short tickets are put together. Predictions know only roughly what the estimator will be able to
/// leave out: the ranges stay shorter than a rank's share, and nothing follows that could fill the
/// gap at the end. Each range that is asked for costs some milliseconds of waiting now and then.
constexpr double least_s = 0.003;
constexpr int ranges_of_a_rank = 8;
/// Rank 0 answers this often while it works: the thread that would do it waits for its core.
constexpr double answer_every_s = 0.5e-3;
/// Ranges that a rank holds, so that it need not wait for an answer.
constexpr std::size_t ranges_held = 2;

/// The tickets of a problem in the order in which they are worked off, and ranges of that order.
struct TicketRanges {
  std::vector<std::size_t> order;  ///< longest first, so that the last ranges are short
  std::vector<WorkRange> ranges;
};

/// All ranks of `comm`.
PreparedTogether prepared_by(const Communicator& comm) {
  return {static_cast<std::size_t>(comm.rank()), static_cast<std::size_t>(comm.size()),
          [comm](char* bytes, const std::vector<std::size_t>& bounds) {
            comm.gather_bytes(bytes, bounds);
          }};
}

/// Collective: tickets of the problem put together.
TicketRanges ticket_ranges(const Communicator& comm, const PairwiseProblem& problem) {
  std::pair<std::uint64_t, std::uint64_t> shape{problem.tickets(), problem.sums_size()};
  const std::pair<std::uint64_t, std::uint64_t> mine = shape;
  broadcast(comm, shape);
  if (shape != mine) {
    throw InternalError(
        fmt::format("a snapshot has {} tickets with {} sums on rank 0, {} with {} on rank {}",
                    shape.first, shape.second, mine.first, mine.second, comm.rank()));
  }
  const std::vector<double> costs = problem.ticket_costs_s();
  const double all_s = std::accumulate(costs.begin(), costs.end(), 0.0);
  const double most_s = std::max(least_s, all_s / (ranges_of_a_rank * comm.size()));
  TicketRanges tickets;
  tickets.order.resize(costs.size());
  std::iota(tickets.order.begin(), tickets.order.end(), std::size_t{0});
  std::stable_sort(tickets.order.begin(), tickets.order.end(),
                   [&](std::size_t a, std::size_t b) { return costs[a] > costs[b]; });
  std::vector<double> ordered;
  for (const std::size_t ticket : tickets.order) ordered.push_back(costs[ticket]);
  tickets.ranges = shrinking_ranges(ordered, comm.size(), {least_s, most_s});
  return tickets;
}

/// Collective: each rank takes the logarithms of some widths, in the order of the rows whoever
/// does.
std::vector<PairwiseWidth> finish_together(const Communicator& comm, const PairwiseProblem& problem,
                                           PairwiseSums& sums) {
  const auto parts = static_cast<std::size_t>(comm.size());
  comm.sum_parts(sums, problem.part_bounds(parts));
  std::vector<PairwiseWidth> widths =
      problem.finish_part(static_cast<std::size_t>(comm.rank()), parts, sums);
  std::vector<std::size_t> bounds;
  for (std::size_t part = 0; part <= parts; ++part)
    bounds.push_back(problem.first_width(part, parts));
  comm.gather_parts(widths, bounds);
  return widths;
}

}  // namespace

bool estimate_together(const Communicator& comm, SnapshotEstimator& estimate,
                       const SnapshotWork& work, const std::function<void(double)>& on_progress,
                       BusyLog& busy, StopRequest* stop) {
  const Clock::time_point start = Clock::now();
  std::optional<PairwiseProblem> problem;
  try {
    const SnapshotEstimator::Snapshot snapshot = estimate.load(work);
    if (snapshot.sigma2.empty()) {  // only distances were missing
      if (comm.is_root()) {
        estimate.summarize(work);
        estimate.write(work, {});
      }
      return true;
    }
    estimate.naming(work, [&] {
      problem.emplace(snapshot.values, snapshot.labels, snapshot.sigma2, PairwiseOptions{},
                      prepared_by(comm));
    });
  } catch (const InputError&) {
    if (!comm.is_root()) comm.barrier_within(others_wait_s);
    throw;
  }
  const auto [order, ranges] = ticket_ranges(comm, *problem);
  std::vector<double> range_costs;
  for (const WorkRange& range : ranges) range_costs.push_back(range.cost_s);
  PairwiseSums sums = problem->no_sums();
  const double prepared_s = seconds_since(start);
  TicketService service(
      comm, range_costs,
      [&](const TicketReport& report) {
        on_progress(range_costs[static_cast<std::size_t>(report.ticket)]);
      },
      {}, stop, nullptr, ranges_held);
  service.also_busy(prepared_s);
  if (comm.is_root()) {  // only it writes them; the others have started on the tickets
    const Clock::time_point summarizing = Clock::now();
    estimate.summarize(work);
    service.also_busy(seconds_since(summarizing));
  }
  Clock::time_point answered = Clock::now();
  std::function<void()> meanwhile;
  if (comm.is_root() && comm.size() > 1) {
    meanwhile = [&] {
      if (seconds_since(answered) < answer_every_s) return;
      service.serve();
      answered = Clock::now();
    };
  }
  for_each_short_ticket(service, [&, &order = order, &ranges = ranges](std::size_t range) {
    for (std::size_t at = ranges[range].begin; at < ranges[range].end; ++at) {
      if (service.stop_wanted()) return true;
      estimate.naming(work, [&] { problem->add(order[at], sums, meanwhile); });
    }
    return false;
  });
  busy += service.busy_log();
  if (stop != nullptr && stop->agree(comm)) return false;
  const std::vector<PairwiseWidth> widths =
      estimate.naming(work, [&] { return finish_together(comm, *problem, sums); });
  if (!comm.is_root()) return true;
  const Clock::time_point finished = Clock::now();
  estimate.write(work, problem->estimates(widths));
  busy.ranks[0].busy_s += seconds_since(finished);
  return true;
}

}  // namespace infoplane
