#include "pipeline/estimate_phase.hpp"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <vector>

#include "comm/guard.hpp"
#include "comm/serialized.hpp"
#include "comm/ticket_service.hpp"
#include "core/log.hpp"
#include "core/progress.hpp"
#include "core/text.hpp"
#include "pipeline/snapshot_estimator.hpp"
#include "pipeline/snapshot_work.hpp"
#include "store/activations_file.hpp"
#include "store/results_file.hpp"

namespace infoplane {
namespace {

/// Tickets big enough that asking costs nothing and small enough to fill all ranks evenly.
constexpr double ticket_s = 0.5;

/// Ranges [begin, end) of `work` of about ticket_s each.
struct Batch {
  std::size_t begin;
  std::size_t end;
  double cost_s;
};

std::vector<Batch> batches_of(const std::vector<SnapshotWork>& work) {
  std::vector<Batch> batches;
  for (std::size_t i = 0; i < work.size(); ++i) {
    if (batches.empty() || batches.back().cost_s >= ticket_s) batches.push_back({i, i, 0});
    batches.back().end = i + 1;
    batches.back().cost_s += work[i].cost_s;
  }
  return batches;
}

}  // namespace

std::int64_t estimate_outstanding(const Communicator& comm, const RunDirectory& run) {
  std::vector<SnapshotWork> work;
  std::vector<double> sigma2;
  std::vector<std::string> bounds;
  on_root(comm, [&] {
    const ResultsTable table = read_results(run.results());
    sigma2 = table.sigma2;
    bounds = table.bounds;
    work = find_outstanding(table);
    if (work.empty()) return;
    if (!std::filesystem::exists(run.activations())) {
      throw InputError(fmt::format(
          "{} is gone: {} snapshots have estimates missing, and without activations there is "
          "nothing to estimate",
          run.activations().string(), work.size()));
    }
    ActivationsFile(run.activations(), ActivationsFile::Access::read, Communicator::serial())
        .require_trials(table.trials);
  });
  broadcast(comm, work);
  broadcast(comm, sigma2);
  broadcast(comm, bounds);
  if (work.empty()) return 0;

  const std::vector<Batch> batches = batches_of(work);
  std::vector<double> costs;
  double total = 0;
  for (const Batch& batch : batches) {
    costs.push_back(batch.cost_s);
    total += batch.cost_s;
  }
  std::unique_ptr<Progress> progress;
  if (comm.is_root()) {
    log_info("estimating {}", count_of(static_cast<std::int64_t>(work.size()), "snapshot"));
    progress =
        std::make_unique<Progress>("estimating", static_cast<std::int64_t>(work.size()), total);
  }

  // A rank that cannot open what the others can must not unwind: closing is collective.
  std::optional<ActivationsFile> activations;
  std::optional<ResultsFile> results;
  alone_or_abort(comm, [&] {
    activations.emplace(run.activations(), ActivationsFile::Access::read, comm);
    results.emplace(run.results(), comm);
    SnapshotEstimator estimate(*activations, *results, sigma2, bounds);
    TicketService service(comm, costs, [&](const TicketReport& report) {
      const Batch& batch = batches[static_cast<std::size_t>(report.ticket)];
      progress->advance(static_cast<std::int64_t>(batch.end - batch.begin), batch.cost_s);
    });
    for_each_ticket(service, [&](std::size_t ticket) {
      for (std::size_t i = batches[ticket].begin; i < batches[ticket].end; ++i) {
        service.serve();
        estimate(work[i]);
      }
      return false;
    });
  });
  return static_cast<std::int64_t>(work.size());
}

}  // namespace infoplane
