#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "core/stop_signals.hpp"
#include "jobs/commands.hpp"

namespace infoplane::jobs {
namespace {

/// The value of --threads before there is a parser; "" leaves it to the parser to refuse nonsense.
std::string threads_asked_for(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--threads" && i + 1 < argc) return argv[i + 1];
    if (word.rfind("--threads=", 0) == 0) return word.substr(10);
  }
  const char* variable = std::getenv("INFOPLANE_THREADS");
  return variable == nullptr ? "1" : variable;
}

std::string command_of(int argc, char** argv) { return argc > 1 ? argv[1] : ""; }

/// The commands that compute for long.
bool computes(int argc, char** argv) {
  const std::string word = command_of(argc, argv);
  return word == "run" || word == "estimate";
}

}  // namespace

void watch_for_signals(int argc, char** argv) {
  if (computes(argc, argv)) catch_stop_signals();
}

void pin_threads(int argc, char** argv) {
  // A plan may measure what the others will take.
  if (!computes(argc, argv) && command_of(argc, argv) != "plan") return;
  const std::string threads = threads_asked_for(argc, argv);
  if (threads.empty() || threads.find_first_not_of("0123456789") != std::string::npos) return;
  bool right = true;
  for (const char* name : {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && threads == value) continue;
    setenv(name, threads.c_str(), 1);
    right = false;
  }
  if (right) return;
  hold_stop_signals();
  execv("/proc/self/exe", argv);
  std::fprintf(
      stderr,
      "infoplane cannot start itself again with OMP_NUM_THREADS=%s set (%s): set it before\n",
      threads.c_str(), std::strerror(errno));
  std::exit(static_cast<int>(ExitCode::usage));
}

}  // namespace infoplane::jobs
