#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/sweep_file.hpp"
#include "store/run_layout.hpp"
#include "sweep/cost_model.hpp"
#include "sweep/expand.hpp"

namespace infoplane {

/// A sweep worked out as far as it goes without training anything: every rank that makes it from
/// the same sweep has the same plan.
struct RunPlan {
  config::SweepFile sweep;
  TrialGrid grid;
  RunLayout layout;                          ///< trials in the order of grid.trials
  std::vector<double> row_set_entropy;       ///< H(Y) of each row set of the layout, bits
  std::vector<double> predicted_trial_s;     ///< training one trial, seconds on one core
  std::vector<double> predicted_estimate_s;  ///< estimating all its snapshots
  std::vector<TrialSize> sizes = {};         ///< of the trials
  std::vector<std::size_t> shapes = {};      ///< of the trials: equal where the networks are

  std::uint64_t activations_bytes() const;
  std::uint64_t results_bytes() const;
  std::int64_t snapshot_count() const;
  /// Exponentials that every pair of rows takes, at most: the kernels of sigma2 values a power of
  /// two apart come from one by squaring. A rule may take two, its values not being known yet.
  std::size_t exponentials_per_pair() const;
  /// Largest resident memory of a rank, roughly: libraries, data, network, one snapshot of each
  /// layer, the estimator's sums, the list of what is to be estimated.
  std::uint64_t rank_bytes() const;
  /// What rank 0 has beside that: it writes the results as a whole, and reads them once more.
  std::uint64_t root_bytes() const { return 2 * results_bytes(); }
};

/// What of record.epochs no trial is trained long enough for, as a sentence; "" if nothing.
std::string epochs_left_out(const RunPlan& plan);

enum class ShowProgress { no, yes };

/// Throws config::ConfigError for what only the data and the networks can tell, such as more rows
/// asked for than there are or a noise list that does not fit the layers; InputError when a data
/// set is missing. With thousands of trials it takes a while, and may show how far it is.
RunPlan make_plan(const config::SweepFile& sweep, ShowProgress show);

}  // namespace infoplane
