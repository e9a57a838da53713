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

struct BestTrial {
  std::size_t trial = 0;
  std::string accuracy;  ///< it was chosen by: "test", "validation", "training"; "" by none
};

/// Of `candidates` that are done the one with the best accuracy at its last recorded epoch: test,
/// validation or training accuracy, the first of these that any of them has. Trials without it come
/// last; without any accuracy it is the first candidate. Throws InputError when none is done.
BestTrial best_trial(const ResultsTable& table, const std::vector<std::size_t>& candidates);

/// The information plane of one trial as text: I(X;T) to the right, I(T;Y) upwards, the path of
/// each layer over the epochs, and the numbers at the first and the last that the trial recorded,
/// "-" where an estimate is missing. Throws InputError when the trial has no estimates.
std::string plane_text(const ResultsTable& table, std::size_t trial, const EstimateChoice& choice,
                       const TerminalStyle& style);

}  // namespace infoplane
