#pragma once

#include <cstddef>
#include <vector>

namespace infoplane {

/// Consecutive pieces of work, [begin, end), that make one ticket.
struct WorkRange {
  std::size_t begin = 0;
  std::size_t end = 0;
  double cost_s = 0;
};

struct RangeLimits {
  double least_s = 0.01;  ///< below this, asking for a ticket (half a millisecond) begins to show
  double most_s = 0.5;    ///< above this, progress is told too rarely
};

/// Cuts work, piece p of which is predicted to take cost_s[p], into ranges for `ranks` ranks. Each
/// range takes a share of 1 / (2 ranks) of what is left, within the limits: the first are long, so
/// that asking costs little, and the last are short, so that all ranks end together although
/// predictions are rough. For 2 ranks, 16 pieces of 1 s and no limits they have
/// 4 3 2 2 1 1 1 1 1 pieces. Never cuts a piece, and leaves none out.
std::vector<WorkRange> shrinking_ranges(const std::vector<double>& cost_s, int ranks,
                                        RangeLimits limits = {});

}  // namespace infoplane
