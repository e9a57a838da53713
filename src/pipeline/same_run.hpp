#pragma once

#include "comm/communicator.hpp"
#include "config/sweep_file.hpp"
#include "store/results_table.hpp"
#include "store/run_directory.hpp"

// Whether a job may go on with a run that is there. Internal to the room; not collective.

namespace infoplane {

/// Throws UsageError with the keys that differ when the run was made from another sweep.
void refuse_another_sweep(const config::SweepFile& sweep, const RunDirectory& run);

/// Throws UsageError when the run was made with another number of threads per rank: its numbers
/// would not have the same bits. Warns when it was made by another build, LibTorch, BLAS or
/// processor, or estimated on another kind of device, which may change the last bits.
void require_same_arithmetic(const ResultsTable& table, const Provenance& now,
                             const RunDirectory& run);

}  // namespace infoplane
