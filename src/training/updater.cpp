#include "training/updater.hpp"

#include <algorithm>
#include <cmath>

#include "training/detail/step_loops.hpp"
#include "training/layer_parameters.hpp"

namespace infoplane {
namespace {

constexpr double beta1 = 0.9;
constexpr double beta2 = 0.999;
constexpr double epsilon = 1e-8;

double decay_of(const std::string& parameter, const TrainingSettings& settings) {
  const std::vector<std::string>& layers = settings.weight_decay_layers;
  const bool has =
      layers.empty() || std::any_of(layers.begin(), layers.end(), [&](const std::string& layer) {
        return is_of_layer(parameter, layer);
      });
  return has ? settings.weight_decay : 0;
}

/// What the loops may run over; others (CUDA, a network of the user's in float64) take LibTorch's
/// operations.
bool is_plain(const torch::Tensor& weights, const torch::Tensor& gradient) {
  return weights.is_cpu() && weights.scalar_type() == torch::kFloat32 && weights.is_contiguous() &&
         gradient.scalar_type() == torch::kFloat32 && gradient.is_contiguous();
}

}  // namespace

Updater::Updater(const Network& network, const TrainingSettings& settings)
    : optimizer_(settings.optimizer), momentum_(settings.momentum) {
  require_parameters(network, settings.weight_decay_layers);
  for (const auto& parameter : network.named_parameters()) {
    const torch::Tensor& weights = parameter.value();
    if (!weights.requires_grad()) continue;
    const torch::Tensor zeros =
        torch::zeros_like(weights, torch::TensorOptions().requires_grad(false));
    parameters_.push_back({weights, decay_of(parameter.key(), settings), zeros,
                           optimizer_ == Optimizer::adam ? zeros.clone() : torch::Tensor()});
  }
}

void Updater::operator()(double learning_rate) {
  const torch::NoGradGuard no_gradients;
  ++steps_;
  for (Parameter& parameter : parameters_) {
    torch::Tensor& gradient = parameter.weights.mutable_grad();
    if (!gradient.defined()) continue;
    switch (optimizer_) {
      case Optimizer::adam:
        step_adam(parameter, gradient, learning_rate);
        break;
      case Optimizer::sgd:
        step_sgd(parameter, gradient, learning_rate);
        break;
    }
    gradient.reset();
  }
}

std::vector<torch::Tensor> Updater::moments() const {
  std::vector<torch::Tensor> all;
  for (const Parameter& parameter : parameters_) {
    all.push_back(parameter.first);
    if (parameter.second.defined()) all.push_back(parameter.second);
  }
  return all;
}

void Updater::step_adam(Parameter& parameter, const torch::Tensor& gradient,
                        double learning_rate) const {
  const auto t = static_cast<double>(steps_);
  const double step = learning_rate / (1 - std::pow(beta1, t));
  const double root_bias_correction2 = std::sqrt(1 - std::pow(beta2, t));
  torch::Tensor& weights = parameter.weights;
  if (is_plain(weights, gradient)) {
    detail::adam_step(weights.data_ptr<float>(), gradient.data_ptr<float>(),
                      parameter.first.data_ptr<float>(), parameter.second.data_ptr<float>(),
                      static_cast<std::size_t>(weights.numel()),
                      {static_cast<float>(parameter.weight_decay), static_cast<float>(beta1),
                       static_cast<float>(1 - beta1), static_cast<float>(beta2),
                       static_cast<float>(1 - beta2), static_cast<float>(step),
                       static_cast<float>(root_bias_correction2), static_cast<float>(epsilon)});
    return;
  }
  const torch::Tensor g = gradient.add(weights, parameter.weight_decay);
  parameter.first.mul_(beta1).add_(g, 1 - beta1);
  parameter.second.mul_(beta2).addcmul_(g, g, 1 - beta2);
  weights.addcdiv_(parameter.first,
                   parameter.second.sqrt().div_(root_bias_correction2).add_(epsilon), -step);
}

void Updater::step_sgd(Parameter& parameter, const torch::Tensor& gradient,
                       double learning_rate) const {
  torch::Tensor& weights = parameter.weights;
  if (is_plain(weights, gradient)) {
    detail::sgd_step(weights.data_ptr<float>(), gradient.data_ptr<float>(),
                     parameter.first.data_ptr<float>(), static_cast<std::size_t>(weights.numel()),
                     {static_cast<float>(parameter.weight_decay), static_cast<float>(momentum_),
                      static_cast<float>(learning_rate)});
    return;
  }
  parameter.first.mul_(momentum_).add_(gradient.add(weights, parameter.weight_decay));
  weights.add_(parameter.first, -learning_rate);
}

}  // namespace infoplane
