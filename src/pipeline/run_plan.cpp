#include "pipeline/run_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <optional>

#include "core/progress.hpp"
#include "core/text.hpp"
#include "estimators/distances.hpp"
#include "estimators/pairwise.hpp"
#include "models/make_network.hpp"
#include "pipeline/check_noise.hpp"
#include "pipeline/network_work.hpp"
#include "pipeline/snapshot_work.hpp"
#include "pipeline/trial_data.hpp"
#include "store/results_table.hpp"
#include "training/layer_parameters.hpp"
#include "training/recorder.hpp"

namespace infoplane {
namespace {

struct NetworkShape {
  std::size_t number = 0;
  std::vector<LayerLayout> layers;
  std::int64_t parameters = 0;
  NetworkWork work;
  bool on_graph = false;
};

/// Shapes of the networks of a sweep; trials that differ in training only share one.
class NetworkShapes {
 public:
  const NetworkShape& of(const Trial& trial, const Dataset& data) {
    TrialSettings key = trial.settings;
    const std::vector<std::string>& decaying = trial.settings.training.weight_decay_layers;
    key.training = {};
    key.training.weight_decay_layers = decaying;
    key.data.sampling_rate = 1;
    const auto [entry, inserted] = shapes_.try_emplace(config::canonical_text(key));
    if (inserted) {
      const std::shared_ptr<Network> network = make_network(trial.settings.model, data, 0);
      const std::vector<LayerShape> layers = recorded_layers(*network, data);
      entry->second.number = shapes_.size() - 1;
      entry->second.work = work_of(*network, layers, data);
      entry->second.on_graph = network->needs_all_rows();
      for (const LayerShape& layer : layers) {
        entry->second.layers.push_back(
            {layer.name, layer.features, layer.role.kind, layer.shape, layer.role.follows});
      }
      try {
        require_parameters(*network, decaying);
      } catch (const UsageError& error) {
        throw RowsDoNotFit("training.weight_decay_layers", error.what());
      }
      entry->second.parameters = parameter_count(*network);
    }
    return entry->second;
  }

 private:
  std::map<std::string, NetworkShape> shapes_;
};

/// Row sets of a sweep, equal ones once.
class RowSets {
 public:
  explicit RowSets(RunPlan& plan) : plan_(plan) {}

  std::size_t index_of(const TrialData& data) {
    std::vector<std::int32_t> labels = labels_of(data.data, data.recorded);
    const auto [entry, inserted] =
        indices_.try_emplace({data.recorded, labels}, plan_.layout.row_sets.size());
    if (inserted) {
      plan_.row_set_entropy.push_back(label_entropy_bits(labels));
      plan_.layout.row_sets.push_back({data.recorded, std::move(labels)});
    }
    return entry->second;
  }

