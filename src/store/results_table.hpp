#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/noise.hpp"
#include "core/settings.hpp"
#include "store/ledger.hpp"
#include "store/run_layout.hpp"

namespace infoplane {

/// results.nc in memory. Arrays are row-major over the axes their comment names; what a trial does
/// not have (an epoch, a layer, an estimate not made yet) is NaN.
struct ResultsTable {
  Provenance provenance;
  /// Whether its checksum was there and right. It is not while a job writes numbers, nor after one
  /// that was killed, until the next job ends.
  bool sealed = false;

  // Axes. Epochs and layers are the union over all trials.
  std::vector<std::string> trials;
  std::vector<std::int64_t> epochs;
  std::vector<std::string> layers;
  std::vector<Noise> sigma2;  ///< in their order (core/noise.hpp)
  std::vector<std::string> bounds;

  // The varied settings: coordinates of the trial axis.
  std::vector<std::string> axes;             ///< dotted keys
  std::vector<std::vector<Setting>> varied;  // [trial][axis]

  // [trial]
  std::vector<std::uint8_t> state;  ///< TrialState
  std::vector<std::int32_t> attempts;
  std::vector<double> seconds;               ///< training time
  std::vector<std::int64_t> trained_epochs;  ///< when done; fewer than planned: stopped early
  std::vector<std::int64_t> recorded_rows;   ///< N of its snapshots
  std::vector<std::int64_t> train_rows;
  std::vector<std::int64_t> parameters;
  std::vector<double> label_entropy;  ///< H(Y) of the recorded rows, bits: the ceiling of I(T;Y)
  std::vector<std::string>
      failure;  ///< why it failed or is in quarantine, filled when the run has finished

  // [trial][layer]
  std::vector<std::int32_t>
      layer_position;  ///< 0 at the input side; -1 where the trial has no such layer
  std::vector<std::int64_t> features;
  std::vector<std::string> layer_kind;      ///< LayerLayout::kind; "" where there is no such layer
  std::vector<std::string> layer_shape;     ///< "20x4x4"
  std::vector<std::uint8_t> layer_follows;  ///< LayerLayout::follows

  // [trial][epoch]
  std::vector<double> train_loss, train_accuracy, validation_loss, validation_accuracy, test_loss,
      test_accuracy;

  // [trial][epoch][layer]: GradientRecord.
  std::vector<double> gradient_mean, gradient_deviation, weight_norm, gradient_count;

  // [trial][epoch][layer][sigma2][bound], bits
  std::vector<double> i_xt, i_ty;

  // [trial][epoch][layer][sigma2]
  std::vector<double> sigma2_used;  ///< the variance the estimates were made with
  std::vector<double> error_bits;   ///< bound on the numerical error of each of the estimates

  // Squared distances between the rows of each snapshot; axes: core/distance_axes.hpp.
  std::vector<double> distance_quantiles;   ///< [trial][epoch][layer][percent]
  std::vector<float> distance_histogram;    ///< [trial][epoch][layer][bin], shares of the pairs
  std::vector<double> distance_mean;        ///< [trial][epoch][layer]
  std::vector<double> distance_rank_error;  ///< [trial][epoch][layer], share

  TrialState state_of(std::size_t trial) const { return static_cast<TrialState>(state.at(trial)); }
  std::size_t at_epoch(std::size_t trial, std::size_t epoch) const {
    return trial * epochs.size() + epoch;
  }
  std::size_t at_layer(std::size_t trial, std::size_t layer) const {
    return trial * layers.size() + layer;
  }
  std::size_t at_snapshot(std::size_t trial, std::size_t epoch, std::size_t layer) const {
    return at_epoch(trial, epoch) * layers.size() + layer;
  }
  std::size_t at_noise(std::size_t trial, std::size_t epoch, std::size_t layer,
                       std::size_t sigma2_at) const {
    return at_snapshot(trial, epoch, layer) * sigma2.size() + sigma2_at;
  }
  std::size_t at_estimate(std::size_t trial, std::size_t epoch, std::size_t layer,
                          std::size_t sigma2_at, std::size_t bound) const {
    return at_noise(trial, epoch, layer, sigma2_at) * bounds.size() + bound;
  }
};

/// The table of a run that is about to start: nothing but its axes and what is known of its trials.
ResultsTable empty_results(const RunLayout& layout, const std::vector<double>& label_entropy,
                           const std::vector<Noise>& sigma2, const std::vector<Bound>& bounds,
                           const Provenance& provenance);

/// Writes results.nc: HDF5 that is valid netCDF-4. One flat group per table (trials, layers,
/// metrics, gradients, pairwise, distances), each with its own coordinates, so that
/// xarray.open_dataset(path, group=...) has named dimensions and the varied settings as coordinates
/// param_*. The coordinate sigma2 is NaN for a list or a rule; the coordinate noise(sigma2) has the
/// text of each entry. Empty arrays become NaN. The scalar content_checksum seals all of it.
/// Atomic, one process. Throws InputError.
void write_results(const std::filesystem::path& path, const ResultsTable& table);

/// About how large results.nc of the table is.
std::uint64_t bytes_of(const ResultsTable& table);

/// Reads results.nc of a run, finished or not. Throws InputError when it is missing or damaged,
/// down to a single bit of what is read where it is sealed.
ResultsTable read_results(const std::filesystem::path& path);

}  // namespace infoplane
