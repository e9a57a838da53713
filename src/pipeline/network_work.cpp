#include "pipeline/network_work.hpp"

#include <algorithm>

#include "training/layer_parameters.hpp"

namespace infoplane {
namespace {

bool is_recurrent(const std::string& kind) {
  return kind == "rnn" || kind == "lstm" || kind == "gru";
}

/// Places of a kernel [out][in][height][width] on maps of this shape (C, H, W), unpadded.
std::int64_t places(const torch::Tensor& kernel, const std::vector<std::int64_t>& maps) {
  if (maps.size() != 3) return 1;
  return std::max<std::int64_t>(1, maps[1] - kernel.size(2) + 1) *
         std::max<std::int64_t>(1, maps[2] - kernel.size(3) + 1);
}

}  // namespace

NetworkWork work_of(const Network& network, const std::vector<LayerShape>& layers,
                    const Dataset& data) {
  NetworkWork work;
  const std::vector<std::int64_t> row = data.inputs.sizes().slice(1).vec();
  const std::int64_t steps = row.size() == 2 ? row[0] : 1;
  std::vector<std::int64_t> before = row;
  for (const LayerShape& layer : layers) {
    const std::int64_t times = is_recurrent(layer.role.kind) ? steps : 1;
    for (const torch::Tensor& weights : weights_of_layer(network, layer.name)) {
      work.multiply_adds +=
          weights.numel() * (weights.dim() == 4 ? places(weights, before) : times);
    }
    if (data.edges.defined() && !layer.role.follows) {
      constexpr std::int64_t dense_like = 4;  // sparse products are slower
      work.multiply_adds +=
          dense_like * layer.features * (2 * data.edges.size(1) / data.rows() + 1);
    }
    work.operations += times;
    before = layer.shape;
  }
  return work;
}

}  // namespace infoplane
