#pragma once

#include <functional>
#include <string>
#include <vector>

#include "config/value.hpp"
#include "core/noise.hpp"

// Internal to the room.

namespace infoplane {

struct LayersOfTrial {
  std::string id;
  std::vector<std::string> layers;  ///< recorded ones, input side first
};

/// What is not to be seen before the networks are known and not by src/config at all: that every
/// rule is one of src/estimators/noise, and every list as long as each trial is deep. Throws
/// config::ConfigError; `where` says where an entry was written.
void check_noise(const std::vector<Noise>& noise, const std::vector<LayersOfTrial>& trials,
                 const std::function<config::Source(const Noise&)>& where);

}  // namespace infoplane
