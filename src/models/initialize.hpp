#pragma once

#include <cstdint>

#include "core/settings.hpp"
#include "models/network.hpp"

namespace infoplane {

/// Draws the start weights of every parameter, in the order of registration, from one seeded stream
/// of our own: the same numbers on every LibTorch version. Parameters of one dimension are biases,
/// but for those called "weight": factors, which start at 1 (batch normalisation). Leaves them
/// alone where the network has an initialisation of its own.
void initialize(Network& network, Initialization initialization, std::uint64_t seed);

}  // namespace infoplane
