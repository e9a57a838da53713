#include "pipeline/measure_trial.hpp"

#include <fmt/format.h>
#include <time.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <optional>

#include "core/random.hpp"
#include "estimators/distances.hpp"
#include "estimators/noise/rule.hpp"
#include "estimators/pairwise.hpp"
#include "models/make_network.hpp"
#include "models/users_code.hpp"
#include "pipeline/snapshot_work.hpp"
#include "pipeline/trial_data.hpp"
#include "store/activations_file.hpp"
#include "training/diverged.hpp"
#include "training/evaluate.hpp"
#include "training/gradient_statistics.hpp"
#include "training/recorder.hpp"
#include "training/train.hpp"

namespace infoplane {
namespace {

/// Thrown out of a training that has been looked at for long enough.
struct Enough {};

class Stopwatch {
 public:
  double seconds() const { return thread_seconds() - start_; }

 private:
  double start_ = thread_seconds();
};

std::vector<std::int64_t> at_most(std::vector<std::int64_t> rows, std::size_t most) {
  if (rows.size() > most) rows.resize(most);
  return rows;
}

/// Takes a trial to pieces and times them.
class TrialMeasurement {
 public:
  TrialMeasurement(const RunPlan& plan, std::size_t trial, double budget_s)
      : plan_(plan),
        index_(trial),
        trial_(plan.grid.trials[trial]),
        budget_s_(budget_s),
        out_{trial, trial_cost(plan.sizes[trial]), trial_cost(plan.sizes[trial]), {}, {}} {
    load_trial_data(trial_, plan.sweep);  // the data set is kept: trials mostly share it
    const Stopwatch start;
    rows_ = load_trial_data(trial_, plan.sweep);
    network_ = make_network(trial_.settings.model, rows_.data, trial_.seeds.weights);
    out_.measured.start_s = start.seconds();
    const std::size_t layers = plan.layout.trials[trial].layers.size();
    out_.predicted_snapshot_s.assign(layers, 0);
    out_.measured_snapshot_s.assign(layers, 0);
    times_estimated_.assign(layers, 0);
  }

  CalibratedTrial operator()() {
    measure_recording();
    estimate_layers();
    const double share_done = measure_training();
    if (share_done > 0) {
      measure_recording();
      estimate_layers();
    }
    for (std::size_t l = 0; l < times_estimated_.size(); ++l) {
      if (times_estimated_[l] > 1) out_.measured_snapshot_s[l] /= times_estimated_[l];
    }
    return out_;
  }

 private:
  /// Share of the budget for each of the two times that recording and estimating are looked at.
  double recording_s() const { return 0.1 * budget_s_; }
  double estimating_s() const { return 0.2 * budget_s_; }
  double training_s() const { return 0.4 * budget_s_; }

  /// How many rows can go through the network in the time, as predicted; all on a graph.
  std::size_t affordable_rows(std::size_t rows) const {
    const TrialSize& size = plan_.sizes[index_];
    if (size.graph_rows > 0) return rows;
    constexpr double seconds_per_multiply_add = 0.1e-9;
    const double each = seconds_per_multiply_add *
                            static_cast<double>(std::max<std::int64_t>(1, size.multiply_adds)) +
                        1e-7;
    return static_cast<std::size_t>(
        std::clamp(0.5 * recording_s() / each, 1000.0, static_cast<double>(rows)));
  }

