#include "models/rnn.hpp"

#include "core/errors.hpp"

namespace infoplane {

Rnn::Rnn(const NetworkInput& input) : cell_(input.settings.cell), dropout_(input.settings.dropout) {
  if (input.shape.size() != 2)
    refuse_input(input, "sequences, [step][feature] (names, or tables of such rows)");
  std::int64_t width = input.shape[1];
  for (const std::int64_t units : input.settings.hidden) {
    layers_.push_back(make_layer("h" + std::to_string(layers_.size() + 1), width, units));
    width = units;
  }
  last_ = register_module("output", torch::nn::Linear(width, input.classes));
}

Rnn::Layer Rnn::make_layer(const std::string& name, std::int64_t inputs, std::int64_t units) {
  switch (cell_) {
    case RecurrentCell::tanh:
      return register_module(
          name, torch::nn::RNN(torch::nn::RNNOptions(inputs, units).batch_first(true)));
    case RecurrentCell::relu:
      return register_module(
          name,
          torch::nn::RNN(
              torch::nn::RNNOptions(inputs, units).batch_first(true).nonlinearity(torch::kReLU)));
    case RecurrentCell::lstm:
      return register_module(
          name, torch::nn::LSTM(torch::nn::LSTMOptions(inputs, units).batch_first(true)));
    case RecurrentCell::gru:
      return register_module(
          name, torch::nn::GRU(torch::nn::GRUOptions(inputs, units).batch_first(true)));
  }
  throw InternalError("a recurrent cell without a layer");
}

torch::Tensor Rnn::forward(const torch::Tensor& sequences) {
  const std::string kind = name_of(cell_);
  const std::string role = kind == "tanh" || kind == "relu" ? "rnn" : kind;
  torch::Tensor t = sequences;
  torch::Tensor state;
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    if (l > 0 && dropout_ > 0) t = torch::dropout(t, dropout_, is_training());
    t = std::visit([&](auto& layer) { return std::get<0>(layer->forward(t)); }, layers_[l]);
    state = probe("h" + std::to_string(l + 1), {role, l == 0}, t.select(1, t.size(1) - 1));
  }
  return output(last_->forward(state));
}

}  // namespace infoplane
