#pragma once

#include <cstdint>

#include "store/results_table.hpp"
#include "store/run_layout.hpp"

// Internal to the room.

namespace infoplane {

/// Of every number and text of the table as read_results() gives it, provenance left out: whoever
/// adds a remark to a file damages none.
std::uint64_t content_checksum(const ResultsTable& table);

/// Of what an activations file says of itself: trials, epochs, rows, labels and layers. The varied
/// settings are not in it.
std::uint64_t content_checksum(const RunLayout& layout);

}  // namespace infoplane
