#pragma once

#include <cstdint>
#include <memory>

#include "core/settings.hpp"
#include "data/dataset.hpp"
#include "models/network.hpp"

namespace infoplane {

/// The network that the settings describe, for inputs and classes as those of `data`, initialised.
std::shared_ptr<Network> make_network(const ModelSettings& settings, const Dataset& data,
                                      std::uint64_t weight_seed);

}  // namespace infoplane
