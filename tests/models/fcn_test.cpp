#include "models/fcn.hpp"

#include <gtest/gtest.h>

#include "data/szt.hpp"
#include "models/initialize.hpp"
#include "models/make_network.hpp"

namespace infoplane {
namespace {

ModelSettings settings_with(Activation activation, double dropout = 0) {
  ModelSettings settings;
  settings.hidden = {5, 3};
  settings.activation = activation;
  settings.dropout = dropout;
  return settings;
}

/// The same network from LibTorch's own parts.
torch::nn::Sequential equivalent(const Fcn& network, Activation activation) {
  torch::nn::Sequential other;
  const auto add_activation = [&] {
    if (activation == Activation::tanh) other->push_back(torch::nn::Tanh());
    if (activation == Activation::relu) other->push_back(torch::nn::ReLU());
    if (activation == Activation::sigmoid) other->push_back(torch::nn::Sigmoid());
  };
  other->push_back(torch::nn::Linear(4, 5));
  add_activation();
  other->push_back(torch::nn::Linear(5, 3));
  add_activation();
  other->push_back(torch::nn::Linear(3, 2));
  const torch::NoGradGuard no_gradients;
  const auto from = network.parameters();
  auto to = other->parameters();
  for (std::size_t i = 0; i < from.size(); ++i) to[i].copy_(from[i]);
  return other;
}

TEST(Fcn, ForwardAndBackwardEqualLibTorchsOwnModules) {
  for (const Activation activation : {Activation::tanh, Activation::relu, Activation::sigmoid}) {
    SCOPED_TRACE(name_of(activation));
    Fcn network({settings_with(activation), "test", {4}, 2});
    initialize(network, Initialization::he_normal, 11);
    torch::nn::Sequential other = equivalent(network, activation);
    torch::manual_seed(1);
    const torch::Tensor x = torch::randn({7, 4});
    const torch::Tensor mine = network.forward(x);
    const torch::Tensor theirs = other->forward(x);
    EXPECT_TRUE(mine.equal(theirs));
    mine.square().sum().backward();
    theirs.square().sum().backward();
    for (std::size_t i = 0; i < other->parameters().size(); ++i) {
      EXPECT_TRUE(network.parameters()[i].grad().equal(other->parameters()[i].grad())) << i;
    }
  }
}

TEST(Fcn, RecordsHiddenLayersAndOutput) {
  const Dataset data = make_szt(0, 1);
  ModelSettings settings;
  const auto network = make_network(settings, data, 1);
  const std::vector<LayerShape> layers = recorded_layers(*network, data.inputs.narrow(0, 0, 1));
  std::vector<std::string> words;
  for (const LayerShape& layer : layers)
    words.push_back(layer.name + ":" + std::to_string(layer.features));
  EXPECT_EQ(words, (std::vector<std::string>{"h1:10", "h2:7", "h3:5", "h4:4", "h5:3", "output:2"}));
}

TEST(Fcn, DropoutActsInTrainingOnly) {
  Fcn network({settings_with(Activation::relu, 0.5), "test", {4}, 2});
  initialize(network, Initialization::he_normal, 3);
  const torch::Tensor x = torch::ones({64, 4});
  network.train();
  torch::manual_seed(1);
  const torch::Tensor noisy = network.forward(x);
  EXPECT_FALSE(noisy[0].equal(noisy[1]) && noisy[0].equal(noisy[2]) && noisy[0].equal(noisy[3]));
  torch::manual_seed(1);
  EXPECT_TRUE(network.forward(x).equal(noisy));
  network.eval();
  const torch::Tensor clean = network.forward(x);
  EXPECT_TRUE(clean[0].equal(clean[63]));
}

}  // namespace
}  // namespace infoplane
