#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/errors.hpp"

namespace infoplane {

/// A network does not do what the program asks of networks. Whoever catches it knows which one.
class NetworkError : public UsageError {
 public:
  using UsageError::UsageError;
};

/// What a network says about a layer that it lets be seen.
struct LayerRole {
  std::string kind = "layer";  ///< "linear", "conv", "pool", "rnn", "gcn", "output", ...
  /// Whether a row's values follow from the same row's values of the layer before, so that the
  /// data-processing inequality I(X;T) <= I(X;T before) is implied. Not so where rows exchange
  /// something (graphs) or where the layer before was only seen in part (the last step of a
  /// sequence).
  bool follows = true;
};

/// A layer that can be recorded.
struct LayerShape {
  std::string name;
  LayerRole role;
  std::vector<std::int64_t> shape;  ///< of one row, before flattening: {20, 4, 4}
  std::int64_t features = 0;        ///< numbers per row, flattened
};

/// A network whose layers can be watched. LibTorch has no forward hooks in C++, so a network passes
/// what it wants seen through probe(), one line for each recorded layer:
///
///     torch::Tensor forward(const torch::Tensor& x) override {
///       torch::Tensor t = probe("h1", {"linear"}, torch::tanh(first_(x)));
///       return output(last_(t));
///     }
///
/// The order, names and sizes of the layers follow from running it. Nobody watching costs nothing,
/// and training code does not know that probes exist.
class Network : public torch::nn::Module {
 public:
  /// Sees a layer's name, role and values, [row][...].
  using Observer = std::function<void(const std::string& layer, const LayerRole& role,
                                      const torch::Tensor& values)>;

  /// Class scores before softmax (logits), [row][class]. A network on a graph gets all rows of its
  /// data set at once, others any of them.
  virtual torch::Tensor forward(const torch::Tensor& inputs) = 0;

  /// Whether forward() needs all rows of the data set, in order, as rows exchange something along
  /// the edges of a graph.
  virtual bool needs_all_rows() const { return false; }

 protected:
  /// Lets an observer see `values`, [row][...]; returns them. Names are unique within a network,
  /// without '/'.
  torch::Tensor probe(const std::string& layer, const LayerRole& role, torch::Tensor values);
  /// The last layer: observers see the class probabilities as "output". Returns the logits.
  /// `follows` as in LayerRole. Throws NetworkError when they are not [row][class].
  torch::Tensor output(torch::Tensor logits, bool follows = true);

 private:
  friend class Observation;
  Observer observer_;
};

/// Watches a network while it lives. One at a time.
class Observation {
 public:
  Observation(Network& network, Network::Observer observer);
  ~Observation();
  Observation(const Observation&) = delete;
  Observation& operator=(const Observation&) = delete;

 private:
  Network& network_;
};

/// The recorded layers in the order in which they are computed, found by running a few rows
/// through. Throws NetworkError when forward() fails, does not end with output(), or lets something
/// be seen that is no layer of these rows.
std::vector<LayerShape> recorded_layers(Network& network, const torch::Tensor& some_inputs);

/// Throws NetworkError where these are not the values of a layer for so many rows.
void require_rows(const std::string& layer, const torch::Tensor& values, std::int64_t rows);

std::int64_t parameter_count(const Network& network);

/// Evaluation mode (no dropout) while it lives, without recording gradients.
class EvaluationMode {
 public:
  explicit EvaluationMode(Network& network)
      : network_(network), was_training_(network.is_training()) {
    network_.eval();
  }
  ~EvaluationMode() { network_.train(was_training_); }
  EvaluationMode(const EvaluationMode&) = delete;
  EvaluationMode& operator=(const EvaluationMode&) = delete;

 private:
  Network& network_;
  bool was_training_;
  torch::NoGradGuard no_gradients_;
};

}  // namespace infoplane
