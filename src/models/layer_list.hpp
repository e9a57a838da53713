#pragma once

#include <functional>
#include <string>
#include <vector>

#include "models/network.hpp"
#include "models/network_input.hpp"

namespace infoplane {

/// A network as a list of words in the sweep file, model.layers:
///
///   linear UNITS                           flattens what comes in
///   conv CHANNELS SIDE [STRIDE [PADDING]]  windows SIDE x SIDE; stride 1, padding 0
///   pool SIDE                              maximum over windows, stride SIDE
///   tanh, relu, sigmoid, elu
///   batchnorm                              over the batch, per channel or unit
///   dropout PROBABILITY
///   residual ... end                       adds what stood before `residual`; sizes must agree
///
/// A linear layer to the classes comes last by itself. Recorded: linear1, linear2, ..., conv1, ...,
/// each after the batchnorm and activation words that come next, pool1, ..., residual1, ... at the
/// `end`, and the output. The layer after a residual block follows from it; the block itself does
/// not follow from its last layer, as it also has what went past.
class LayerList : public Network {
 public:
  /// Throws UsageError with the word and its place in the list.
  explicit LayerList(const NetworkInput& input);
  torch::Tensor forward(const torch::Tensor& inputs) override;

 private:
  class Builder;
  using Step = std::function<torch::Tensor(const torch::Tensor&)>;
  std::vector<Step> steps_;
  std::vector<torch::Tensor> kept_;  ///< what open residual blocks add, while forward() runs
};

}  // namespace infoplane
