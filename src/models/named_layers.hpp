#pragma once

#include <torch/torch.h>

#include <string>
#include <vector>

#include "models/network.hpp"

namespace infoplane {

/// Any torch::nn::Sequential, as it is, with each of its modules recorded under its own name; the
/// last one gives the class scores. For modules that are there already and know nothing of probes:
///
///     torch::nn::Sequential layers({{"first", torch::nn::Linear(12, 10)},
///                                   {"bend", torch::nn::Tanh()},
///                                   {"scores", torch::nn::Linear(10, 2)}});
///     return std::make_shared<NamedLayers>(layers);   // records first, bend, output
class NamedLayers : public Network {
 public:
  explicit NamedLayers(torch::nn::Sequential layers);
  torch::Tensor forward(const torch::Tensor& inputs) override;

 private:
  torch::nn::Sequential layers_;
  std::vector<std::string> names_;
};

}  // namespace infoplane
