#pragma once

#include "pipeline/run_plan.hpp"
#include "store/run_directory.hpp"

// Internal to the room.

namespace infoplane {

/// Not collective, under the lock of the run: settles trials that a job left `running`, as it was
/// killed, by what is known of their ends (store/last_words_file.hpp).
///
/// One that was told to end is pending again, as if the attempt had not been. One that ended its
/// rank three times in a row, never getting further than before (to another checkpoint), is put in
/// quarantine: where it crashed, or was the only one that fell silent, as others are told to end
/// when a rank dies. Where several fell silent at once, the whole job was killed and any of them
/// may just have been there: ten times.
/// Checkpoints of trials that are finished are removed. Throws InputError.
void settle_killed_trials(const RunPlan& plan, const RunDirectory& run);

}  // namespace infoplane
