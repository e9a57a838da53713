#include "training/layer_parameters.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/errors.hpp"
#include "core/text.hpp"

namespace infoplane {

bool is_of_layer(const std::string& parameter, const std::string& layer) {
  return parameter.size() > layer.size() && parameter[layer.size()] == '.' &&
         parameter.compare(0, layer.size(), layer) == 0;
}

std::vector<torch::Tensor> weights_of_layer(const Network& network, const std::string& layer) {
  std::vector<torch::Tensor> weights;
  for (const auto& parameter : network.named_parameters()) {
    if (is_of_layer(parameter.key(), layer) && parameter.value().dim() >= 2)
      weights.push_back(parameter.value());
  }
  return weights;
}

void require_parameters(const Network& network, const std::vector<std::string>& layers) {
  const auto parameters = network.named_parameters();
  std::vector<std::string> there;
  for (const auto& parameter : parameters) {
    const std::string name = parameter.key().substr(0, parameter.key().find('.'));
    if (std::find(there.begin(), there.end(), name) == there.end()) there.push_back(name);
  }
  for (const std::string& layer : layers) {
    const bool has = std::any_of(parameters.begin(), parameters.end(), [&](const auto& parameter) {
      return is_of_layer(parameter.key(), layer);
    });
    if (has) continue;
    throw UsageError(fmt::format("the network has no layer \"{}\" with parameters (there are: {})",
                                 layer, join(there)));
  }
}

}  // namespace infoplane