 private:
  RunPlan& plan_;
  std::map<std::pair<std::vector<std::int64_t>, std::vector<std::int32_t>>, std::size_t> indices_;
};

void require_rows(const config::SweepFile& sweep, const TrialData& data) {
  const RecordRows& rows = sweep.record().rows;
  if (rows.set == RowSet::number && rows.count > data.data.rows()) {
    throw config::ConfigError(
        fmt::format("record.rows = {}", rows.count), sweep.where("record.rows"),
        fmt::format("the data set {} has {} rows", data.data.name, data.data.rows()));
  }
  if (data.recorded.size() < 2) {
    throw config::ConfigError(
        "record.rows leaves " + std::to_string(data.recorded.size()) + " rows to record",
        sweep.where("record.rows"),
        "mutual information needs at least two; data.train_fraction, data.validation_fraction, "
        "data.sampling_rate and data.rows decide how many rows are training, validation and test "
        "rows");
  }
}

/// What does not fit is said at its place in the sweep.
TrialData trial_data_in_place(const config::SweepFile& sweep, const Trial& trial) {
  try {
    return load_trial_data(trial, sweep);
  } catch (const RowsDoNotFit& error) {
    throw config::ConfigError(error.key + " does not fit", sweep.where(error.key), error.why);
  }
}

const NetworkShape& shape_in_place(const config::SweepFile& sweep, NetworkShapes& shapes,
                                   const Trial& trial, const Dataset& data) {
  try {
    return shapes.of(trial, data);
  } catch (const RowsDoNotFit& error) {
    throw config::ConfigError(error.key + " does not fit", sweep.where(error.key), error.why);
  } catch (const UsageError& error) {
    throw config::ConfigError("model.kind = \"" + trial.settings.model.kind + "\"",
                              sweep.where("model.kind"), error.what());
  }
}

std::vector<LayersOfTrial> layers_of_trials(const RunLayout& layout) {
  std::vector<LayersOfTrial> trials;
  for (const TrialLayout& trial : layout.trials) {
    trials.push_back({trial.id, {}});
    for (const LayerLayout& layer : trial.layers) trials.back().layers.push_back(layer.name);
  }
  return trials;
}

/// The trials in the order of the grid, but one data set after the other: each is unpacked once,
/// whichever axis it is on.
std::vector<std::size_t> by_data_set(const config::SweepFile& sweep,
                                     const std::vector<Trial>& trials) {
  std::map<std::string, std::size_t> first_with;
  std::vector<std::size_t> first;
  for (std::size_t t = 0; t < trials.size(); ++t)
    first.push_back(first_with.try_emplace(dataset_key(trials[t], sweep), t).first->second);
  std::vector<std::size_t> order(trials.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return first[a] < first[b]; });
  return order;
}

/// Numbers row sets as the trials of the grid come to them, in whatever order they were found.
void renumber_row_sets(RunPlan& plan) {
  RunLayout& layout = plan.layout;
  const std::vector<RowSetLayout> found = std::move(layout.row_sets);
  const std::vector<double> entropy = std::move(plan.row_set_entropy);
  std::map<std::size_t, std::size_t> number_of;
  layout.row_sets.clear();
  plan.row_set_entropy.clear();
  for (TrialLayout& trial : layout.trials) {
    const auto [number, is_new] = number_of.try_emplace(trial.row_set, number_of.size());
    if (is_new) {
      layout.row_sets.push_back(found[trial.row_set]);
      plan.row_set_entropy.push_back(entropy[trial.row_set]);
    }
    trial.row_set = number->second;
  }
}

}  // namespace

std::uint64_t RunPlan::activations_bytes() const {
  std::uint64_t bytes = std::uint64_t{16} << 10;  // HDF5's own, and the ledger
  for (const TrialLayout& trial : layout.trials) bytes += slab_bytes(layout, trial);
  return bytes;
}

std::uint64_t RunPlan::results_bytes() const {
  return bytes_of(
      empty_results(layout, row_set_entropy, sweep.estimate().sigma2, sweep.estimate().bounds, {}));
}

std::int64_t RunPlan::snapshot_count() const {
  std::size_t count = 0;
  for (const TrialLayout& trial : layout.trials) count += trial.epochs.size() * trial.layers.size();
  return static_cast<std::int64_t>(count);
}

std::size_t RunPlan::exponentials_per_pair() const {
  std::size_t layers = 1;
  for (const TrialLayout& trial : layout.trials) layers = std::max(layers, trial.layers.size());
  std::size_t most = 0;
  for (std::size_t layer = 0; layer < layers; ++layer) {
    std::vector<double> known;
    std::size_t rules = 0;
    for (const Noise& noise : sweep.estimate().sigma2) {
      if (noise.kind == Noise::Kind::number) known.push_back(noise.number);
      if (noise.kind == Noise::Kind::list && layer < noise.list.size())
        known.push_back(noise.list[layer]);
      rules += noise.kind == Noise::Kind::rule ? 1U : 0U;
    }
    most = std::max(most, pairwise_exponentials(known) + 2 * rules);
  }
  return most;
}

std::uint64_t RunPlan::rank_bytes() const {
  constexpr std::uint64_t libraries = std::uint64_t{180} << 20;
  std::uint64_t most = 0;
  for (const TrialLayout& trial : layout.trials) {
    const std::uint64_t rows = layout.rows_of(trial);
    const std::uint64_t network =
        4 * 4 * static_cast<std::uint64_t>(trial.parameters);  // weights, gradient, Adam
    const std::uint64_t training = network + 2 * epoch_bytes(layout, trial);
    std::uint64_t widest = 0;
    for (const LayerLayout& layer : trial.layers)
      widest = std::max(widest, static_cast<std::uint64_t>(layer.features));
    const std::uint64_t estimating = rows * (4 * widest + 8 * 4 * sweep.estimate().sigma2.size()) +
                                     2 * sizeof(double) * most_distances;
    most = std::max({most, training, estimating});
  }
  // Every rank knows what is left to estimate, and gets it as a message.
  const std::uint64_t of_a_snapshot = sizeof(SnapshotWork) + 8 * sweep.estimate().sigma2.size();
  const std::uint64_t work = 3 * of_a_snapshot * static_cast<std::uint64_t>(snapshot_count());
  return libraries + most + work;
}