  void measure_recording() {
    const std::size_t all_evaluated =
        rows_.train.size() + rows_.validation.size() + rows_.test.size();
    const std::size_t evaluated =
        std::max<std::size_t>(1, affordable_rows(std::max<std::size_t>(1, all_evaluated)));
    const double share =
        std::min(1.0, static_cast<double>(evaluated) / static_cast<double>(all_evaluated));
    const auto part = [&](const std::vector<std::int64_t>& rows) {
      return at_most(rows,
                     static_cast<std::size_t>(std::ceil(share * static_cast<double>(rows.size()))));
    };
    const Split split{part(rows_.train), part(rows_.validation), part(rows_.test)};
    const Stopwatch evaluation;
    evaluate(*network_, rows_.data, split);
    const double evaluation_s = evaluation.seconds() / share;

    recorded_ = at_most(rows_.recorded, affordable_rows(rows_.recorded.size()));
    const double recorded_share =
        static_cast<double>(recorded_.size()) / static_cast<double>(rows_.recorded.size());
    Recorder record(*network_, rows_.data, recorded_);
    layers_ = record.layers();
    snapshots_.assign(layers_.size(), {});
    SlabChecksum checksum(layers_.size());
    const Stopwatch recording;
    record(0, [&](std::size_t layer, MatrixView<const float> snapshot) {
      checksum.add(0, layer, snapshot);
      snapshots_[layer].assign(snapshot.data(), snapshot.data() + snapshot.size());
    });
    const double seconds = recording.seconds() / recorded_share + write_s() + evaluation_s;
    const double all = seconds * static_cast<double>(trial_.epochs.size());
    // The first time includes what LibTorch sets up once.
    out_.measured.recording_s = recordings_++ == 0 ? all : std::min(all, out_.measured.recording_s);
  }

  /// Not measured: handing a snapshot to the file system.
  double write_s() const {
    constexpr double seconds_per_layer = 0.15e-3;
    constexpr double seconds_per_byte = 0.6e-9;
    double bytes = 0;
    for (const LayerShape& layer : layers_)
      bytes +=
          4.0 * static_cast<double>(layer.features) * static_cast<double>(rows_.recorded.size());
    return seconds_per_layer * static_cast<double>(layers_.size() + 4) + seconds_per_byte * bytes;
  }

  /// Returns the share of the training that was done.
  double measure_training() {
    GradientStatistics gradients(*network_, layers_);
    const GradientRecording kind = plan_.sweep.record().gradients;
    double gradients_s = 0;
    double examples = 0;
    double batches = 0;
    double share_first = 0;
    double share_last = 0;
    double at_first_s = 0;
    double at_last_s = 0;
    double off_clock_s = 0;
    const auto gradient_time_is_up = [&] { return gradients_s > 0.5 * training_s(); };
    const auto off_clock = [&](auto&& work) {
      const Stopwatch watch;
      work();
      gradients_s += watch.seconds();
      off_clock_s += watch.seconds();
    };
    TrainingHooks hooks;
    const Stopwatch whole;
    hooks.between_batches = [&](double done) {
      const double now = whole.seconds() - off_clock_s;
      if (share_first == 0) {  // the first step sets things up
        share_first = done;
        at_first_s = now;
      }
      share_last = done;
      at_last_s = now;
      if (now > training_s()) throw Enough();
    };
    hooks.at_epoch = [](std::int64_t) {};
    if (kind == GradientRecording::batches) {
      hooks.on_gradient = [&] {
        if (gradient_time_is_up()) return;
        off_clock([&] { gradients.add_batch(); });
        ++batches;
      };
    }
    if (kind == GradientRecording::examples) {
      hooks.on_losses = [&](const torch::Tensor& losses) {
        for (std::int64_t i = 0; i < losses.size(0) && !gradient_time_is_up(); ++i) {
          off_clock([&] { gradients.add_examples(losses.narrow(0, i, 1)); });
          ++examples;
        }
      };
    }
    try {
      train(*network_, rows_.data, {rows_.train, rows_.validation, rows_.test},
            trial_.settings.training, {trial_.seeds.batches, trial_.seeds.layers}, {1}, hooks);
    } catch (const Enough&) {
    } catch (const Diverged&) {
      return share_last;  // such a trial ends early; what was measured holds for the others
    }
    if (share_last > share_first) {
      out_.measured.training_s = (at_last_s - at_first_s) / (share_last - share_first);
    } else if (share_last > 0) {
      out_.measured.training_s = at_last_s / share_last;
    }
    const TrialSize& size = plan_.sizes[index_];
    const auto epochs = static_cast<double>(size.gradient_epochs);
    if (examples > 0)
      out_.measured.gradients_s =
          gradients_s / examples * static_cast<double>(size.train_rows) * epochs;
    if (batches > 0) {
      const double steps = size.graph_rows > 0
                               ? 1.0
                               : std::ceil(static_cast<double>(size.train_rows) /
                                           static_cast<double>(std::max<std::int64_t>(
                                               1, std::min(size.batch, size.train_rows))));
      out_.measured.gradients_s = gradients_s / batches * steps * epochs;
    }
    return share_last;
  }

