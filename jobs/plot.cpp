#include <fmt/format.h>
#include <langinfo.h>
#include <unistd.h>

#include <clocale>
#include <cstdio>
#include <string>

#include "analysis/plane_text.hpp"
#include "core/terminal.hpp"
#include "jobs/commands.hpp"
#include "store/run_directory.hpp"

namespace infoplane::jobs {

ExitCode perform(const PlotCommand& command, const Communicator& comm) {
  if (!comm.is_root()) return ExitCode::done;
  const RunDirectory run(command.run);
  run.require_results();
  const ResultsTable table = read_results(run.results());
  const BestTrial shown = command.trial.empty()
                              ? best_trial(table, trials_where(table, command.where))
                              : BestTrial{trial_index(table, command.trial), ""};
  std::setlocale(LC_CTYPE, "");
  TerminalStyle style;
  style.columns = terminal_columns(STDOUT_FILENO);
  style.colour = wants_colour(STDOUT_FILENO);
  style.unicode = std::string(nl_langinfo(CODESET)) == "UTF-8";
  const std::string text = plane_text(table, shown.trial, {command.sigma2, command.bound}, style);
  std::fputs(text.c_str(), stdout);
  if (command.trial.empty() && table.trials.size() > 1) {
    const std::string why = shown.accuracy.empty()
                                ? "The first trial that is done"
                                : "The best trial by " + shown.accuracy + " accuracy";
    fmt::print("\n{}; --trial ID or --where key=value shows another.\n", why);
  }
  return ExitCode::done;
}

}  // namespace infoplane::jobs
