#include "models/network.hpp"

#include "core/errors.hpp"

namespace infoplane {

torch::Tensor Network::probe(const std::string& layer, const LayerRole& role,
                             torch::Tensor values) {
  if (observer_) observer_(layer, role, values);
  return values;
}

torch::Tensor Network::output(torch::Tensor logits, bool follows) {
  if (observer_) observer_("output", {"output", follows}, torch::softmax(logits, 1));
  return logits;
}

Observation::Observation(Network& network, Network::Observer observer) : network_(network) {
  if (network.observer_) throw InternalError("a network is watched twice at once");
  network.observer_ = std::move(observer);
}

Observation::~Observation() { network_.observer_ = nullptr; }

std::vector<LayerShape> recorded_layers(Network& network, const torch::Tensor& some_inputs) {
  std::vector<LayerShape> layers;
  const EvaluationMode evaluation(network);
  const Observation watch(network, [&](const std::string& name, const LayerRole& role,
                                       const torch::Tensor& values) {
    for (const LayerShape& layer : layers) {
      if (layer.name == name) throw InternalError("two recorded layers are called " + name);
    }
    layers.push_back({name, role, values.sizes().slice(1).vec(), values.numel() / values.size(0)});
  });
  network.forward(some_inputs);
  return layers;
}

std::int64_t parameter_count(const Network& network) {
  std::int64_t count = 0;
  for (const torch::Tensor& parameter : network.parameters()) count += parameter.numel();
  return count;
}

}  // namespace infoplane
