#pragma once

#include "pipeline/run_plan.hpp"
#include "store/run_directory.hpp"

// Internal to the room.

namespace infoplane {

/// Not collective, under the lock of the run: settles trials that a job left `running`, as it was
/// killed. A trial of which several attempts in a row ended so, none of them getting further than
/// the one before (to another checkpoint), is put in quarantine: three attempts where it was the
/// only one left running, as a rank that dies by itself leaves the others the time to stop in
/// order; ten where others were, and it may just have been there when the whole job was killed.
/// Checkpoints of trials that are finished are removed. Throws InputError.
void settle_killed_trials(const RunPlan& plan, const RunDirectory& run);

}  // namespace infoplane
