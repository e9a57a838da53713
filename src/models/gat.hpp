#pragma once

#include <cstdint>
#include <vector>

#include "core/settings.hpp"
#include "models/network.hpp"
#include "models/network_input.hpp"

namespace infoplane {

/// Attention of one layer: for each head, rows of W x weighted over the neighbours of a row and
/// itself by softmax_j LeakyReLU_0.2(a_target . W x_i + a_source . W x_j) (Velickovic et al. 2018,
/// equations 1 to 4).
class GraphAttention : public torch::nn::Module {
 public:
  /// `dropout` as there: on the inputs and on the attention coefficients.
  GraphAttention(std::int64_t inputs, std::int64_t units, std::int64_t heads, double dropout);
  /// `edges` [2][edge] have both directions and loops. Returns [row][heads * units].
  torch::Tensor forward(const torch::Tensor& rows, const torch::Tensor& edges);

 private:
  std::int64_t units_, heads_;
  double dropout_;
  torch::Tensor weight_;                         ///< [heads * units][input]
  torch::Tensor attend_source_, attend_target_;  ///< [head][unit]
  torch::Tensor bias_;
};

/// Graph attention network of Velickovic et al. (2018, arXiv 1710.10903): hidden layers of
/// `model.heads` heads side by side, model.hidden units each; one head for the output. Recorded:
/// h1, h2, ... after the activation, and the output. No layer follows from its own row of the one
/// before.
class Gat : public Network {
 public:
  /// Throws UsageError where the data set has no graph.
  explicit Gat(const NetworkInput& input);
  torch::Tensor forward(const torch::Tensor& all_rows) override;
  bool needs_all_rows() const override { return true; }

 private:
  Activation activation_;
  torch::Tensor edges_;
  std::vector<std::shared_ptr<GraphAttention>> layers_;
};

}  // namespace infoplane
