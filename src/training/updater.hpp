#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <vector>

#include "core/settings.hpp"
#include "models/network.hpp"

namespace infoplane {

/// Moves the parameters of a network along their gradients: Adam (Kingma & Ba 2015; beta 0.9 and
/// 0.999, epsilon 1e-8) or gradient descent with momentum, by the formulas of torch::optim, but in
/// one pass over each parameter: for small networks torch::optim is half of a step. The L2 penalty
/// is added here, so that gradients seen before are those of the loss alone.
class Updater {
 public:
  /// Parameters stay on the device on which they are now. Throws UsageError when
  /// weight_decay_layers names a layer that has no parameters.
  Updater(const Network& network, const TrainingSettings& settings);

  /// One step; lets go of the gradients.
  void operator()(double learning_rate);

  std::int64_t steps() const { return steps_; }
  /// What it keeps of gradients seen before: tensors of its own, not copies, in the order of the
  /// parameters. Writing into them and set_steps() puts it where another one was.
  std::vector<torch::Tensor> moments() const;
  void set_steps(std::int64_t steps) { steps_ = steps; }

 private:
  struct Parameter {
    torch::Tensor weights;
    double weight_decay;
    torch::Tensor first;   ///< Adam: mean of the gradient; else the velocity
    torch::Tensor second;  ///< Adam: mean of its square
  };
  void step_adam(Parameter& parameter, const torch::Tensor& gradient, double learning_rate) const;
  void step_sgd(Parameter& parameter, const torch::Tensor& gradient, double learning_rate) const;

  Optimizer optimizer_;
  double momentum_;
  std::int64_t steps_ = 0;
  std::vector<Parameter> parameters_;
};

}  // namespace infoplane
