#include "pipeline/predict.hpp"

#include <algorithm>
#include <numeric>

#include "comm/simulated.hpp"
#include "pipeline/early_estimates.hpp"
#include "pipeline/snapshot_work.hpp"

namespace infoplane {
namespace {

/// Layers one after the other, all epochs of each, as everywhere.
std::vector<double> predicted_snapshots(const ForeseenWork::Trial& trial) {
  std::vector<double> costs;
  for (const ForeseenWork::Layer& layer : trial.layers)
    costs.insert(costs.end(), trial.epochs, layer.predicted_s);
  return costs;
}

struct Fillers {
  std::vector<Filler> queue;
  struct Part {
    std::size_t trial;
    WorkRange snapshots;  ///< of the trial
    double seconds;
  };
  std::vector<Part> parts;
};

Fillers fillers_of(const ForeseenWork& work) {
  Fillers fillers;
  for (std::size_t t = 0; t < work.trials.size(); ++t) {
    const ForeseenWork::Trial& trial = work.trials[t];
    for (const WorkRange& range : filler_ranges(predicted_snapshots(trial))) {
      double seconds = 0;
      for (std::size_t i = range.begin; i < range.end; ++i)
        seconds += trial.layers[i / trial.epochs].seconds;
      fillers.queue.push_back({t});
      fillers.parts.push_back({t, range, seconds});
    }
  }
  return fillers;
}

/// Snapshots that the train phase has left.
struct Rest {
  std::vector<double> predicted_s;
  std::vector<double> seconds;
};

Rest rest_after(const ForeseenWork& work, const Fillers& fillers,
                const std::vector<bool>& handed_out) {
  Rest rest;
  for (std::size_t k = 0; k < fillers.parts.size(); ++k) {
    if (handed_out[work.trials.size() + k]) continue;
    const ForeseenWork::Trial& trial = work.trials[fillers.parts[k].trial];
    for (std::size_t i = fillers.parts[k].snapshots.begin; i < fillers.parts[k].snapshots.end;
         ++i) {
      rest.predicted_s.push_back(trial.layers[i / trial.epochs].predicted_s);
      rest.seconds.push_back(trial.layers[i / trial.epochs].seconds);
    }
  }
  return rest;
}

BusyLog replay_estimates(const Rest& rest, int ranks, const SpreadSettings& settings) {
  // What every rank does of a cut snapshot by itself: reading it, ordering its rows, adding up.
  constexpr double prepared_share = 0.04;
  constexpr double together_s = 2e-3;
  const SpreadWork spread = spread_work(rest.predicted_s, ranks, settings);
  BusyLog busy;
  busy.ranks.resize(static_cast<std::size_t>(ranks));
  for (const std::size_t i : spread.cut) {
    const double each_s = rest.seconds[i] * ((1 - prepared_share) / ranks + prepared_share);
    busy.wall_s += each_s + together_s;
    for (RankBusy& rank : busy.ranks) rank.busy_s += each_s;
  }
  std::vector<double> costs;
  for (const WorkRange& ticket : spread.tickets) costs.push_back(ticket.cost_s);
  const auto seconds = [&](std::size_t ticket) {
    double sum = 0;
    for (std::size_t i = spread.tickets[ticket].begin; i < spread.tickets[ticket].end; ++i)
      sum += rest.seconds[spread.whole[i]];
    return sum;
  };
  busy += replay_tickets(costs, {}, seconds, {ranks}).busy;
  return busy;
}

}  // namespace

double ForeseenWork::train_s() const {
  double sum = 0;
  for (const Trial& trial : trials) sum += trial.seconds;
  return sum;
}

double ForeseenWork::estimate_s() const {
  double sum = 0;
  for (const Trial& trial : trials) {
    for (const Layer& layer : trial.layers)
      sum += static_cast<double>(trial.epochs) * layer.seconds;
  }
  return sum;
}

ForeseenWork foresee(const RunPlan& plan) {
  ForeseenWork work;
  const std::size_t noise = plan.sweep.estimate().sigma2.size();
  for (std::size_t t = 0; t < plan.layout.trials.size(); ++t) {
    const TrialLayout& layout = plan.layout.trials[t];
    ForeseenWork::Trial trial{
        plan.predicted_trial_s[t], plan.predicted_trial_s[t], layout.epochs.size(), {}};
    for (const LayerLayout& layer : layout.layers) {
      const double cost = snapshot_cost_s(plan.layout.rows_of(layout),
                                          static_cast<std::size_t>(layer.features), noise);
      trial.layers.push_back({cost, cost});
    }
    work.trials.push_back(std::move(trial));
  }
  return work;
}

Prediction predict(const ForeseenWork& work, int ranks, const SpreadSettings& spread) {
  std::vector<double> costs;
  for (const ForeseenWork::Trial& trial : work.trials) costs.push_back(trial.predicted_s);
  const Fillers fillers = fillers_of(work);
  const auto seconds = [&](std::size_t ticket) {
    return ticket < work.trials.size() ? work.trials[ticket].seconds
                                       : fillers.parts[ticket - work.trials.size()].seconds;
  };
  const Replay training = replay_tickets(costs, fillers.queue, seconds, {ranks});
  BusyLog both = training.busy;
  both += replay_estimates(rest_after(work, fillers, training.handed_out), ranks, spread);

  Prediction prediction;
  prediction.ranks = ranks;
  prediction.train_s = training.busy.wall_s;
  prediction.estimate_s = both.wall_s - training.busy.wall_s;
  prediction.wall_s = both.wall_s + work.around_s;
  double least_s = both.wall_s;
  for (const RankBusy& rank : both.ranks) {
    prediction.work_s += rank.busy_s;
    least_s = std::min(least_s, rank.busy_s);
  }
  if (both.wall_s > 0) {
    prediction.efficiency = prediction.work_s / (ranks * both.wall_s);
    prediction.largest_idle_share = 1 - least_s / both.wall_s;
  }
  return prediction;
}

}  // namespace infoplane
