#include "models/network.hpp"

#include <gtest/gtest.h>

#include "core/errors.hpp"

namespace infoplane {
namespace {

/// What a user's network looks like: one line for each recorded layer.
class TwoLayers : public Network {
 public:
  explicit TwoLayers(const char* second_name = "second") : second_name_(second_name) {
    first_ = register_module("first", torch::nn::Conv1d(torch::nn::Conv1dOptions(1, 3, 2)));
    last_ = register_module("last", torch::nn::Linear(9, 2));
  }
  torch::Tensor forward(const torch::Tensor& x) override {
    torch::Tensor t = probe("first", {"conv"}, torch::relu(first_(x.unsqueeze(1))));
    t = probe(second_name_, {"linear"}, torch::dropout(t.flatten(1), 0.5, is_training()));
    return output(last_(t));
  }

 private:
  const char* second_name_;
  torch::nn::Conv1d first_{nullptr};
  torch::nn::Linear last_{nullptr};
};

TEST(Network, RecordedLayersComeInOrderWithFlattenedSizes) {
  TwoLayers network;
  const std::vector<LayerShape> layers = recorded_layers(network, torch::zeros({5, 4}));
  ASSERT_EQ(layers.size(), 3U);
  EXPECT_EQ(layers[0].name, "first");
  EXPECT_EQ(layers[0].features, 9);  // 3 channels x 3 positions
  EXPECT_EQ(layers[1].name, "second");
  EXPECT_EQ(layers[1].features, 9);
  EXPECT_EQ(layers[2].name, "output");
  EXPECT_EQ(layers[2].features, 2);
  EXPECT_EQ(parameter_count(network), 3 * 2 + 3 + 9 * 2 + 2);
}

TEST(Network, TwoLayersOfOneNameAreRefused) {
  TwoLayers network("first");
  EXPECT_THROW(recorded_layers(network, torch::zeros({1, 4})), NetworkError);
}

TEST(Network, ObserversSeeProbabilitiesAndLeaveAgain) {
  TwoLayers network;
  network.eval();
  int seen = 0;
  torch::Tensor probabilities;
  const torch::Tensor x = torch::randn({6, 4}, torch::TensorOptions().requires_grad(false));
  {
    const Observation watch(
        network, [&](const std::string& name, const LayerRole&, const torch::Tensor& values) {
          ++seen;
          if (name == "output") probabilities = values;
        });
    const torch::Tensor logits = network.forward(x);
    EXPECT_TRUE(torch::allclose(probabilities, torch::softmax(logits, 1)));
    EXPECT_THROW(Observation(network, nullptr), InternalError);
  }
  EXPECT_EQ(seen, 3);
  network.forward(x);
  EXPECT_EQ(seen, 3);
}

TEST(Network, EvaluationModeSwitchesDropoutOffAndIsUndone) {
  TwoLayers network;
  network.train();
  {
    const EvaluationMode evaluation(network);
    const torch::Tensor x = torch::ones({3, 4});
    EXPECT_TRUE(network.forward(x).equal(network.forward(x)));
    EXPECT_FALSE(network.forward(x).requires_grad());
  }
  EXPECT_TRUE(network.is_training());
}

}  // namespace
}  // namespace infoplane
