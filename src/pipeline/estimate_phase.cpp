#include "pipeline/estimate_phase.hpp"

#include <fmt/format.h>

#include <chrono>
#include <limits>
#include <memory>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "comm/guard.hpp"
#include "comm/serialized.hpp"
#include "comm/ticket_service.hpp"
#include "core/log.hpp"
#include "core/progress.hpp"
#include "core/text.hpp"
#include "pipeline/estimate_together.hpp"
#include "pipeline/snapshot_estimator.hpp"
#include "pipeline/snapshot_noise.hpp"
#include "pipeline/snapshot_work.hpp"
#include "store/activations_file.hpp"
#include "store/results_file.hpp"

namespace infoplane {
namespace {

/// What the ranks need to know of the work, rank 0 having read it.
struct Outstanding {
  std::vector<SnapshotWork> work;
  std::size_t recorded = 0;  ///< snapshots, on rank 0
  std::vector<Noise> sigma2;
  std::vector<std::string> bounds;

  std::vector<double> costs() const {
    std::vector<double> costs;
    for (const SnapshotWork& snapshot : work) costs.push_back(snapshot.cost_s);
    return costs;
  }
};

/// Collective.
Outstanding read_outstanding(const Communicator& comm, const RunDirectory& run) {
  Outstanding out;
  on_root(comm, [&] {
    const ResultsTable table = read_results(run.results());
    out.sigma2 = table.sigma2;
    out.bounds = table.bounds;
    out.work = find_outstanding(table);
    if (out.work.empty()) return;
    out.recorded = count_recorded(table);
    if (!std::filesystem::exists(run.activations())) {
      throw InputError(fmt::format(
          "{} is gone: {} snapshots have estimates missing, and without activations there is "
          "nothing to estimate",
          run.activations().string(), out.work.size()));
    }
    ActivationsFile(run.activations(), ActivationsFile::Access::read, Communicator::serial())
        .require_trials(table.trials);
  });
  broadcast(comm, out.work);
  broadcast_noise(comm, out.sigma2);
  broadcast(comm, out.bounds);
  return out;
}

void tell_busy(const BusyLog& busy, JobStatus* status) {
  for (std::size_t rank = 0; status != nullptr && rank < busy.ranks.size(); ++rank)
    status->was_busy(static_cast<int>(rank), busy.ranks[rank].busy_s);
}

/// Collective: tickets of whole snapshots, each rank by itself. Returns how many were estimated, on
/// rank 0.
std::int64_t estimate_whole(const Communicator& comm, SnapshotEstimator& estimate,
                            const std::vector<SnapshotWork>& work, const SpreadWork& spread,
                            Progress* progress, BusyLog& busy, StopRequest* stop,
                            JobStatus* status) {
  std::int64_t estimated = 0;
  std::vector<double> costs;
  for (const WorkRange& ticket : spread.tickets) costs.push_back(ticket.cost_s);
  TicketService service(
      comm, costs,
      [&](const TicketReport& report) {
        const WorkRange& ticket = spread.tickets[static_cast<std::size_t>(report.ticket)];
        estimated += report.count;
        if (report.failed == 0)
          progress->advance(static_cast<std::int64_t>(ticket.end - ticket.begin), ticket.cost_s);
        if (status == nullptr) return;
        status->estimates_came_back(report, ticket.end - ticket.begin, ticket.cost_s);
        status->was_busy(report.rank, report.seconds + report.outside_s);
      },
      {}, stop);
  for_each_ticket(service, [&](std::size_t ticket) {
    bool stopped = false;
    for (std::size_t i = spread.tickets[ticket].begin; i < spread.tickets[ticket].end && !stopped;
         ++i)
      stopped = !estimate(work[spread.whole[i]], [&] { return service.stop_wanted(); });
    service.count(estimate.take_count());
    return stopped;
  });
  busy += service.busy_log();
  return estimated;
}

}  // namespace

EstimateOutcome estimate_outstanding(const Communicator& comm, const RunDirectory& run,
                                     const SpreadSettings& settings, const ComputeDevice& device,
                                     StopRequest* stop, JobStatus* status) {
  const Outstanding outstanding = read_outstanding(comm, run);
  const std::vector<SnapshotWork>& work = outstanding.work;
  if (work.empty()) return {};
  const std::vector<double> costs = outstanding.costs();
  SpreadSettings spread_settings = settings;
  if (device.kind == ComputeDevice::Kind::cuda) {
    spread_settings.cut_from_s = std::numeric_limits<double>::infinity();
  }
  const SpreadWork spread = spread_work(costs, comm.size(), spread_settings);
  std::unique_ptr<Progress> progress;
  if (comm.is_root()) {
    std::set<std::uint64_t> sigma2;
    for (const SnapshotWork& snapshot : work)
      sigma2.insert(snapshot.sigma2.begin(), snapshot.sigma2.end());
    const double all_s = std::accumulate(costs.begin(), costs.end(), 0.0);
    // What a device takes is not predicted.
    const std::string time = device.kind == ComputeDevice::Kind::cpu
                                 ? ", about " + format_seconds(all_s / comm.size())
                                 : "";
    log_info("estimating {} at {}{}{}",
             count_of(static_cast<std::int64_t>(work.size()), "snapshot"),
             count_of(static_cast<std::int64_t>(sigma2.size()), "noise variance"), time,
             spread.cut.empty() ? "" : fmt::format(" ({} cut among the ranks)", spread.cut.size()));
    progress =
        std::make_unique<Progress>("estimating", static_cast<std::int64_t>(work.size()), all_s);
  }

  if (status != nullptr && comm.is_root()) {
    status->begin_estimating(outstanding.recorded - work.size(), outstanding.recorded,
                             std::accumulate(costs.begin(), costs.end(), 0.0));
  }

  EstimateOutcome outcome;
  const auto last_words = [&](const std::string& what) {
    if (status != nullptr) status->end(JobPhase::failed, what);
  };
  // A rank that cannot open what the others can must not unwind: closing is collective.
  std::optional<ActivationsFile> activations;
  std::optional<ResultsFile> results;
  alone_or_abort(comm, last_words, [&] {
    activations.emplace(run.activations(), ActivationsFile::Access::read, comm);
    results.emplace(run.results(), comm);
    SnapshotEstimator estimate(*activations, *results, outstanding.sigma2, outstanding.bounds,
                               device);
    comm.barrier();  // some were later with opening the files, which is not estimating
    const auto start = std::chrono::steady_clock::now();
    if (comm.is_root()) outcome.busy.ranks.resize(static_cast<std::size_t>(comm.size()));
    // Cut ones first: the short tickets of the whole ones then even out how the ranks end.
    bool stopped = false;
    for (const std::size_t i : spread.cut) {
      stopped = !estimate_together(
          comm, estimate, work[i], [&](double cost_s) { progress->advance(0, cost_s); },
          outcome.busy, stop);
      if (stopped) break;
      ++outcome.snapshots;
      if (progress) progress->advance(1, 0);
      if (status != nullptr) status->estimated(1, costs[i]);
    }
    tell_busy(outcome.busy, status);
    if (!stopped && !spread.tickets.empty()) {
      outcome.snapshots +=
          estimate_whole(comm, estimate, work, spread, progress.get(), outcome.busy, stop, status);
    }
    outcome.busy.wall_s =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  });
  broadcast(comm, outcome.snapshots);
  if (stop != nullptr) stop->agree(comm);
  return outcome;
}

}  // namespace infoplane
