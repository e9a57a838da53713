#pragma once

#include "comm/communicator.hpp"

// Internal to the room.

namespace infoplane {

/// Collective. Throws UsageError where a rank may run on fewer cores than it is to have threads, as
/// where mpirun binds each of one or two ranks to a core: the libraries then use fewer threads
/// without a word, and results are not those of so many threads.
void require_cores(const Communicator& comm, int threads);

/// The same for a rank that may run on so many cores.
void require_cores(const Communicator& comm, int threads, int cores);

}  // namespace infoplane
