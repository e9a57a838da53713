#pragma once

#include <vector>

#include "core/settings.hpp"
#include "models/network.hpp"
#include "models/network_input.hpp"

namespace infoplane {

/// Graph-convolutional network of Kipf & Welling (2017, arXiv 1609.02907): each layer is
/// A' X W + b with A' = D^-1/2 (A + I) D^-1/2, D the row sums of A + I. Dropout, as there, on what
/// goes into each layer. Recorded: h1, h2, ... after the activation, and the output. A row's
/// values come from its neighbours too, so no layer follows from its own row of the one before.
class Gcn : public Network {
 public:
  /// Throws UsageError where the data set has no graph.
  explicit Gcn(const NetworkInput& input);
  torch::Tensor forward(const torch::Tensor& all_rows) override;
  bool needs_all_rows() const override { return true; }

 private:
  torch::Tensor convolve(torch::nn::Linear& layer, const torch::Tensor& rows) const;

  Activation activation_;
  double dropout_;
  torch::Tensor propagation_;  ///< A', sparse [row][row]
  std::vector<torch::nn::Linear> layers_;
};

}  // namespace infoplane
