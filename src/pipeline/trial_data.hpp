#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/sweep_file.hpp"
#include "data/dataset.hpp"
#include "data/sampling.hpp"
#include "sweep/expand.hpp"

// Internal to the room.

namespace infoplane {

/// The rows of one trial: what it learns from, is tested on, and has recorded.
struct TrialData {
  Dataset data;
  std::uint64_t data_checksum = 0;
  std::vector<std::int64_t> train;  ///< sampled
  std::vector<std::int64_t> validation;
  std::vector<std::int64_t> test;
  std::vector<std::int64_t> recorded;  ///< in the order of the snapshots' rows
};

/// The data set of the last call is kept; another one may take seconds to unpack.
TrialData load_trial_data(const Trial& trial, const config::SweepFile& sweep);
/// Equal for trials that share a data set.
std::string dataset_key(const Trial& trial, const config::SweepFile& sweep);

}  // namespace infoplane
