#pragma once

#include <vector>

#include "store/results_table.hpp"

namespace infoplane {

/// One table with the trials of all `parts`, in the order of `ids`. Its axes of epochs and layers
/// are those a run of all trials together would have had; provenance is left to the caller. Throws
/// UsageError when a trial is in none of the parts or in two of them, or the parts have other noise
/// variances, bounds or varied settings: the message names parts by `names`.
ResultsTable merge_results(const std::vector<ResultsTable>& parts,
                           const std::vector<std::string>& names,
                           const std::vector<std::string>& ids);

/// Where each trial of a merged table is: its part, and its place there. Throws as above.
struct TrialPlace {
  std::size_t part = 0;
  std::size_t trial = 0;
};
std::vector<TrialPlace> places_of(const std::vector<ResultsTable>& parts,
                                  const std::vector<std::string>& names,
                                  const std::vector<std::string>& ids);

}  // namespace infoplane
