#include "models/gat.hpp"

#include "models/activation.hpp"
#include "models/adjacency.hpp"

namespace infoplane {

GraphAttention::GraphAttention(std::int64_t inputs, std::int64_t units, std::int64_t heads,
                               double dropout)
    : units_(units), heads_(heads), dropout_(dropout) {
  weight_ = register_parameter("weight", torch::zeros({heads * units, inputs}));
  attend_source_ = register_parameter("attend_source", torch::zeros({heads, units}));
  attend_target_ = register_parameter("attend_target", torch::zeros({heads, units}));
  bias_ = register_parameter("bias", torch::zeros({heads * units}));
}

torch::Tensor GraphAttention::forward(const torch::Tensor& rows, const torch::Tensor& edges) {
  const torch::Tensor in = dropout_ > 0 ? torch::dropout(rows, dropout_, is_training()) : rows;
  const torch::Tensor mapped = torch::mm(in, weight_.t()).view({-1, heads_, units_});
  const torch::Tensor source = edges[0];
  const torch::Tensor target = edges[1];
  const torch::Tensor score =
      torch::leaky_relu((mapped * attend_target_).sum(2).index_select(0, target) +
                            (mapped * attend_source_).sum(2).index_select(0, source),
                        0.2);
  // The softmax over the edges into each row; what is subtracted cancels out, and keeps exp finite.
  const torch::Tensor into = target.unsqueeze(1).expand_as(score);
  const torch::Tensor most = torch::zeros({mapped.size(0), heads_}, score.options())
                                 .scatter_reduce(0, into, score.detach(), "amax", false);
  const torch::Tensor raised = (score - most.index_select(0, target)).exp();
  const torch::Tensor sums = torch::zeros_like(most).index_add(0, target, raised);
  torch::Tensor share = raised / sums.index_select(0, target);
  if (dropout_ > 0) share = torch::dropout(share, dropout_, is_training());
  const torch::Tensor gathered = torch::zeros_like(mapped).index_add(
      0, target, mapped.index_select(0, source) * share.unsqueeze(2));
  return gathered.flatten(1) + bias_;
}

Gat::Gat(const NetworkInput& input) : activation_(input.settings.activation) {
  if (!input.edges.defined()) refuse_input(input, "rows that are nodes of a graph (cora)");
  edges_ = register_buffer("edges", both_ways_and_self(input.edges, input.rows));
  std::int64_t width = input.features();
  const auto add = [&](const std::string& name, std::int64_t units, std::int64_t heads) {
    layers_.push_back(register_module(
        name, std::make_shared<GraphAttention>(width, units, heads, input.settings.dropout)));
    width = units * heads;
  };
  for (std::size_t l = 0; l < input.settings.hidden.size(); ++l)
    add("h" + std::to_string(l + 1), input.settings.hidden[l], input.settings.heads);
  add("output", input.classes, 1);
}

torch::Tensor Gat::forward(const torch::Tensor& all_rows) {
  torch::Tensor t = all_rows.flatten(1);
  const torch::Tensor edges = edges_.to(torch::kInt64);  // Module::to(dtype) turned them as well
  for (std::size_t l = 0; l + 1 < layers_.size(); ++l) {
    t = probe("h" + std::to_string(l + 1), {"gat", false},
              activate(activation_, layers_[l]->forward(t, edges)));
  }
  return output(layers_.back()->forward(t, edges), false);
}

}  // namespace infoplane
