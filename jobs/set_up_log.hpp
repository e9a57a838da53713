#pragma once

#include "comm/communicator.hpp"
#include "jobs/commands.hpp"
#include "store/run_directory.hpp"

namespace infoplane::jobs {

/// Collective: how much is said on stderr and, when asked for, a file for each rank in the run's
/// folder, which is made when it is new. Throws as RunDirectory::prepare.
void set_up_log(const Communicator& comm, const RunDirectory& run, const LogChoice& choice);

}  // namespace infoplane::jobs
