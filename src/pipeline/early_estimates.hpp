#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "comm/communicator.hpp"
#include "comm/ticket_queue.hpp"
#include "comm/work_ranges.hpp"
#include "pipeline/run_plan.hpp"
#include "pipeline/snapshot_work.hpp"
#include "store/run_directory.hpp"

// Internal to the room.

namespace infoplane {

/// Work of these costs in short pieces, because all ranks wait for the last of them when training
/// is over.
std::vector<WorkRange> filler_ranges(const std::vector<double>& cost_s);

/// What ranks for which no trial is left estimate while others still train, in short tickets.
///
/// A rank estimates trials that it trained itself: MPI promises a process that it reads what it has
/// written through the same open file, but of another's writes only after both have synchronised,
/// which the ranks that train cannot. Trials that an earlier job has finished are anybody's.
class EarlyEstimates {
 public:
  /// Collective. `todo`: the trials to train, positions in the plan, ascending. Throws InputError.
  EarlyEstimates(const Communicator& comm, const RunPlan& plan, const RunDirectory& run,
                 const std::vector<std::size_t>& todo);

  /// For the ticket service, with tickets in the order of `todo`.
  std::vector<Filler> fillers() const;
  /// The snapshots of one of them.
  std::vector<SnapshotWork> work(std::size_t filler) const;
  /// How many these are, and what they are predicted to take.
  const WorkRange& range(std::size_t filler) const { return ranges_.at(filler); }

  /// Snapshots of trials that an earlier job trained: of how many estimates are missing and what
  /// these are predicted to take, and of how many none are, on rank 0.
  std::size_t older_snapshots() const { return older_.size(); }
  double older_cost_s() const;
  std::size_t older_done() const { return older_done_; }

  const std::vector<Noise>& sigma2() const { return axes_.sigma2; }
  const std::vector<std::string>& bounds() const { return axes_.bounds; }

 private:
  std::vector<SnapshotWork> snapshots_of(std::size_t ticket) const;

  const RunPlan& plan_;
  std::vector<std::size_t> todo_;
  ResultsTable axes_;
  std::vector<SnapshotWork> older_;  ///< of trials that an earlier job trained
  std::size_t older_done_ = 0;
  std::vector<WorkRange> ranges_;   ///< of each filler, in the snapshots of its ticket or in older_
  std::vector<std::size_t> first_;  ///< number of the first filler of each ticket, then of older_
};

}  // namespace infoplane
