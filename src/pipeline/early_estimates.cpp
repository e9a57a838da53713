#include "pipeline/early_estimates.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "comm/serialized.hpp"
#include "pipeline/snapshot_noise.hpp"

namespace infoplane {
namespace {

constexpr double filler_s = 0.1;

std::vector<WorkRange> ranges_of(const std::vector<SnapshotWork>& work) {
  std::vector<double> costs;
  for (const SnapshotWork& snapshot : work) costs.push_back(snapshot.cost_s);
  return filler_ranges(costs);
}

std::vector<SnapshotWork> part_of(const std::vector<SnapshotWork>& work, const WorkRange& range) {
  const auto first = work.begin();
  return {first + static_cast<std::ptrdiff_t>(range.begin),
          first + static_cast<std::ptrdiff_t>(range.end)};
}

}  // namespace

std::vector<WorkRange> filler_ranges(const std::vector<double>& cost_s) {
  return shrinking_ranges(cost_s, 1, {filler_s, filler_s});
}

EarlyEstimates::EarlyEstimates(const Communicator& comm, const RunPlan& plan,
                               const RunDirectory& run, const std::vector<std::size_t>& todo)
    : plan_(plan),
      todo_(todo),
      axes_(empty_results(plan.layout, plan.row_set_entropy, {}, {}, {})) {
  // The file may have noise variances that the sweep has not.
  on_root(comm, [&] {
    ResultsTable table = read_results(run.results());
    older_ = find_outstanding(table);
    const auto is_todo = [&](const SnapshotWork& work) {
      return std::binary_search(todo.begin(), todo.end(), work.trial);
    };
    older_.erase(std::remove_if(older_.begin(), older_.end(), is_todo), older_.end());
    older_done_ = count_recorded(table, todo) - older_.size();
    axes_.sigma2 = std::move(table.sigma2);
    axes_.bounds = std::move(table.bounds);
  });
  broadcast(comm, older_);
  broadcast_noise(comm, axes_.sigma2);
  broadcast(comm, axes_.bounds);

  const auto append = [&](const std::vector<WorkRange>& ranges) {
    first_.push_back(ranges_.size());
    ranges_.insert(ranges_.end(), ranges.begin(), ranges.end());
  };
  for (std::size_t ticket = 0; ticket < todo_.size(); ++ticket)
    append(ranges_of(snapshots_of(ticket)));
  append(ranges_of(older_));
}

std::vector<Filler> EarlyEstimates::fillers() const {
  std::vector<Filler> fillers(ranges_.size());
  for (std::size_t ticket = 0; ticket < todo_.size(); ++ticket) {
    for (std::size_t k = first_[ticket]; k < first_[ticket + 1]; ++k) fillers[k].after = ticket;
  }
  return fillers;
}

std::vector<SnapshotWork> EarlyEstimates::work(std::size_t filler) const {
  if (filler >= first_.back()) return part_of(older_, ranges_.at(filler));
  const auto after = std::upper_bound(first_.begin(), first_.end(), filler);
  return part_of(snapshots_of(static_cast<std::size_t>(after - first_.begin()) - 1),
                 ranges_.at(filler));
}

double EarlyEstimates::older_cost_s() const {
  return std::accumulate(
      older_.begin(), older_.end(), 0.0,
      [](double sum, const SnapshotWork& snapshot) { return sum + snapshot.cost_s; });
}

std::vector<SnapshotWork> EarlyEstimates::snapshots_of(std::size_t ticket) const {
  const std::size_t trial = todo_[ticket];
  return all_snapshots_of(axes_, trial, plan_.layout.trials[trial].epochs);
}

}  // namespace infoplane
