#pragma once

#include "comm/communicator.hpp"
#include "core/errors.hpp"
#include "pipeline/run.hpp"

namespace infoplane::jobs {

/// Says on stderr how a run stands and what can be done with it; the exit code that follows from
/// it.
ExitCode conclude(const Communicator& comm, const RunDirectory& run, const RunSummary& summary);

}  // namespace infoplane::jobs
