#include "models/fcn.hpp"

#include "core/errors.hpp"

namespace infoplane {

torch::Tensor activate(Activation activation, const torch::Tensor& values) {
  switch (activation) {
    case Activation::tanh:
      return torch::tanh(values);
    case Activation::relu:
      return torch::relu(values);
    case Activation::sigmoid:
      return torch::sigmoid(values);
    case Activation::elu:
      return torch::elu(values);
  }
  throw InternalError("an activation without a function");
}

Fcn::Fcn(std::int64_t inputs, std::int64_t classes, const ModelSettings& settings)
    : activation_(settings.activation), dropout_(settings.dropout) {
  std::int64_t width = inputs;
  const auto add = [&](const std::string& name, std::int64_t units) {
    layers_.push_back(register_module(name, torch::nn::Linear(width, units)));
    width = units;
  };
  for (std::size_t l = 0; l < settings.hidden.size(); ++l)
    add("h" + std::to_string(l + 1), settings.hidden[l]);
  add("output", classes);
}

torch::Tensor Fcn::forward(const torch::Tensor& inputs) {
  torch::Tensor t = inputs.flatten(1);
  for (std::size_t l = 0; l + 1 < layers_.size(); ++l) {
    t = probe("h" + std::to_string(l + 1), {"linear"}, activate(activation_, layers_[l]->forward(t)));
    if (dropout_ > 0) t = torch::dropout(t, dropout_, is_training());
  }
  return output(layers_.back()->forward(t));
}

}  // namespace infoplane
