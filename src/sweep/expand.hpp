#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/sweep_file.hpp"
#include "core/settings.hpp"

namespace infoplane {

/// Where a trial's random numbers come from. They depend on the sweep's seed and the trial's
/// repetition (training.seed) alone: trials that differ only in a hyperparameter or the sampling
/// rate share split, subset order and start weights, which makes comparing them a paired
/// comparison.
struct TrialSeeds {
  std::uint64_t split;    ///< which rows are training rows
  std::uint64_t subset;   ///< the order in which a growing sampling rate takes them in
  std::uint64_t labels;   ///< stochastic labels
  std::uint64_t weights;  ///< initialisation
  std::uint64_t batches;  ///< the order of the rows in each epoch
  std::uint64_t layers;   ///< random layers: dropout
};

struct Trial {
  std::string
      id;  ///< 12 hexadecimal digits: a hash of the sweep's seed and all settings of the trial
  TrialSettings settings;
  TrialSeeds seeds;
  std::vector<std::int64_t> epochs;  ///< recorded ones, increasing
  std::vector<Setting> varied;       ///< its value on each axis of the grid, or its table's label
};

struct TrialGrid {
  std::vector<std::string> axes;  ///< dotted keys, or sections, in the order of the file
  std::vector<Trial> trials;      ///< the last axis varies fastest
  std::int64_t duplicates = 0;    ///< points of the grid left out: an earlier one is the same trial
};

/// The trials of a sweep, or of its shard (sweep/shard_trials.hpp). Throws config::ConfigError when
/// a trial would record no epoch at all, the grid has more than a million points, or there are
/// fewer trials than shards.
TrialGrid expand(const config::SweepFile& sweep);

/// The seed of a draw that all trials share, such as the recorded rows.
std::uint64_t sweep_seed(const config::SweepFile& sweep, std::string_view purpose);

}  // namespace infoplane
