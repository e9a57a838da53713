#pragma once

#include <cstdint>
#include <vector>

#include "core/settings.hpp"
#include "models/network.hpp"

namespace infoplane {

/// Fully-connected network. Recorded: the hidden layers after their activation, h1, h2, ... from
/// the input side, and the output's class probabilities. Dropout, if any, follows each hidden
/// layer; what is recorded is the layer before it.
class Fcn : public Network {
 public:
  Fcn(std::int64_t inputs, std::int64_t classes, const ModelSettings& settings);
  torch::Tensor forward(const torch::Tensor& inputs) override;

 private:
  Activation activation_;
  double dropout_;
  std::vector<torch::nn::Linear> layers_;
};

torch::Tensor activate(Activation activation, const torch::Tensor& values);

}  // namespace infoplane
