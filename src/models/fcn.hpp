#pragma once

#include <vector>

#include "core/settings.hpp"
#include "models/network.hpp"
#include "models/network_input.hpp"

namespace infoplane {

/// Fully-connected network. Recorded: the hidden layers after their activation, h1, h2, ... from
/// the input side, and the output's class probabilities. Dropout, if any, follows each hidden
/// layer; what is recorded is the layer before it.
class Fcn : public Network {
 public:
  explicit Fcn(const NetworkInput& input);
  torch::Tensor forward(const torch::Tensor& inputs) override;

 private:
  Activation activation_;
  double dropout_;
  std::vector<torch::nn::Linear> layers_;
};

}  // namespace infoplane
