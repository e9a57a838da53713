#include "models/named_layers.hpp"

#include "core/errors.hpp"

namespace infoplane {

NamedLayers::NamedLayers(torch::nn::Sequential layers) : layers_(std::move(layers)) {
  const auto children = layers_->named_children();
  if (children.is_empty()) throw UsageError("it has no layers");
  // Registered by themselves: parameters of a recorded layer begin with the layer's name.
  for (const auto& child : children) {
    const bool is_last = names_.size() + 1 == children.size();
    names_.push_back(is_last ? "output" : child.key());
    register_module(names_.back(), child.value());
  }
}

torch::Tensor NamedLayers::forward(const torch::Tensor& inputs) {
  torch::Tensor t = inputs;
  std::size_t at = 0;
  for (torch::nn::AnyModule& layer : *layers_) {
    t = layer.forward(t);
    if (++at < names_.size()) t = probe(names_[at - 1], {}, t);
  }
  return output(t);
}

}  // namespace infoplane
