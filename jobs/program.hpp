#pragma once

#include <functional>
#include <type_traits>

#include "comm/communicator.hpp"
#include "core/errors.hpp"
#include "jobs/commands.hpp"

// infoplane is two programs. LibTorch and what it brings are 250 libraries, a second to load
// on a slow machine and more from a cold network disk, and `infoplane status` has no use for them.
// So the program that is called so has only what reads results; it becomes infoplane-torch, beside
// it, for all else.

namespace infoplane::jobs {

/// What both programs do: calls `at_start`, parses, calls `before`, starts MPI and calls `perform`
/// on every rank. Returns the exit code. Errors are reported once, also those before MPI.
int run_program(
    int argc, char** argv, const std::function<void()>& at_start,
    const std::function<void(const Command& command)>& before,
    const std::function<ExitCode(const Command& command, const Communicator& comm)>& perform);

/// Replaces this process by infoplane-torch. It computes with so many threads, whatever
/// OMP_NUM_THREADS says: the BLAS reads its variables while it is loaded, before main. 0 leaves
/// them alone. `waits_for_signals`: those to stop are kept for it. Throws InputError where it is
/// not there.
[[noreturn]] void become_infoplane_torch(char** argv, int threads, bool waits_for_signals);

/// Throws InputError where infoplane-torch was started by an infoplane of another build: they would
/// read the command line, and the files of a run, in different ways. One that was started by
/// something that does not say its build is taken for the same.
void require_same_build();

/// Whether it computes with so many threads: not where somebody started it without infoplane.
bool are_pinned_to(int threads);

/// The threads that a command computes with; 0: it computes nothing, or as the environment says.
template <class T>
int threads_of(const T& command) {
  // A plan may measure what the others will take.
  if constexpr (computes<T> || std::is_same_v<T, PlanCommand>) {
    return command.threads;
  } else {
    return 0;
  }
}

}  // namespace infoplane::jobs
