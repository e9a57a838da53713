#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/settings.hpp"
#include "models/network.hpp"

namespace infoplane {

/// What the gradients of one layer's weights did in an epoch, over B of them.
struct LayerGradients {
  std::size_t layer = 0;   ///< in the order of the layers asked for
  double mean = 0;         ///< |1/B sum g|, Frobenius norm
  double deviation = 0;    ///< sqrt(tr Cov g), population; NaN for B = 1: one says nothing
  double weight_norm = 0;  ///< |W|, now
  std::int64_t count = 0;  ///< B
};

/// Mean and spread of the gradients of each layer's weights (matrices and kernels, no biases) as
/// they pass, for the signal-to-noise ratio of Shwartz-Ziv & Tishby (2017). By Welford's (1962)
/// recurrence, in float64: the mean of every weight, and one sum of squares for a layer, so twice
/// the memory of the parameters.
class GradientStatistics {
 public:
  /// Layers without weights of their own (pooling) have no statistics.
  GradientStatistics(const Network& network, const std::vector<LayerShape>& layers);

  /// Takes the gradients that the parameters hold: those of a mini-batch.
  void add_batch();
  /// Takes the gradient of each of these losses by itself: `losses` is [example], with its graph,
  /// which is kept. One pass backwards for each.
  void add_examples(const torch::Tensor& losses);

  /// The statistics since the last call. Layers that saw no gradient are left out.
  std::vector<LayerGradients> take();

  /// Where the accumulators are: of each layer with weights its count, sum of squares and means.
  struct State {
    std::vector<std::int64_t> counts;
    std::vector<double> squares;
    std::vector<torch::Tensor> means;  ///< the accumulators themselves, not copies
  };
  State state() const;
  /// Throws UsageError unless `state` is that of the same network.
  void go_to(const State& state);

 private:
  struct Layer {
    std::size_t index;
    std::vector<torch::Tensor> weights;
    std::vector<torch::Tensor> means;  ///< float64, one for each of the weights
    double squares;                    ///< sum of squared deviations from the mean
    std::int64_t count;
  };
  static void add(Layer& layer, const std::vector<torch::Tensor>& gradients);

  std::vector<Layer> layers_;
};

}  // namespace infoplane
