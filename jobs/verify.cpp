#include <fmt/format.h>

#include <cstdio>
#include <filesystem>

#include "analysis/equality.hpp"
#include "core/text.hpp"
#include "jobs/commands.hpp"
#include "store/results_table.hpp"

namespace infoplane::jobs {

namespace {

constexpr std::size_t most_findings = 10;

/// A run with trials that failed is sound, but nobody should have to look for them.
void print_unhappy_trials(const RunDirectory& run) {
  const ResultsTable table = read_results(run.results());
  for (std::size_t t = 0; t < table.trials.size(); ++t) {
    const TrialState state = table.state_of(t);
    if (state == TrialState::failed || state == TrialState::quarantined)
      fmt::print("{}", wrap_lines(fmt::format("trial {} is {}: {}\n", table.trials[t],
                                              name_of(state), table.failure[t]),
                                  79));
  }
}

}  // namespace

ExitCode perform(const VerifyCommand& command, const Communicator& comm) {
  if (!comm.is_root()) return ExitCode::done;
  const RunDirectory first(command.runs.at(0));
  const bool pair = command.runs.size() == 2;
  const std::vector<std::string> findings =
      pair ? run_differences(first, RunDirectory(command.runs[1]), most_findings)
           : run_defects(first, most_findings);
  for (const std::string& finding : findings) fmt::print("{}\n", finding);
  if (findings.size() >= most_findings)
    fmt::print("... these are the first {}: there may be more\n", most_findings);
  for (const std::string& run : command.runs) {
    if (!std::filesystem::exists(RunDirectory(run).activations())) {
      fmt::print("{} has no activations.h5: recorded layers are not looked at\n", run);
    }
  }
  if (!pair) print_unhappy_trials(first);
  if (findings.empty()) {
    fmt::print("{}\n", pair ? "equal: the two runs have the same bits"
                            : "sound: checksums, ceilings and completeness hold");
  }
  return findings.empty() ? ExitCode::done : ExitCode::trials_failed;
}

}  // namespace infoplane::jobs
