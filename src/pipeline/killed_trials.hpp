#pragma once

#include "pipeline/run_plan.hpp"
#include "store/run_directory.hpp"

// Internal to the room.

namespace infoplane {

/// Not collective, under the lock of the run: settles trials that a job left `running`, as it was
/// killed, by what is known of their ends (store/last_words_file.hpp).
///
/// Where a rank died by itself, the others were told to end: their trials are pending again, as if
/// the attempt had not been. A trial that ended its rank three times in a row, never getting
/// further than before (to another checkpoint), is put in quarantine: it crashed, or was the only
/// one that fell silent. Where several fell silent, or all were told to end and did not in time,
/// the whole job was killed and any of them may just have been there: ten times, for one of them
/// may hang. Checkpoints of trials that are finished are removed. Throws InputError.
void settle_killed_trials(const RunPlan& plan, const RunDirectory& run);

}  // namespace infoplane
