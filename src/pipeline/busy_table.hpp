#pragma once

#include <string>
#include <vector>

#include "comm/busy_log.hpp"

namespace infoplane {

/// How busy the ranks were in the phases of a job, as lines of at most 71 columns: with the time
/// before them they fit into 80. A phase without ranks is left out. Nothing for a single rank,
/// which has nobody to wait for. Of more than 16 ranks the 8 least busy ones have a line.
///
///     ranks at work   training, 31 s                   estimating, 4.2 s
///       rank  trials  early         busy         tickets         busy
///          0       4      0         30 s  97 %        12        4.1 s  98 %
///          1       3     17         31 s  99 %        13        4.1 s  98 %
///
/// "early" counts tickets of snapshots that a rank estimated while others still trained.
std::vector<std::string> busy_table(const BusyLog& training, const BusyLog& estimating);

}  // namespace infoplane
