#pragma once

namespace infoplane {

/// Where this process writes, from inside the signal handler, how it came to end while it was busy:
/// "told to end\n" at a stop signal (core/stop_signals.hpp), "crashed: SIGSEGV\n" at a crash. The
/// first word is the only one. A process that was told to end before says so at once. `file` is
/// open for writing; -1: nobody wants to know.
void say_last_words_to(int file);

/// From here on crashes (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT) are said; what they did before
/// happens after it. To be called after MPI has set its own handlers. More than once is fine.
void catch_crashes();

/// For signal handlers.
void say_told_to_end();

}  // namespace infoplane
