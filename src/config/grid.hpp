#pragma once

#include <string>
#include <vector>

#include "config/value.hpp"

// How [grid] is written. Internal to the room.

namespace infoplane::config::detail {

/// Replaces [grid] by a table of dotted keys: "data.sampling_rate" in quotes and data.sampling_rate
/// without are the same to a person.
void normalise_grid(Value& root);

/// Throws ConfigError that says why a key cannot be varied: it never retrains, it belongs to the
/// whole sweep, or it does not exist.
[[noreturn]] void refuse_grid_key(const Value::Member& member);

/// The values of one line of [grid]: a list, or a range { from, to, step }.
std::vector<Value> axis_values(const Value::Member& member);

}  // namespace infoplane::config::detail
