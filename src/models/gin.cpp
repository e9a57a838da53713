#include "models/gin.hpp"

#include "models/activation.hpp"
#include "models/adjacency.hpp"

namespace infoplane {

Gin::Gin(const NetworkInput& input)
    : activation_(input.settings.activation), dropout_(input.settings.dropout) {
  if (!input.edges.defined()) refuse_input(input, "rows that are nodes of a graph (cora)");
  neighbours_ = register_buffer("neighbours", adjacency(input.edges, input.rows));
  std::int64_t width = input.features();
  for (const std::int64_t units : input.settings.hidden) {
    const torch::nn::Sequential mlp{torch::nn::Linear(width, units),
                                    torch::nn::Linear(units, units)};
    layers_.push_back(register_module("h" + std::to_string(layers_.size() + 1), mlp));
    width = units;
  }
  last_ = register_module("output", torch::nn::Linear(width, input.classes));
}

torch::Tensor Gin::gather(const torch::Tensor& rows) const {
  return torch::mm(neighbours_,
                   dropout_ > 0 ? torch::dropout(rows, dropout_, is_training()) : rows);
}

torch::Tensor Gin::forward(const torch::Tensor& all_rows) {
  torch::Tensor t = all_rows.flatten(1);
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    t = gather(t);
    for (auto& linear : *layers_[l]) t = activate(activation_, linear.forward(t));
    t = probe("h" + std::to_string(l + 1), {"gin", false}, t);
  }
  return output(last_(gather(t)), false);
}

}  // namespace infoplane
