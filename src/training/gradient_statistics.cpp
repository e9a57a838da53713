#include "training/gradient_statistics.hpp"

#include <cmath>
#include <limits>

#include "core/errors.hpp"
#include "training/detail/step_loops.hpp"
#include "training/layer_parameters.hpp"
#include "training/training_state.hpp"

namespace infoplane {
namespace {

double squared_norm(const std::vector<torch::Tensor>& tensors) {
  double sum = 0;
  for (const torch::Tensor& tensor : tensors)
    sum += tensor.detach().to(torch::kFloat64).square().sum().item<double>();
  return sum;
}

}  // namespace

GradientStatistics::GradientStatistics(const Network& network,
                                       const std::vector<LayerShape>& layers) {
  for (std::size_t l = 0; l < layers.size(); ++l) {
    Layer layer{l, weights_of_layer(network, layers[l].name), {}, 0, 0};
    if (layer.weights.empty()) continue;
    for (const torch::Tensor& weights : layer.weights) {
      layer.means.push_back(torch::zeros(
          weights.sizes(), torch::TensorOptions().dtype(torch::kFloat64).device(weights.device())));
    }
    layers_.push_back(std::move(layer));
  }
}

void GradientStatistics::add(Layer& layer, const std::vector<torch::Tensor>& gradients) {
  ++layer.count;
  const auto count = static_cast<double>(layer.count);
  for (std::size_t w = 0; w < gradients.size(); ++w) {
    torch::Tensor& mean = layer.means[w];
    // A layer that an example does not reach has a gradient of 0.
    const torch::Tensor gradient =
        gradients[w].defined() ? gradients[w].contiguous() : torch::zeros_like(layer.weights[w]);
    if (gradient.is_cpu() && gradient.scalar_type() == torch::kFloat32) {
      layer.squares += detail::welford_step(mean.data_ptr<double>(), gradient.data_ptr<float>(),
                                            static_cast<std::size_t>(gradient.numel()), count);
      continue;
    }
    const torch::Tensor before = gradient.to(torch::kFloat64) - mean;
    mean += before / count;
    layer.squares += (before * (gradient.to(torch::kFloat64) - mean)).sum().item<double>();
  }
}

void GradientStatistics::add_batch() {
  const torch::NoGradGuard no_gradients;
  for (Layer& layer : layers_) {
    std::vector<torch::Tensor> gradients;
    for (const torch::Tensor& weights : layer.weights) gradients.push_back(weights.grad());
    add(layer, gradients);
  }
}

void GradientStatistics::add_examples(const torch::Tensor& losses) {
  std::vector<torch::Tensor> all;
  for (const Layer& layer : layers_)
    all.insert(all.end(), layer.weights.begin(), layer.weights.end());
  for (std::int64_t row = 0; row < losses.size(0); ++row) {
    const std::vector<torch::Tensor> gradients =
        torch::autograd::grad({losses[row]}, all, {}, /*retain_graph=*/true,
                              /*create_graph=*/false, /*allow_unused=*/true);
    const torch::NoGradGuard no_gradients;
    auto next = gradients.begin();
    for (Layer& layer : layers_) {
      const auto end = next + static_cast<std::ptrdiff_t>(layer.weights.size());
      add(layer, {next, end});
      next = end;
    }
  }
}

std::vector<LayerGradients> GradientStatistics::take() {
  std::vector<LayerGradients> all;
  for (Layer& layer : layers_) {
    if (layer.count == 0) continue;
    const auto count = static_cast<double>(layer.count);
    all.push_back({layer.index, std::sqrt(squared_norm(layer.means)),
                   layer.count > 1 ? std::sqrt(layer.squares / count)
                                   : std::numeric_limits<double>::quiet_NaN(),
                   std::sqrt(squared_norm(layer.weights)), layer.count});
    for (torch::Tensor& mean : layer.means) mean.zero_();
    layer.squares = 0;
    layer.count = 0;
  }
  return all;
}

GradientStatistics::State GradientStatistics::state() const {
  State state;
  for (const Layer& layer : layers_) {
    state.counts.push_back(layer.count);
    state.squares.push_back(layer.squares);
    state.means.insert(state.means.end(), layer.means.begin(), layer.means.end());
  }
  return state;
}

void GradientStatistics::go_to(const State& state) {
  const std::vector<torch::Tensor> means = this->state().means;
  if (state.counts.size() != layers_.size() || state.squares.size() != layers_.size()) {
    throw UsageError("the gradient accumulators are those of another network");
  }
  copy_tensors(state.means, means, "the gradient accumulators");
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    layers_[l].count = state.counts[l];
    layers_[l].squares = state.squares[l];
  }
}

}  // namespace infoplane
