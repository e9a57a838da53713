#pragma once

#include <cstddef>

#include "store/activations_file.hpp"
#include "store/results_table.hpp"

namespace infoplane {

/// Copies what is known of trial `t` of `from` to its place `u` in `to`, whose axes have at least
/// the epochs, layers, noise and bounds of that trial; all arrays of `to` have their full size, as
/// read_results() gives them.
void copy_trial(const ResultsTable& from, std::size_t t, ResultsTable& to, std::size_t u);

/// The same for snapshots and ledger entry. Both files have the same layers and epochs for the
/// trial. Throws InputError.
void copy_trial(const ActivationsFile& from, std::size_t t, ActivationsFile& to, std::size_t u);

}  // namespace infoplane
