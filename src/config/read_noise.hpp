#pragma once

#include <string>
#include <vector>

#include "config/value.hpp"
#include "core/noise.hpp"

// How estimate.sigma2 is written. Internal to the room.

namespace infoplane::config::detail {

struct PlacedNoise {
  Noise noise;
  Source where;
};

/// The entries of estimate.sigma2, one or a list of them, ranges written out, in the order of the
/// axis. Throws ConfigError with the place of what is wrong. Whether there is such a rule, and
/// whether a list fits the layers, only the plan can tell.
std::vector<PlacedNoise> read_noise(const std::string& key, const Value& value);

}  // namespace infoplane::config::detail
