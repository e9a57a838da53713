#pragma once

#include <vector>

#include "core/settings.hpp"
#include "models/network.hpp"
#include "models/network_input.hpp"

namespace infoplane {

/// Graph isomorphism network of Xu et al. (2019, arXiv 1810.00826), their GIN-0: each layer is
/// MLP(x_i + sum of x_j over the neighbours j), the MLP being two linear maps with the activation
/// after each; the output layer is one linear map. Dropout on what goes into each layer. Recorded:
/// h1, h2, ... and the output. No layer follows from its own row of the one before.
class Gin : public Network {
 public:
  /// Throws UsageError where the data set has no graph.
  explicit Gin(const NetworkInput& input);
  torch::Tensor forward(const torch::Tensor& all_rows) override;
  bool needs_all_rows() const override { return true; }

 private:
  torch::Tensor gather(const torch::Tensor& rows) const;

  Activation activation_;
  double dropout_;
  torch::Tensor neighbours_;  ///< A + I, sparse [row][row]
  std::vector<torch::nn::Sequential> layers_;
  torch::nn::Linear last_{nullptr};
};

}  // namespace infoplane
