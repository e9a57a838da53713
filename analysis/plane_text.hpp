#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "analysis/select.hpp"
#include "store/results_table.hpp"

namespace infoplane {

struct TerminalStyle {
  int columns = 80;
  bool colour = false;
  bool unicode = true;  ///< Braille dots; else full stops
};

/// Of `candidates` the trial with the best test accuracy, or training accuracy where there are no
/// test rows; one without any comes last. Throws InputError when none is done.
std::size_t best_trial(const ResultsTable& table, const std::vector<std::size_t>& candidates);

/// The information plane of one trial as text: I(X;T) to the right, I(T;Y) upwards, the path of
/// each layer over the epochs, and the numbers of its first and last. Throws InputError when the
/// trial has no estimates.
std::string plane_text(const ResultsTable& table, std::size_t trial, const EstimateChoice& choice,
                       const TerminalStyle& style);

}  // namespace infoplane