std::string epochs_left_out(const RunPlan& plan) {
  const EpochSchedule& schedule = plan.sweep.record().epochs;
  if (!schedule.is_list()) return "";
  std::int64_t longest = 0;
  for (const Trial& trial : plan.grid.trials)
    longest = std::max(longest, trial.settings.training.epochs);
  std::vector<std::string> beyond;
  for (const std::int64_t epoch : schedule.epochs(std::numeric_limits<std::int64_t>::max())) {
    if (epoch > longest) beyond.push_back(std::to_string(epoch));
  }
  if (beyond.empty()) return "";
  return fmt::format("record.epochs has {}, and no trial is trained for more than {}: not recorded",
                     join(beyond), count_of(longest, "epoch"));
}

RunPlan make_plan(const config::SweepFile& sweep, ShowProgress show) {
  constexpr std::size_t takes_seconds = 2000;
  RunPlan plan{sweep, expand(sweep), {}, {}, {}, {}};
  const std::size_t trials = plan.grid.trials.size();
  std::optional<Progress> progress;
  if (show == ShowProgress::yes && trials >= takes_seconds) {
    progress.emplace("planning", static_cast<std::int64_t>(trials), static_cast<double>(trials));
  }
  plan.layout.axes = plan.grid.axes;
  plan.layout.trials.resize(trials);
  plan.sizes.resize(trials);
  plan.shapes.resize(trials);
  plan.predicted_trial_s.resize(trials);
  plan.predicted_estimate_s.resize(trials);
  RowSets row_sets(plan);
  NetworkShapes shapes;
  for (const std::size_t t : by_data_set(sweep, plan.grid.trials)) {
    const Trial& trial = plan.grid.trials[t];
    const TrialData data = trial_data_in_place(sweep, trial);
    require_rows(sweep, data);
    if (trial.settings.training.patience > 0 && data.validation.empty()) {
      throw config::ConfigError(
          fmt::format("training.patience = {}", trial.settings.training.patience),
          sweep.where("training.patience"),
          "early stopping looks at validation rows, and data.validation_fraction, "
          "data.validation_rows and data.split leave none");
    }
    const NetworkShape& shape = shape_in_place(sweep, shapes, trial, data.data);
    TrialLayout& layout = plan.layout.trials[t];
    layout.id = trial.id;
    layout.epochs = trial.epochs;
    layout.layers = shape.layers;
    layout.row_set = row_sets.index_of(data);
    layout.train_rows = static_cast<std::int64_t>(data.train.size());
    layout.data_checksum = data.data_checksum;
    layout.parameters = shape.parameters;
    layout.varied = trial.varied;

    TrialSize& size = plan.sizes[t];
    size.epochs = trial.settings.training.epochs;
    size.train_rows = layout.train_rows;
    size.batch = trial.settings.training.batch;
    size.layers = shape.work.operations;
    size.parameters = layout.parameters;
    size.multiply_adds = shape.work.multiply_adds;
    size.graph_rows = shape.on_graph ? data.data.rows() : 0;
    size.recorded_epochs = static_cast<std::int64_t>(trial.epochs.size());
    size.gradient_epochs =
        size.recorded_epochs - std::count(trial.epochs.begin(), trial.epochs.end(), 0);
    size.recorded_rows = static_cast<std::int64_t>(data.recorded.size());
    for (const LayerLayout& layer : layout.layers) size.recorded_values += layer.features;
    size.evaluated_rows =
        static_cast<std::int64_t>(data.train.size() + data.validation.size() + data.test.size());
    size.example_gradients = sweep.record().gradients == GradientRecording::examples;
    size.batch_gradients = sweep.record().gradients == GradientRecording::batches;
    plan.shapes[t] = shape.number;
    plan.predicted_trial_s[t] = trial_cost_s(size);
    double estimate_s = 0;
    for (const LayerLayout& layer : layout.layers) {
      const auto features = static_cast<std::size_t>(layer.features);
      estimate_s +=
          pairwise_cost_s(data.recorded.size(), features, sweep.estimate().sigma2.size()) +
          distances_cost_s(data.recorded.size(), features);
    }
    plan.predicted_estimate_s[t] = estimate_s * static_cast<double>(trial.epochs.size());
    if (progress) progress->advance(1, 1);
  }
  renumber_row_sets(plan);
  check_noise(sweep.estimate().sigma2, layers_of_trials(plan.layout),
              [&](const Noise& noise) { return sweep.where(noise); });
  return plan;
}

}  // namespace infoplane
