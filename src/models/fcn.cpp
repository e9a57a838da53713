#include "models/fcn.hpp"

#include "models/activation.hpp"

namespace infoplane {

Fcn::Fcn(const NetworkInput& input)
    : activation_(input.settings.activation), dropout_(input.settings.dropout) {
  const ModelSettings& settings = input.settings;
  std::int64_t width = input.features();
  const auto add = [&](const std::string& name, std::int64_t units) {
    layers_.push_back(register_module(name, torch::nn::Linear(width, units)));
    width = units;
  };
  for (std::size_t l = 0; l < settings.hidden.size(); ++l)
    add("h" + std::to_string(l + 1), settings.hidden[l]);
  add("output", input.classes);
}

torch::Tensor Fcn::forward(const torch::Tensor& inputs) {
  torch::Tensor t = inputs.flatten(1);
  for (std::size_t l = 0; l + 1 < layers_.size(); ++l) {
    t = probe("h" + std::to_string(l + 1), {"linear"},
              activate(activation_, layers_[l]->forward(t)));
    if (dropout_ > 0) t = torch::dropout(t, dropout_, is_training());
  }
  return output(layers_.back()->forward(t));
}

}  // namespace infoplane
