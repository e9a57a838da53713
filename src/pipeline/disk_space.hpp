#pragma once

#include <cstdint>

#include "pipeline/run_plan.hpp"
#include "store/results_table.hpp"
#include "store/run_directory.hpp"

// Internal to the room.

namespace infoplane {

/// Bytes of the checkpoints of a job on `ranks` ranks, at most: two for each trial that is trained
/// at a time, and one that is just written.
std::uint64_t checkpoint_bytes(const RunPlan& plan, int ranks);

/// Throws InputError with the bytes needed and free when the disk is too small: for a run that is
/// not made yet both files, results.nc once more as it is replaced when the job ends, and
/// checkpoints; for one that is there what a job adds for a while.
void require_disk_space(const RunPlan& plan, const RunDirectory& run, int ranks);
/// The same for these results beside those that they are to replace.
void require_disk_space(const ResultsTable& results, const RunDirectory& run);

}  // namespace infoplane
