#include "analysis/compare.hpp"

#include <cstdio>

#include "core/log.hpp"
#include "jobs/commands.hpp"
#include "store/run_directory.hpp"

namespace infoplane::jobs {

ExitCode perform(const CompareCommand& command, const Communicator& comm) {
  if (!comm.is_root()) return ExitCode::done;
  std::vector<NamedRun> runs;
  for (const std::string& path : command.runs) {
    const RunDirectory run(path);
    run.require_results();
    runs.push_back({path, read_results(run.results())});
  }
  const Comparison comparison =
      compare_runs(runs, {command.sigma2, command.bound}, command.sort, command.where);
  if (command.csv || command.json) {  // who reads these reads nothing else on stdout
    for (const std::string& remark : remarks(comparison)) log_warning("{}", remark);
  }
  const std::string text = command.csv    ? comparison_csv(comparison)
                           : command.json ? comparison_json(comparison)
                                          : comparison_text(comparison);
  std::fputs(text.c_str(), stdout);
  return ExitCode::done;
}

}  // namespace infoplane::jobs