  std::vector<double> variances(std::size_t layer, const DistanceSummary& distances) const {
    std::vector<double> sigma2;
    for (const Noise& noise : plan_.sweep.estimate().sigma2) {
      switch (noise.kind) {
        case Noise::Kind::number:
          sigma2.push_back(noise.number);
          break;
        case Noise::Kind::list:
          sigma2.push_back(noise.list.at(layer));
          break;
        case Noise::Kind::rule:
          sigma2.push_back(noise_variance(make_noise_rule(noise.rule), distances));
          break;
      }
    }
    return sigma2;
  }

  /// The narrow layers first: they take least and there are most of them.
  void estimate_layers() {
    const std::vector<std::int32_t> labels = labels_of(rows_.data, recorded_);
    const Stopwatch all;
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      const double left = estimating_s() - all.seconds();
      if (left <= 0 && times_estimated_[l] > 0) continue;
      const double share = left / static_cast<double>(layers_.size() - l);
      try {
        out_.measured_snapshot_s[l] +=
            estimate_s(l, labels, std::max(share, 0.02 * estimating_s()));
        ++times_estimated_[l];
      } catch (const Diverged&) {
        return;
      }
      out_.predicted_snapshot_s[l] =
          snapshot_cost_s(rows_.recorded.size(), static_cast<std::size_t>(layers_[l].features),
                          plan_.sweep.estimate().sigma2.size());
    }
  }

  /// Seconds of one snapshot; from some of its tickets where all would take longer than `most_s`.
  double estimate_s(std::size_t l, const std::vector<std::int32_t>& labels, double most_s) {
    const MatrixView<const float> h(snapshots_[l].data(), recorded_.size(),
                                    static_cast<std::size_t>(layers_[l].features));
    const Stopwatch watch;
    const DistanceSummary distances = summarize_distances(h, 1);
    distances.quantiles();
    distances.histogram();
    const PairwiseProblem problem(h, labels, variances(l, distances));
    PairwiseSums sums = problem.no_sums();
    const double prepared = watch.seconds();

    // Tickets in an order that visits all kinds of them from the start: a stride without a common
    // divisor with their number.
    const std::size_t count = problem.tickets();
    std::size_t stride = std::max<std::size_t>(1, count * 5 / 8);
    const auto common = [](std::size_t a, std::size_t b) {
      while (b != 0) {
        const std::size_t rest = a % b;
        a = b;
        b = rest;
      }
      return a;
    };
    while (common(stride, count) != 1) ++stride;
    const std::vector<double> costs = problem.ticket_costs_s();
    const double all_cost = std::accumulate(costs.begin(), costs.end(), 0.0);
    double cost = 0;
    const Stopwatch tickets;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t t = i * stride % count;
      problem.add(t, sums);
      cost += costs[t];
      if (tickets.seconds() > most_s) break;
    }
    const double seconds = prepared + tickets.seconds() * all_cost / std::max(cost, 1e-300);
    const double rows_ratio =
        static_cast<double>(rows_.recorded.size()) / static_cast<double>(recorded_.size());
    return seconds * std::pow(rows_ratio, 1.8);  // pruning makes it grow more slowly than N^2
  }

  const RunPlan& plan_;
  std::size_t index_;
  const Trial& trial_;
  double budget_s_;
  CalibratedTrial out_;
  TrialData rows_;
  std::shared_ptr<Network> network_;
  std::vector<LayerShape> layers_;
  std::vector<std::int64_t> recorded_;         ///< as many as there was time for
  std::vector<std::vector<float>> snapshots_;  // [layer][row * features]
  std::vector<int> times_estimated_;
  int recordings_ = 0;
};

}  // namespace

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

CalibratedTrial measure_trial(const RunPlan& plan, std::size_t trial, double budget_s) {
  try {
    return call_users_code<NetworkError>("training it",
                                         [&] { return TrialMeasurement(plan, trial, budget_s)(); });
  } catch (const NetworkError& error) {
    throw NetworkError(fmt::format("trial {}, model.kind = \"{}\": {}", plan.grid.trials[trial].id,
                                   plan.grid.trials[trial].settings.model.kind, error.what()));
  }
}

}  // namespace infoplane
