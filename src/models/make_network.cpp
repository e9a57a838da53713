#include "models/make_network.hpp"

#include "models/initialize.hpp"
#include "models/registry.hpp"

namespace infoplane {
std::shared_ptr<Network> make_network(const ModelSettings& settings, const Dataset& data,
                                      std::uint64_t weight_seed) {
  torch::manual_seed(weight_seed);  // for what its constructor draws
  std::shared_ptr<Network> network =
      build_network({settings, data.name, data.inputs.sizes().slice(1).vec(), data.classes,
                     data.rows(), data.edges});
  initialize(*network, settings.initialization, weight_seed);
  return network;
}

}  // namespace infoplane
