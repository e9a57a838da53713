#pragma once

#include <string>
#include <vector>

#include "config/sweep_file.hpp"
#include "config/value.hpp"

// How [grid] is written. Internal to the room.

namespace infoplane::config::detail {

/// Replaces [grid] by a table of dotted keys: "data.sampling_rate" in quotes and data.sampling_rate
/// without are the same to a person.
void normalise_grid(Value& root);

/// One line of [grid], its values checked as if they stood in their section. `root` has the
/// sections. Throws ConfigError with the reason: a key that never retrains, belongs to the whole
/// sweep or does not exist; a wrong value; two equal ones.
GridAxis read_axis(const Value::Member& member, const Value& root);

/// Throws ConfigError when a key stands on an axis of its own and in the tables of another.
void refuse_shared_keys(const std::vector<GridAxis>& axes);

}  // namespace infoplane::config::detail
