#pragma once

#include "config/sweep_file.hpp"
#include "sweep/expand.hpp"

namespace infoplane {

/// Leaves the trials of the sweep's shard in the grid, in its order. All trials are dealt out like
/// cards, the ones with the most passes over the most data first, equal ones in the order of their
/// ids: every shard gets as many as the others, or one more, and about as much work, whatever the
/// axes of the grid are. Only the sweep decides, so that shards fit together on whatever machine,
/// and with whatever version, each of them is run. With trials of 8, 8, 4, 4 and 2 epochs shard 1/2
/// has those of 8, 4 and 2, shard 2/2 those of 8 and 4.
///
/// Throws config::ConfigError when there are fewer trials than shards.
void keep_shard(TrialGrid& grid, const config::SweepFile& sweep);

}  // namespace infoplane
