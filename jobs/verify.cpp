#include <fmt/format.h>

#include <cstdio>
#include <filesystem>

#include "analysis/equality.hpp"
#include "jobs/commands.hpp"

namespace infoplane::jobs {

ExitCode perform(const VerifyCommand& command, const Communicator& comm) {
  if (!comm.is_root()) return ExitCode::done;
  const RunDirectory first(command.runs.at(0));
  const bool pair = command.runs.size() == 2;
  const std::vector<std::string> findings =
      pair ? run_differences(first, RunDirectory(command.runs[1])) : run_defects(first);
  for (const std::string& finding : findings) fmt::print("{}\n", finding);
  for (const std::string& run : command.runs) {
    if (!std::filesystem::exists(RunDirectory(run).activations())) {
      fmt::print("{} has no activations.h5: recorded layers are not looked at\n", run);
    }
  }
  if (findings.empty()) {
    fmt::print("{}\n", pair ? "equal: the two runs have the same bits"
                            : "sound: checksums, ceilings and completeness hold");
  }
  return findings.empty() ? ExitCode::done : ExitCode::trials_failed;
}

}  // namespace infoplane::jobs
