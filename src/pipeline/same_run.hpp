#pragma once

#include <string>

#include "comm/communicator.hpp"
#include "config/sweep_file.hpp"
#include "store/results_table.hpp"
#include "store/run_directory.hpp"

// Whether a job may go on with a run that is there. Internal to the room; not collective.

namespace infoplane {

/// What became of a run whose trials do not fit what the sweep gives them now, and what to do.
constexpr const char* data_or_plugin_changed =
    "the data or a plugin are not those that the run was begun with. Bring these back, or start "
    "anew in another --out";

/// Throws UsageError with the keys that differ when the run was made from another sweep, and
/// `what_helps`; "": what usually does.
void refuse_another_sweep(const config::SweepFile& sweep, const RunDirectory& run,
                          const std::string& what_helps = "");

/// Throws InputError where a folder without a sweep.toml has trials that were trained: a run is not
/// begun over them. Those of a start that was killed have none.
void refuse_orphans(const RunDirectory& run);

/// The text of sweep.toml.
std::string resolved_text(const config::SweepFile& sweep);

bool is_same_sweep(const config::SweepFile& sweep, const RunDirectory& run);

/// The same as refuse_another_sweep(), but lets pass what shows in the trials: a larger grid. What
/// is recorded and estimated has to be the same.
void refuse_other_settings(const config::SweepFile& sweep, const RunDirectory& run);

/// Throws UsageError when the run was made with another number of threads per rank: its numbers
/// would not have the same bits. Warns when it was made by another build, LibTorch, BLAS or
/// processor, or estimated on another kind of device, which may change the last bits.
void require_same_arithmetic(const ResultsTable& table, const Provenance& now,
                             const RunDirectory& run);

}  // namespace infoplane
