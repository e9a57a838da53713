#pragma once

#include <variant>
#include <vector>

#include "core/settings.hpp"
#include "models/network.hpp"
#include "models/network_input.hpp"

namespace infoplane {

/// Stacked recurrent layers over the steps of a row, [row][step][feature]; the last state of the
/// last layer goes to the classes. Recorded: h1, h2, ..., the last state of each layer, as in the
/// study. Only the first and the output follow from what was recorded before them: a later layer
/// reads all states of the one below, of which the last alone is seen. Dropout, if any, is between
/// the layers.
class Rnn : public Network {
 public:
  /// Throws UsageError where the rows are no sequences.
  explicit Rnn(const NetworkInput& input);
  torch::Tensor forward(const torch::Tensor& sequences) override;

 private:
  using Layer = std::variant<torch::nn::RNN, torch::nn::LSTM, torch::nn::GRU>;
  Layer make_layer(const std::string& name, std::int64_t inputs, std::int64_t units);

  RecurrentCell cell_;
  double dropout_;
  std::vector<Layer> layers_;
  torch::nn::Linear last_{nullptr};
};

}  // namespace infoplane
