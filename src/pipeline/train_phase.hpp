#pragma once

#include <cstddef>
#include <vector>

#include "comm/communicator.hpp"
#include "pipeline/run_plan.hpp"
#include "store/run_directory.hpp"

namespace infoplane {

/// Collective: trains the trials of `todo` (positions in the plan, the same on every rank), one
/// rank a trial, and writes their snapshots, metrics and ledger entries. A trial that throws or
/// diverges is recorded as failed and the sweep goes on.
void train_trials(const Communicator& comm, const RunPlan& plan, const RunDirectory& run,
                  const std::vector<std::size_t>& todo);

}  // namespace infoplane
