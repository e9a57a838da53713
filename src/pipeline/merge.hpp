#pragma once

#include <cstddef>
#include <vector>

#include "store/run_directory.hpp"

namespace infoplane {

/// What `merge_runs` has made.
struct MergeSummary {
  std::size_t trials = 0;
  std::size_t failed = 0;        ///< or quarantined
  std::size_t unfinished = 0;    ///< a run of the sweep goes on with them
  bool has_activations = false;  ///< false when the runs have none
};

enum class MergeContent { everything, results };

/// Makes the run directory `out` of the shards of one sweep: what a run of the whole sweep would
/// have made, with the same bits. The runs stay as they are. Activations are copied snapshot by
/// snapshot; what is read must have the checksum of its ledger entry, and what was written is read
/// again. With MergeContent::results, or where no run has activations, only results are merged.
///
/// Not collective: one process. Throws UsageError when `out` holds a run or the runs are not the
/// shards of one sweep, with the difference; InputError when a run is missing, damaged, or in use.
MergeSummary merge_runs(const RunDirectory& out, const std::vector<RunDirectory>& runs,
                        MergeContent content);

}  // namespace infoplane
