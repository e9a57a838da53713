#include "core/version.hpp"

#include <fmt/format.h>

#include "jobs/commands.hpp"
#include "pipeline/provenance.hpp"

namespace infoplane::jobs {

ExitCode perform(const VersionCommand&, const Communicator& comm) {
  if (!comm.is_root()) return ExitCode::done;
  const BuildInfo build = build_info();
  fmt::print("infoplane {} ({}), {}, {}\n", build.version, build.git_state, build.build_type,
             build.compiler);
  for (const auto& [name, value] : library_versions())
    fmt::print("  {:<10} {}\n", name, to_string(value));
  return ExitCode::done;
}

}  // namespace infoplane::jobs
