#include "models/make_network.hpp"

#include "core/errors.hpp"
#include "models/fcn.hpp"
#include "models/initialize.hpp"

namespace infoplane {
namespace {

std::shared_ptr<Network> build(const ModelSettings& settings, const Dataset& data) {
  if (settings.kind == "fcn")
    return std::make_shared<Fcn>(data.inputs[0].numel(), data.classes, settings);
  throw InternalError("a kind of model without a network");
}

}  // namespace

std::shared_ptr<Network> make_network(const ModelSettings& settings, const Dataset& data,
                                      std::uint64_t weight_seed) {
  std::shared_ptr<Network> network = build(settings, data);
  initialize(*network, settings.initialization, weight_seed);
  return network;
}

}  // namespace infoplane
