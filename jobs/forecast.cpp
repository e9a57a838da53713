#include "jobs/forecast.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <thread>

#include "core/log.hpp"
#include "core/text.hpp"
#include "pipeline/calibrate.hpp"

namespace infoplane::jobs {
namespace {

int cores() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency())); }

/// That have a core for each of their threads.
int most_ranks_here(const PlanCommand& command) { return std::max(1, cores() / command.threads); }

std::vector<int> ranks_of(const PlanCommand& command) {
  if (!command.ranks.empty() || command.calibrate_s == 0) return command.ranks;
  const int most = most_ranks_here(command);
  return most > 1 ? std::vector<int>{1, most} : std::vector<int>{1};
}

/// "0.0042", "13", "1240": three digits.
std::string format_hours(double hours) {
  return hours < 100 ? fmt::format("{:.3g}", hours) : fmt::format("{:.0f}", hours);
}

}  // namespace

ForeseenWork foresee(const RunPlan& plan, const PlanCommand& command, const Communicator& comm) {
  if (command.calibrate_s == 0) return infoplane::foresee(plan);
  if (comm.is_root()) log_info("measuring for about {}", format_seconds(command.calibrate_s));
  const std::vector<int> ranks = ranks_of(command);
  const int most = *std::max_element(ranks.begin(), ranks.end());
  // Under mpirun the other ranks are there already.
  const int companions = comm.size() > 1 ? 0 : std::min(most, most_ranks_here(command)) - 1;
  const Calibration calibration = calibrate(plan, command.calibrate_s, companions, command.threads);
  if (comm.is_root()) {
    for (const CalibratedTrial& trial : calibration.trials) {
      log_info("trial {}: {} to train and {} to estimate, measured",
               plan.layout.trials[trial.trial].id, format_seconds(trial.measured.total_s()),
               format_seconds(trial.estimate_s(plan.layout.trials[trial.trial].epochs.size())));
    }
  }
  return infoplane::foresee(plan, calibration);
}

void print_forecast(const ForeseenWork& work, const PlanCommand& command) {
  const std::vector<int> ranks = ranks_of(command);
  if (ranks.empty()) return;
  fmt::print("\n{:>6}{:>16}{:>14}{:>14}{:>13}{:>16}\n", "ranks", "time", "estimating", "core-hours",
             "efficiency", "largest idle");
  for (const int count : ranks) {
    const Prediction p = predict(work, count);
    fmt::print("{:>6}{:>16}{:>14}{:>14}{:>11.0f} %{:>14.0f} %\n", count, format_seconds(p.wall_s),
               format_seconds(p.estimate_s), format_hours(p.core_hours(command.threads)),
               100 * p.efficiency, 100 * p.largest_idle_share);
  }
}

}  // namespace infoplane::jobs
