#include <fmt/format.h>
#include <langinfo.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <cmath>
#include <cstdio>
#include <string>

#include "analysis/plane_text.hpp"
#include "core/terminal.hpp"
#include "jobs/commands.hpp"
#include "store/run_directory.hpp"

namespace infoplane::jobs {

namespace {

/// By what the trial was chosen: the accuracy on rows that were not trained on, where there are
/// any.
const char* chosen_by(const ResultsTable& table) {
  const auto has = [](const std::vector<double>& accuracy) {
    return std::any_of(accuracy.begin(), accuracy.end(),
                       [](double value) { return !std::isnan(value); });
  };
  return has(table.test_accuracy)         ? "The best trial by test accuracy"
         : has(table.validation_accuracy) ? "The best trial by validation accuracy"
         : has(table.train_accuracy)      ? "The best trial by training accuracy"
                                          : "The first trial that is done";
}

}  // namespace

ExitCode perform(const PlotCommand& command, const Communicator& comm) {
  if (!comm.is_root()) return ExitCode::done;
  const RunDirectory run(command.run);
  run.require_run();
  const ResultsTable table = read_results(run.results());
  const std::size_t trial = command.trial.empty()
                                ? best_trial(table, trials_where(table, command.where))
                                : trial_index(table, command.trial);
  std::setlocale(LC_CTYPE, "");
  TerminalStyle style;
  style.columns = terminal_columns(STDOUT_FILENO);
  style.colour = wants_colour(STDOUT_FILENO);
  style.unicode = std::string(nl_langinfo(CODESET)) == "UTF-8";
  const std::string text = plane_text(table, trial, {command.sigma2, command.bound}, style);
  std::fputs(text.c_str(), stdout);
  if (command.trial.empty() && table.trials.size() > 1) {
    fmt::print("\n{}; --trial ID or --where key=value shows another.\n", chosen_by(table));
  }
  return ExitCode::done;
}

}  // namespace infoplane::jobs
