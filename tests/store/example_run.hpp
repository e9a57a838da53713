#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "core/distance_axes.hpp"
#include "core/hashing.hpp"
#include "core/random.hpp"
#include "store/activations_file.hpp"
#include "store/results_table.hpp"
#include "store/run_layout.hpp"

namespace infoplane::test {

/// Three trials that share as little as trials can: other depths, epochs, rows and kinds of
/// settings.
inline RunLayout example_layout() {
  RunLayout layout;
  layout.axes = {"training.learning_rate", "training.seed", "model.activation"};
  layout.row_sets = {{{4, 0, 7, 2, 9}, {0, 1, 1, 0, 2}}, {{1, 3, 5}, {1, 0, 1}}};
  layout.trials = {
      {"0a1b2c3d4e5f",
       {0, 1, 10},
       {{"layer1", 4, "conv", {1, 2, 2}, true},
        {"layer2", 3, "rnn", {3}, false},
        {"output", 2, "linear", {2}}},
       0,
       20,
       77,
       {0.5, std::int64_t{1}, std::string("tanh")}},
      {"1122334455aa",
       {0, 5},
       {{"layer1", 6, "linear", {6}}, {"output", 2, "linear", {2}}},
       1,
       11,
       40,
       {1.0, std::int64_t{2}, std::string("relu")}},
      {"beefbeefbeef",
       {10},
       {{"layer1", 1, "linear", {1}},
        {"layer2", 2, "linear", {2}},
        {"layer3", 5, "linear", {5}},
        {"output", 2, "linear", {2}}},
       0,
       3,
       9,
       {4e-4, std::int64_t{-3}, std::string("sigm\xc3\xb8id")}},
  };
  return layout;
}

inline Provenance example_provenance() {
  return {{"sweep_name", std::string("ex\xc3\xa4mple")},
          {"ranks", std::int64_t{3}},
          {"seed", std::int64_t{-8}}};
}

/// The snapshot that a test writes at this place; every number of every snapshot differs, but for
/// the values on which comparisons by == trip.
inline std::vector<float> example_snapshot(const RunLayout& layout, std::size_t trial,
                                           std::size_t epoch, std::size_t layer) {
  const TrialLayout& t = layout.trials[trial];
  const std::size_t count = layout.rows_of(t) * static_cast<std::size_t>(t.layers[layer].features);
  RandomStream random(derive_seed(trial, {std::to_string(epoch), std::to_string(layer)}));
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(random.normal());
  const float odd[] = {-0.0F, std::numeric_limits<float>::quiet_NaN(),
                       std::numeric_limits<float>::infinity(),
                       std::numeric_limits<float>::denorm_min()};
  values[random.below(count)] = odd[random.below(4)];
  return values;
}

inline MatrixView<const float> view_of(const RunLayout& layout, std::size_t trial,
                                       std::size_t layer, const std::vector<float>& values) {
  const TrialLayout& t = layout.trials[trial];
  return {values.data(), layout.rows_of(t), static_cast<std::size_t>(t.layers[layer].features)};
}

/// Writes the snapshots of one trial and returns their checksum.
inline std::uint64_t write_example_trial(ActivationsFile& file, const RunLayout& layout,
                                         std::size_t trial) {
  const TrialLayout& t = layout.trials[trial];
  SlabChecksum checksum(t.layers.size());
  for (std::size_t epoch = 0; epoch < t.epochs.size(); ++epoch) {
    for (std::size_t layer = 0; layer < t.layers.size(); ++layer) {
      const std::vector<float> values = example_snapshot(layout, trial, epoch, layer);
      file.write_snapshot(trial, epoch, layer, view_of(layout, trial, layer, values));
      checksum.add(epoch, layer, view_of(layout, trial, layer, values));
    }
  }
  return checksum.value();
}

/// A ledger entry of a finished trial; times differ from trial to trial.
inline LedgerEntry done_entry(std::size_t trial, std::uint64_t checksum) {
  const auto t = static_cast<double>(trial);
  return {TrialState::done,
          static_cast<std::uint32_t>(trial + 1),
          checksum,
          1.7e9 + t,
          1.7e9 + 10.25 * (t + 1),
          "",
          1000};
}

/// activations.h5 with all trials done.
inline void write_example_activations(const std::filesystem::path& path, const RunLayout& layout) {
  ActivationsFile::create(path, layout, example_provenance());
  ActivationsFile file(path, ActivationsFile::Access::write, Communicator::serial());
  for (std::size_t trial = 0; trial < layout.trials.size(); ++trial) {
    file.write_ledger(trial, done_entry(trial, write_example_trial(file, layout, trial)));
  }
}

/// A results table in which every number is another one, and some are NaN.
inline ResultsTable example_table() {
  const RunLayout layout = example_layout();
  ResultsTable table = empty_results(layout, {1.5219280948873621, 0.91829583405448956},
                                     {1e-3, Noise::of_rule("p90/1000@last")},
                                     {Bound::kl, Bound::bd}, example_provenance());
  const std::size_t trials = table.trials.size();
  table.state = {2, 3, 0};
  table.attempts = {1, 4, 0};
  table.seconds = {12.5, 0.125, std::nan("")};
  table.failure = {"", "the loss is inf after epoch 5 \xe2\x80\x94 \xc3\xa4h", ""};
  RandomStream random(3);
  const auto fill = [&](std::size_t count) {
    std::vector<double> values(count);
    for (double& value : values) value = random.below(5) == 0 ? std::nan("") : random.normal();
    return values;
  };
  table.train_loss = fill(trials * table.epochs.size());
  table.train_accuracy = fill(trials * table.epochs.size());
  table.trained_epochs = {10, 2, 0};
  table.validation_loss = fill(trials * table.epochs.size());
  table.validation_accuracy = fill(trials * table.epochs.size());
  table.test_loss = fill(trials * table.epochs.size());
  table.test_accuracy = fill(trials * table.epochs.size());
  table.i_xt = fill(table.at_estimate(trials, 0, 0, 0, 0));
  table.i_ty = fill(table.at_estimate(trials, 0, 0, 0, 0));
  table.sigma2_used = fill(table.at_noise(trials, 0, 0, 0));
  table.error_bits = fill(table.at_noise(trials, 0, 0, 0));
  const std::size_t snapshots = table.at_snapshot(trials, 0, 0);
  table.gradient_mean = fill(snapshots);
  table.gradient_deviation = fill(snapshots);
  table.weight_norm = fill(snapshots);
  table.gradient_count = fill(snapshots);
  table.distance_quantiles = fill(snapshots * distance_percents.size());
  const std::vector<double> shares = fill(snapshots * distance_bins);
  table.distance_histogram.assign(shares.begin(), shares.end());
  table.distance_mean = fill(snapshots);
  table.distance_rank_error = fill(snapshots);
  return table;
}

}  // namespace infoplane::test
