#pragma once

#include <cstddef>
#include <vector>

#include "core/noise.hpp"
#include "store/results_table.hpp"

// What a table of results has estimates for, changed in memory.

namespace infoplane {

/// Adds noise whose estimates are NaN, keeping all others. Returns false when all of it is there.
bool extend_sigma2(ResultsTable& table, const std::vector<Noise>& sigma2);

/// Takes noise away, with its estimates. Some has to stay.
void drop_sigma2(ResultsTable& table, const std::vector<Noise>& sigma2);

/// Takes back what was estimated from the activations of a trial: all of it becomes NaN. Returns
/// false when it was so before.
bool forget_estimates(ResultsTable& table, std::size_t trial);

}  // namespace infoplane
