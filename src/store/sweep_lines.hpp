#pragma once

#include <string>
#include <vector>

namespace infoplane {

/// A line of a resolved sweep, as sweep.toml and the attribute `sweep` of results.nc hold it: every
/// key has one of its own.
struct SweepLine {
  std::string section;  ///< "training"; "grid"
  std::string key;      ///< "epochs"; of the grid with its quotes
  std::string value;    ///< as written
};

std::vector<SweepLine> sweep_lines(const std::string& resolved);

}  // namespace infoplane
