#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace infoplane {

/// What one rank did for its tickets.
struct RankBusy {
  std::int64_t tickets = 0;
  std::int64_t fillers = 0;
  double busy_s = 0;
};

/// How busy the ranks of a phase were.
struct BusyLog {
  double wall_s = 0;            ///< how long the phase took
  std::vector<RankBusy> ranks;  ///< by rank; empty where nobody keeps the log

  /// Share of the phase in which the rank worked, 0 to 1.
  double share(std::size_t rank) const { return wall_s > 0 ? ranks[rank].busy_s / wall_s : 0; }

  /// Adds a later part of the same phase.
  BusyLog& operator+=(const BusyLog& later) {
    wall_s += later.wall_s;
    if (ranks.size() < later.ranks.size()) ranks.resize(later.ranks.size());
    for (std::size_t rank = 0; rank < later.ranks.size(); ++rank) {
      ranks[rank].tickets += later.ranks[rank].tickets;
      ranks[rank].fillers += later.ranks[rank].fillers;
      ranks[rank].busy_s += later.ranks[rank].busy_s;
    }
    return *this;
  }
};

}  // namespace infoplane
