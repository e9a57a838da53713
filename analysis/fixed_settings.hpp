#pragma once

#include <map>
#include <string>

#include "core/settings.hpp"
#include "store/results_table.hpp"

namespace infoplane {

/// What a run does not vary, from the sweep that its results hold: "training.batch" -> 512, keys
/// and values as those of the grid ("model.hidden" -> "8-4"). Empty where the results hold none.
std::map<std::string, Setting> fixed_settings(const ResultsTable& table);

}  // namespace infoplane
