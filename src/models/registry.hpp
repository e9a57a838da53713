#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "models/network.hpp"
#include "models/network_input.hpp"

namespace infoplane {

using NetworkFactory = std::function<std::shared_ptr<Network>(const NetworkInput&)>;

/// Makes `kind` a word for model.kind. Throws UsageError when it is one already.
void register_network(const std::string& kind, NetworkFactory factory);

/// The kinds there are, the built-in ones first.
std::vector<std::string> known_networks();

/// The network, its weights not yet ours. Throws UsageError for an unknown kind, or for data that
/// it cannot read.
std::shared_ptr<Network> build_network(const NetworkInput& input);

}  // namespace infoplane
