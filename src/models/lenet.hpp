#pragma once

#include <vector>

#include "core/settings.hpp"
#include "models/network.hpp"
#include "models/network_input.hpp"

namespace infoplane {

/// Convolutions with a maximum over 2 x 2 after each, then linear layers, after LeCun et al. 1998
/// in the sizes of the study: 10 and 20 channels of 5 x 5, 50 units. Recorded: conv1, conv2, ...
/// after activation and pooling, h1, ..., output. Dropout, if any, follows each linear layer.
class LeNet : public Network {
 public:
  /// Throws UsageError where the rows are no images, or too small ones.
  explicit LeNet(const NetworkInput& input);
  torch::Tensor forward(const torch::Tensor& images) override;

 private:
  Activation activation_;
  double dropout_;
  std::vector<torch::nn::Conv2d> convolutions_;
  std::vector<torch::nn::Linear> layers_;
};

}  // namespace infoplane
