#include "models/gcn.hpp"

#include "models/activation.hpp"
#include "models/adjacency.hpp"

namespace infoplane {

Gcn::Gcn(const NetworkInput& input)
    : activation_(input.settings.activation), dropout_(input.settings.dropout) {
  if (!input.edges.defined()) refuse_input(input, "rows that are nodes of a graph (cora)");
  propagation_ = register_buffer("propagation", normalized_adjacency(input.edges, input.rows));
  std::int64_t width = input.features();
  const auto add = [&](const std::string& name, std::int64_t units) {
    layers_.push_back(register_module(name, torch::nn::Linear(width, units)));
    width = units;
  };
  for (std::size_t l = 0; l < input.settings.hidden.size(); ++l)
    add("h" + std::to_string(l + 1), input.settings.hidden[l]);
  add("output", input.classes);
}

torch::Tensor Gcn::convolve(torch::nn::Linear& layer, const torch::Tensor& rows) const {
  const torch::Tensor in = dropout_ > 0 ? torch::dropout(rows, dropout_, is_training()) : rows;
  return torch::mm(propagation_, torch::mm(in, layer->weight.t())) + layer->bias;
}

torch::Tensor Gcn::forward(const torch::Tensor& all_rows) {
  torch::Tensor t = all_rows.flatten(1);
  for (std::size_t l = 0; l + 1 < layers_.size(); ++l) {
    t = probe("h" + std::to_string(l + 1), {"gcn", false},
              activate(activation_, convolve(layers_[l], t)));
  }
  return output(convolve(layers_.back(), t), false);
}

}  // namespace infoplane
