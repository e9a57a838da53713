#pragma once

#include <string>

#include "config/value.hpp"

// What --set does to a parsed sweep file. Internal to the room.

namespace infoplane::config::detail {

/// Applies "key=value". A key of a section replaces the file's value and leaves the grid, where it
/// may be an axis or stand in the tables of one; "grid.KEY=[...]" sets an axis. Throws ConfigError,
/// or UsageError where it is no key=value.
void apply_override(Value& root, const std::string& text);

}  // namespace infoplane::config::detail
