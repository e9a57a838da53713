#include "pipeline/snapshot_work.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/distance_axes.hpp"
#include "estimators/distances.hpp"
#include "estimators/pairwise.hpp"

namespace infoplane {
namespace {

std::vector<std::uint64_t> missing_sigma2(const ResultsTable& table, std::size_t trial,
                                          std::size_t epoch, std::size_t layer) {
  std::vector<std::uint64_t> missing;
  for (std::size_t s = 0; s < table.sigma2.size(); ++s) {
    // A power cut may leave any of them out: they lie in different pages of the file.
    const std::size_t noise = table.at_noise(trial, epoch, layer, s);
    bool complete = !std::isnan(table.sigma2_used[noise]) && !std::isnan(table.error_bits[noise]);
    for (std::size_t b = 0; b < table.bounds.size(); ++b) {
      const std::size_t at = table.at_estimate(trial, epoch, layer, s, b);
      complete = complete && !std::isnan(table.i_xt[at]) && !std::isnan(table.i_ty[at]);
    }
    if (!complete) missing.push_back(s);
  }
  return missing;
}

bool has_distances(const ResultsTable& table, std::size_t trial, std::size_t epoch,
                   std::size_t layer) {
  const std::size_t at = table.at_snapshot(trial, epoch, layer);
  const auto quantiles =
      table.distance_quantiles.begin() + static_cast<std::ptrdiff_t>(at * distance_percents.size());
  const auto bins =
      table.distance_histogram.begin() + static_cast<std::ptrdiff_t>(at * distance_bins);
  const auto is_nan = [](double value) { return std::isnan(value); };
  return !std::isnan(table.distance_mean[at]) && !std::isnan(table.distance_rank_error[at]) &&
         std::none_of(quantiles, quantiles + distance_percents.size(), is_nan) &&
         std::none_of(bins, bins + distance_bins, is_nan);
}

/// Positions on the axis. It shows in the metrics which epochs a trial that is done has recorded.
std::vector<std::size_t> recorded_epochs(const ResultsTable& table, std::size_t trial) {
  std::vector<std::size_t> recorded;
  for (std::size_t e = 0; e < table.epochs.size(); ++e) {
    if (!std::isnan(table.train_loss[table.at_epoch(trial, e)])) recorded.push_back(e);
  }
  return recorded;
}

/// Every snapshot of a trial that has recorded these positions on the axis of epochs and lacks
/// estimates at `missing(axis_epoch, axis_layer)` or distances.
template <class Missing, class HasDistances>
void add_trial(const ResultsTable& table, std::size_t trial,
               const std::vector<std::size_t>& axis_epochs, const Missing& missing,
               const HasDistances& has_distances, std::vector<SnapshotWork>& work) {
  for (std::size_t layer = 0; layer < table.layers.size(); ++layer) {
    const std::int32_t position = table.layer_position[table.at_layer(trial, layer)];
    if (position < 0) continue;
    for (std::size_t epoch = 0; epoch < axis_epochs.size(); ++epoch) {
      std::vector<std::uint64_t> sigma2 = missing(axis_epochs[epoch], layer);
      const bool summarised = has_distances(axis_epochs[epoch], layer);
      if (sigma2.empty() && summarised) continue;
      const auto rows = static_cast<std::size_t>(table.recorded_rows[trial]);
      const auto features = static_cast<std::size_t>(table.features[table.at_layer(trial, layer)]);
      const double cost = snapshot_cost_s(rows, features, sigma2.size());
      work.push_back({trial, epoch, axis_epochs[epoch], static_cast<std::uint64_t>(position), layer,
                      std::move(sigma2), summarised, cost});
    }
  }
}

}  // namespace

double snapshot_cost_s(std::size_t rows, std::size_t features, std::size_t sigma2_count) {
  return pairwise_cost_s(rows, features, sigma2_count) + distances_cost_s(rows, features);
}

std::vector<SnapshotWork> find_outstanding(const ResultsTable& table) {
  std::vector<SnapshotWork> work;
  for (std::size_t t = 0; t < table.trials.size(); ++t) {
    if (table.state_of(t) != TrialState::done) continue;
    add_trial(
        table, t, recorded_epochs(table, t),
        [&](std::size_t epoch, std::size_t layer) {
          return missing_sigma2(table, t, epoch, layer);
        },
        [&](std::size_t epoch, std::size_t layer) { return has_distances(table, t, epoch, layer); },
        work);
  }
  return work;
}

std::size_t count_recorded(const ResultsTable& table, const std::vector<std::size_t>& but) {
  std::size_t count = 0;
  for (std::size_t t = 0; t < table.trials.size(); ++t) {
    if (table.state_of(t) != TrialState::done) continue;
    if (std::binary_search(but.begin(), but.end(), t)) continue;
    std::size_t layers = 0;
    for (std::size_t layer = 0; layer < table.layers.size(); ++layer)
      layers += table.layer_position[table.at_layer(t, layer)] >= 0 ? 1U : 0U;
    count += layers * recorded_epochs(table, t).size();
  }
  return count;
}

std::vector<SnapshotWork> all_snapshots_of(const ResultsTable& axes, std::size_t trial,
                                           const std::vector<std::int64_t>& epochs) {
  std::vector<std::size_t> positions;
  for (const std::int64_t epoch : epochs) {
    positions.push_back(static_cast<std::size_t>(
        std::lower_bound(axes.epochs.begin(), axes.epochs.end(), epoch) - axes.epochs.begin()));
  }
  std::vector<std::uint64_t> all(axes.sigma2.size());
  std::iota(all.begin(), all.end(), std::uint64_t{0});
  std::vector<SnapshotWork> work;
  add_trial(
      axes, trial, positions, [&](std::size_t, std::size_t) { return all; },
      [](std::size_t, std::size_t) { return false; }, work);
  return work;
}

}  // namespace infoplane
