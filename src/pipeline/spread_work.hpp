#pragma once

#include <cstddef>
#include <vector>

#include "comm/work_ranges.hpp"

namespace infoplane {

/// How the estimation of a run is shared out among the ranks. Only the time it takes depends on
/// this: the estimates have the same bits whatever is set here.
struct SpreadSettings {
  /// Snapshots predicted to take less than this are never cut: every rank has to prepare a cut one.
  double cut_from_s = 0.05;
  /// Snapshots are cut, the longest first, until handing out the rest whole lets the last rank end
  /// at most this share later than if all were busy to the end. -1 cuts all that may be cut.
  double uneven = 0.03;
};

struct SpreadWork {
  std::vector<std::size_t> cut;    ///< pieces of work for all ranks together, longest first
  std::vector<std::size_t> whole;  ///< those for one rank, longest first
  std::vector<WorkRange> tickets;  ///< of `whole`
};

/// Shares out pieces of work that are predicted to take cost_s[i]. Cuts only what has to be cut:
/// on 2 ranks 8 equal snapshots are handed out whole, of 9 one is cut, and none of 200 (the last
/// rank ends half a percent late).
SpreadWork spread_work(const std::vector<double>& cost_s, int ranks,
                       const SpreadSettings& settings = {});

}  // namespace infoplane
