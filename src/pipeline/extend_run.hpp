#pragma once

#include "comm/communicator.hpp"
#include "pipeline/run_plan.hpp"
#include "store/run_directory.hpp"

// How a run gets the trials of a larger grid. Internal to the room; not collective: rank 0, under
// the lock of the run.

namespace infoplane {

/// Adds the trials of `plan` that the run does not have. All that is there is copied into new files
/// beside the old ones, which they replace when they are complete. Returns the number of trials
/// added, 0 when the run is of this sweep already.
///
/// Throws UsageError with the difference when the sweeps differ by more than trials, or a trial of
/// the run is not one of the plan; InputError when files are damaged, gone, or the disk is full:
/// then the run is as it was.
std::size_t extend_run(const Communicator& comm, const RunPlan& plan, const RunDirectory& run);

/// Whether a job was killed while it put new files in the place of the old ones.
bool is_being_extended(const RunDirectory& run);

/// A job may have been killed while it put the new files in the place of the old ones: goes on with
/// it. Removes what one that was killed before left behind.
void finish_extension(const RunDirectory& run);

}  // namespace infoplane
