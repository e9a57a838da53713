#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "core/text.hpp"
#include "jobs/commands.hpp"
#include "jobs/forecast.hpp"
#include "jobs/load_sweep.hpp"
#include "pipeline/run_plan.hpp"

namespace infoplane::jobs {
namespace {

constexpr std::size_t most_lines = 40;
constexpr std::size_t columns = 79;

/// A line of the summary, wrapped to a terminal.
void print_fact(const char* name, const std::string& value) {
  fmt::print("{}", wrap_lines(fmt::format("{:<21}  {}", name, value), columns));
}

std::string layer_widths(const TrialLayout& trial) {
  std::vector<std::string> words;
  for (const LayerLayout& layer : trial.layers) words.push_back(std::to_string(layer.features));
  return join(words, "-");
}

void print_trials(const RunPlan& plan) {
  const std::vector<TrialLayout>& trials = plan.layout.trials;
  for (std::size_t t = 0; t < trials.size() && t < most_lines; ++t) {
    const TrialLayout& trial = trials[t];
    std::string varied;
    for (std::size_t a = 0; a < plan.layout.axes.size(); ++a) {
      const std::string& axis = plan.layout.axes[a];
      varied += fmt::format("{}{} {}", a == 0 ? "" : ", ", axis.substr(axis.rfind('.') + 1),
                            to_string(trial.varied[a]));
    }
    fmt::print("{}", wrap_lines(fmt::format("{}  {}", trial.id, varied), columns));
  }
  if (trials.size() > most_lines) fmt::print("... and {} more\n", trials.size() - most_lines);
}

std::string trials_text(const RunPlan& plan) {
  const std::string count = std::to_string(plan.layout.trials.size());
  if (plan.grid.duplicates == 0) return count;
  return fmt::format("{}, {} of the grid left out: the same trials again", count,
                     count_of(plan.grid.duplicates, "point"));
}

/// One entry of a sweep's noise after the other.
std::string noise_text(const std::vector<Noise>& noise) {
  std::vector<std::string> words;
  for (std::size_t s = 0; s < noise.size() && s < most_lines; ++s)
    words.push_back(to_string(noise[s]));
  if (noise.size() > most_lines) words.push_back(fmt::format("... {} in all", noise.size()));
  return join(words);
}

/// What the times are those of: the cost model knows cores only, a calibration the ranks there will
/// be.
std::string worker_text(const PlanCommand& command) {
  return command.threads == 1 || command.calibrate_s == 0
             ? "one core"
             : fmt::format("one rank of {} threads", command.threads);
}

}  // namespace

ExitCode perform(const PlanCommand& command, const Communicator& comm) {
  const RunPlan plan = make_plan(load_sweep(comm, command.sweep, command.set, command.plugins),
                                 comm.is_root() ? ShowProgress::yes : ShowProgress::no);
  const ForeseenWork work = foresee(plan, command, comm);
  if (!comm.is_root()) return ExitCode::done;
  const std::vector<TrialLayout>& trials = plan.layout.trials;
  print_trials(plan);

  std::vector<std::string> shapes;
  std::size_t fewest_epochs = trials[0].epochs.size();
  std::size_t most_epochs = fewest_epochs;
  std::size_t fewest_rows = plan.layout.rows_of(trials[0]);
  std::size_t most_rows = fewest_rows;
  for (const TrialLayout& trial : trials) {
    const std::string shape = layer_widths(trial);
    if (std::find(shapes.begin(), shapes.end(), shape) == shapes.end()) shapes.push_back(shape);
    fewest_epochs = std::min(fewest_epochs, trial.epochs.size());
    most_epochs = std::max(most_epochs, trial.epochs.size());
    fewest_rows = std::min(fewest_rows, plan.layout.rows_of(trial));
    most_rows = std::max(most_rows, plan.layout.rows_of(trial));
  }
  const auto range = [](std::size_t a, std::size_t b) {
    return a == b ? std::to_string(a) : fmt::format("{} to {}", a, b);
  };
  fmt::print("\n");
  print_fact("sweep", plan.sweep.name());
  print_fact("trials", trials_text(plan));
  print_fact("recorded layers", join(shapes, "; "));
  print_fact("recorded epochs", range(fewest_epochs, most_epochs));
  if (const std::string left_out = epochs_left_out(plan); !left_out.empty())
    print_fact("", left_out);
  print_fact("recorded rows", range(fewest_rows, most_rows));
  print_fact("snapshots", std::to_string(plan.snapshot_count()));
  print_fact("sigma2 of each", noise_text(plan.sweep.estimate().sigma2));
  print_fact("exponentials per pair", fmt::format("at most {} for all noise, the rest by squaring",
                                                  plan.exponentials_per_pair()));
  print_fact("activations.h5", format_bytes(plan.activations_bytes()));
  print_fact("results.nc", format_bytes(plan.results_bytes()));
  print_fact("memory per rank",
             fmt::format("about {}, {} more for rank 0", format_bytes(plan.rank_bytes()),
                         format_bytes(plan.root_bytes())));
  print_fact("time",
             fmt::format("about {} to train, {} to estimate, on {}", format_seconds(work.train_s()),
                         format_seconds(work.estimate_s()), worker_text(command)));
  print_forecast(work, command);
  return ExitCode::done;
}

}  // namespace infoplane::jobs
