#include "pipeline/calibrate.hpp"

#include <ATen/Parallel.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <numeric>

#include "pipeline/measure_trial.hpp"

namespace infoplane {
namespace {

using Clock = std::chrono::steady_clock;

/// The costliest trial of each network shape; of many shapes those whose trials cost most in all.
std::vector<std::size_t> representatives(const RunPlan& plan, double budget_s) {
  constexpr double least_s = 0.5;
  struct Shape {
    std::size_t costliest = 0;
    double all_s = 0;
  };
  std::map<std::size_t, Shape> shapes;
  for (std::size_t t = 0; t < plan.shapes.size(); ++t) {
    const auto [entry, is_new] = shapes.try_emplace(plan.shapes[t], Shape{t, 0});
    Shape& shape = entry->second;
    if (plan.predicted_trial_s[t] > plan.predicted_trial_s[shape.costliest]) shape.costliest = t;
    shape.all_s += plan.predicted_trial_s[t] + plan.predicted_estimate_s[t];
  }
  std::vector<Shape> order;
  for (const auto& [number, shape] : shapes) order.push_back(shape);
  std::stable_sort(order.begin(), order.end(),
                   [](const Shape& a, const Shape& b) { return a.all_s > b.all_s; });
  order.resize(std::min(order.size(), static_cast<std::size_t>(std::max(1.0, budget_s / least_s))));
  std::vector<std::size_t> trials;
  for (const Shape& shape : order) trials.push_back(shape.costliest);
  return trials;
}

/// Processes that keep other cores as busy as the ranks of a run would. They do what this one does,
/// and report nothing.
class Companions {
 public:
  template <class Work>
  Companions(int count, const Work& work) {
    for (int i = 0; i < count; ++i) {
      const pid_t child = fork();
      if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        try {
          for (;;) work();
        } catch (...) {
        }
        _exit(0);
      }
      if (child > 0) children_.push_back(child);
    }
  }
  ~Companions() {
    for (const pid_t child : children_) {
      kill(child, SIGKILL);
      waitpid(child, nullptr, 0);
    }
  }
  Companions(const Companions&) = delete;
  Companions& operator=(const Companions&) = delete;

 private:
  std::vector<pid_t> children_;
};

/// How much longer than predicted things take.
struct Factors {
  double start = 0, training = 0, gradients = 0, recording = 0;
  std::vector<double> layers;  ///< by place in the network
  double layer_mean = 0;
};

double ratio(double measured, double predicted) {
  return predicted > 0 && measured > 0 ? measured / predicted : 1;
}

Factors factors_of(const std::vector<const CalibratedTrial*>& trials) {
  TrialCost measured;
  TrialCost predicted;
  Factors factors;
  double layers_measured = 0;
  double layers_predicted = 0;
  for (const CalibratedTrial* trial : trials) {
    for (auto part : {&TrialCost::start_s, &TrialCost::training_s, &TrialCost::gradients_s,
                      &TrialCost::recording_s}) {
      measured.*part += trial->measured.*part;
      predicted.*part += trial->predicted.*part;
    }
    layers_measured +=
        std::accumulate(trial->measured_snapshot_s.begin(), trial->measured_snapshot_s.end(), 0.0);
    layers_predicted += std::accumulate(trial->predicted_snapshot_s.begin(),
                                        trial->predicted_snapshot_s.end(), 0.0);
  }
  factors.start = ratio(measured.start_s, predicted.start_s);
  factors.training = ratio(measured.training_s, predicted.training_s);
  factors.gradients = ratio(measured.gradients_s, predicted.gradients_s);
  factors.recording = ratio(measured.recording_s, predicted.recording_s);
  factors.layer_mean = ratio(layers_measured, layers_predicted);
  if (trials.size() == 1) {
    for (std::size_t l = 0; l < trials[0]->measured_snapshot_s.size(); ++l) {
      const double seconds = trials[0]->measured_snapshot_s[l];
      factors.layers.push_back(seconds > 0 ? ratio(seconds, trials[0]->predicted_snapshot_s[l])
                                           : factors.layer_mean);
    }
  }
  return factors;
}

}  // namespace

double CalibratedTrial::estimate_s(std::size_t epochs) const {
  return static_cast<double>(epochs) *
         std::accumulate(measured_snapshot_s.begin(), measured_snapshot_s.end(), 0.0);
}

Calibration calibrate(const RunPlan& plan, double budget_s, int companions, int threads) {
  at::set_num_threads(threads);
  const Clock::time_point start = Clock::now();
  const std::vector<std::size_t> trials = representatives(plan, budget_s);
  const double each_s = budget_s / static_cast<double>(trials.size());
  Calibration calibration;
  const auto measure = [&] {
    std::vector<CalibratedTrial> measured;
    for (const std::size_t trial : trials) measured.push_back(measure_trial(plan, trial, each_s));
    return measured;
  };
  const Companions others(companions, measure);
  calibration.trials = measure();
  calibration.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return calibration;
}

ForeseenWork foresee(const RunPlan& plan, const Calibration& calibration) {
  std::map<std::size_t, Factors> of_shape;
  std::map<std::string, std::vector<const CalibratedTrial*>> kinds;
  std::vector<const CalibratedTrial*> all;
  for (const CalibratedTrial& trial : calibration.trials) {
    of_shape[plan.shapes[trial.trial]] = factors_of({&trial});
    kinds[plan.grid.trials[trial.trial].settings.model.kind].push_back(&trial);
    all.push_back(&trial);
  }
  std::map<std::string, Factors> of_kind;
  for (const auto& [kind, trials] : kinds) of_kind[kind] = factors_of(trials);
  const Factors of_all = factors_of(all);

  ForeseenWork work = foresee(plan);
  for (std::size_t t = 0; t < work.trials.size(); ++t) {
    const auto shape = of_shape.find(plan.shapes[t]);
    const auto kind = of_kind.find(plan.grid.trials[t].settings.model.kind);
    const Factors& factors = shape != of_shape.end() ? shape->second
                             : kind != of_kind.end() ? kind->second
                                                     : of_all;
    const TrialCost cost = trial_cost(plan.sizes[t]);
    work.trials[t].seconds = factors.start * cost.start_s + factors.training * cost.training_s +
                             factors.gradients * cost.gradients_s +
                             factors.recording * cost.recording_s;
    for (std::size_t l = 0; l < work.trials[t].layers.size(); ++l) {
      work.trials[t].layers[l].seconds *=
          l < factors.layers.size() ? factors.layers[l] : factors.layer_mean;
    }
  }
  return work;
}

}  // namespace infoplane
