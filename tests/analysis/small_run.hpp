#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/distance_axes.hpp"
#include "store/activations_file.hpp"
#include "store/atomic_file.hpp"
#include "store/results_table.hpp"
#include "store/run_directory.hpp"

namespace infoplane::test {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Two trials of 8 rows (I(X;T) <= 3 bits, I(T;Y) <= 1 bit), recorded at epochs 0 and 10: the first
/// has layers layer1, output, the second layer1, layer2, output.
inline RunLayout small_layout() {
  RunLayout layout;
  layout.axes = {"training.learning_rate", "training.seed"};
  layout.row_sets = {{{0, 1, 2, 3, 4, 5, 6, 7}, {0, 1, 0, 1, 0, 1, 0, 1}}};
  layout.trials = {
      {"aaaa11112222", {0, 10}, {{"layer1", 3}, {"output", 2}}, 0, 20, 17, {1e-3, std::int64_t{1}}},
      {"aabb33334444",
       {0, 10},
       {{"layer1", 3}, {"layer2", 2}, {"output", 2}},
       0,
       20,
       25,
       {1e-2, std::int64_t{2}}}};
  return layout;
}

/// Its results, all done: numbers that differ from cell to cell and respect the ceilings.
inline ResultsTable small_table() {
  const RunLayout layout = small_layout();
  ResultsTable table = empty_results(layout, {1.0}, {1e-3, 1e-2, 1e-1}, {Bound::kl, Bound::bd}, {});
  table.state = {2, 2};
  table.attempts = {1, 1};
  table.seconds = {1, 2};
  table.failure = {"", ""};
  const std::size_t by_epoch = table.trials.size() * table.epochs.size();
  for (std::size_t i = 0; i < by_epoch; ++i) {
    const auto step = static_cast<double>(i) / 16;
    table.train_loss.push_back(1 - step);
    table.train_accuracy.push_back(0.5 + step);
    table.test_loss.push_back(1.125 - step);
    table.test_accuracy.push_back(0.625 + step / 2);
  }
  table.validation_loss.assign(by_epoch, nan);
  table.validation_accuracy.assign(by_epoch, nan);
  const std::size_t estimates = table.at_estimate(table.trials.size(), 0, 0, 0, 0);
  table.i_xt.assign(estimates, nan);
  table.i_ty.assign(estimates, nan);
  const std::size_t snapshots = table.at_snapshot(table.trials.size(), 0, 0);
  table.sigma2_used.assign(snapshots * table.sigma2.size(), nan);
  table.error_bits.assign(snapshots * table.sigma2.size(), nan);
  table.distance_quantiles.assign(snapshots * distance_percents.size(), nan);
  table.distance_histogram.assign(snapshots * distance_bins, static_cast<float>(nan));
  table.distance_mean.assign(snapshots, nan);
  table.distance_rank_error.assign(snapshots, nan);
  for (std::size_t t = 0; t < table.trials.size(); ++t) {
    for (std::size_t l = 0; l < table.layers.size(); ++l) {
      if (table.layer_position[table.at_layer(t, l)] < 0) continue;
      for (std::size_t e = 0; e < table.epochs.size(); ++e) {
        const std::size_t snapshot = table.at_snapshot(t, e, l);
        for (std::size_t s = 0; s < table.sigma2.size(); ++s) {
          table.sigma2_used[snapshot * table.sigma2.size() + s] = table.sigma2[s].number;
          table.error_bits[snapshot * table.sigma2.size() + s] = 1e-9;
        }
        table.distance_mean[snapshot] = 1 + static_cast<double>(snapshot);
        table.distance_rank_error[snapshot] = 0;
        std::fill_n(&table.distance_quantiles[snapshot * distance_percents.size()],
                    distance_percents.size(), 1.5);
        std::fill_n(&table.distance_histogram[snapshot * distance_bins], distance_bins, 0.0F);
        table.distance_histogram[snapshot * distance_bins + 40] = 1;
        const std::size_t begin = table.at_estimate(t, e, l, 0, 0);
        for (std::size_t at = begin; at < begin + table.sigma2.size() * table.bounds.size(); ++at) {
          table.i_xt[at] = 3.0 * static_cast<double>(at) / static_cast<double>(estimates);
          table.i_ty[at] = 1.0 - static_cast<double>(at) / static_cast<double>(estimates);
        }
      }
    }
  }
  return table;
}

/// A whole run in `folder`: sweep.toml, results.nc and activations.h5 with every trial done.
inline RunDirectory write_small_run(const std::filesystem::path& folder,
                                    const ResultsTable& table = small_table()) {
  const RunDirectory run(folder);
  run.prepare();
  const RunLayout layout = small_layout();
  ActivationsFile::create(run.activations(), layout, {});
  {
    ActivationsFile file(run.activations(), ActivationsFile::Access::write, Communicator::serial());
    for (std::size_t t = 0; t < layout.trials.size(); ++t) {
      const TrialLayout& trial = layout.trials[t];
      SlabChecksum checksum(trial.layers.size());
      for (std::size_t e = 0; e < trial.epochs.size(); ++e) {
        for (std::size_t l = 0; l < trial.layers.size(); ++l) {
          const auto features = static_cast<std::size_t>(trial.layers[l].features);
          std::vector<float> values(8 * features);
          for (std::size_t i = 0; i < values.size(); ++i)
            values[i] = static_cast<float>(t * 1000 + e * 100 + l * 50 + i);
          file.write_snapshot(t, e, l, {values.data(), 8, features});
          checksum.add(e, l, {values.data(), 8, features});
        }
      }
      file.write_ledger(t, {TrialState::done, 1, checksum.value(), 5, 6, "", 1000});
    }
  }
  write_results(run.results(), table);
  write_text_atomically(run.sweep(), "[sweep]\nname = \"small\"\n");
  return run;
}

/// Changes one number of a snapshot in the file, and nothing else.
inline void change_activation(const RunDirectory& run, std::size_t trial, std::size_t epoch,
                              std::size_t layer, std::size_t row, std::size_t feature,
                              float value) {
  ActivationsFile file(run.activations(), ActivationsFile::Access::write, Communicator::serial());
  const auto features =
      static_cast<std::size_t>(file.layout().trials[trial].layers[layer].features);
  std::vector<float> values;
  file.read_snapshot(trial, epoch, layer, values);
  values[row * features + feature] = value;
  file.write_snapshot(trial, epoch, layer, {values.data(), values.size() / features, features});
}

}  // namespace infoplane::test
