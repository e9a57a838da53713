#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <string>
#include <system_error>

#include "core/stop_signals.hpp"
#include "core/version.hpp"
#include "jobs/program.hpp"

namespace infoplane::jobs {
namespace {

constexpr const char* variables[] = {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"};

/// What binds a process to one core as soon as its OpenMP is loaded; how many threads it then may
/// have is no longer what it was told.
constexpr const char* bindings[] = {"OMP_PROC_BIND", "OMP_PLACES", "GOMP_CPU_AFFINITY",
                                    "KMP_AFFINITY"};

constexpr const char* started_by = "INFOPLANE_STARTED_BY";

std::string build_text() {
  const BuildInfo build = build_info();
  return fmt::format("{} ({}, {}, {})", build.version, build.git_state, build.build_type,
                     build.compiler);
}

}  // namespace

void require_same_build() {
  const char* const other = std::getenv(started_by);
  if (other == nullptr) return;
  const std::string build = other;
  unsetenv(started_by);  // what this one starts is not its business
  if (build == build_text()) return;
  throw InputError(fmt::format(
      "infoplane is {}, and infoplane-torch beside it is {}: build or install both again", build,
      build_text()));
}

void become_infoplane_torch(char** argv, int threads, bool waits_for_signals) {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) throw InputError("cannot tell where infoplane is: /proc/self/exe: " + error.message());
  const std::string other = self.parent_path() / "infoplane-torch";
  if (threads > 0) {
    for (const char* name : variables) setenv(name, std::to_string(threads).c_str(), 1);
    for (const char* name : bindings) unsetenv(name);
  }
  setenv(started_by, build_text().c_str(), 1);
  if (waits_for_signals) hold_stop_signals();
  execv(other.c_str(), argv);
  const int reason = errno;
  release_stop_signals();
  throw InputError(fmt::format(
      "cannot start {} ({}){}", other, std::strerror(reason),
      reason == ENOENT ? ": it is a part of infoplane, keep it beside " + self.string() : ""));
}

bool are_pinned_to(int threads) {
  return std::all_of(std::begin(variables), std::end(variables), [&](const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr && value == std::to_string(threads);
  });
}

}  // namespace infoplane::jobs
