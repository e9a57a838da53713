#include "training/gradient_statistics.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "data/szt.hpp"
#include "models/make_network.hpp"
#include "training/networks.hpp"
#include "training/recorder.hpp"

namespace infoplane {
namespace {

/// All gradients of a layer's weights kept, and mean and spread by their definitions, in float64.
struct Stored {
  std::vector<torch::Tensor> gradients;

  void add(const torch::Tensor& gradient) {
    gradients.push_back(gradient.detach().to(torch::kFloat64).reshape(-1).clone());
  }
  double mean() const { return torch::stack(gradients).mean(0).norm().item<double>(); }
  double deviation() const {
    const torch::Tensor all = torch::stack(gradients);
    return std::sqrt((all - all.mean(0)).square().sum(1).mean().item<double>());
  }
};

void expect_same(const LayerGradients& found, const Stored& stored, const torch::Tensor& weights) {
  EXPECT_EQ(found.count, static_cast<std::int64_t>(stored.gradients.size()));
  EXPECT_NEAR(found.mean / stored.mean(), 1, 1e-6);
  EXPECT_NEAR(found.deviation / stored.deviation(), 1, 1e-6);
  EXPECT_NEAR(found.weight_norm / weights.detach().norm().item<double>(), 1, 1e-6);
}

TEST(GradientStatistics, EqualThoseOfAllStoredBatches) {
  const Dataset data = make_szt(0, 1);
  const auto network = make_network({}, data, 1);
  const std::vector<LayerShape> layers = recorded_layers(*network, data);
  GradientStatistics statistics(*network, layers);
  for (int epoch = 0; epoch < 2; ++epoch) {  // the second does not remember the first
    std::vector<Stored> stored(layers.size());
    for (int batch = 0; batch < 12 + epoch; ++batch) {
      for (torch::Tensor& parameter : network->parameters()) parameter.mutable_grad().reset();
      torch::cross_entropy_loss(network->forward(data.inputs.narrow(0, 100 * batch + epoch, 100)),
                                data.labels.narrow(0, 100 * batch + epoch, 100))
          .backward();
      statistics.add_batch();
      for (std::size_t l = 0; l < layers.size(); ++l)
        stored[l].add(network->named_parameters()[layers[l].name + ".weight"].grad());
    }
    const std::vector<LayerGradients> found = statistics.take();
    ASSERT_EQ(found.size(), layers.size());
    for (std::size_t l = 0; l < layers.size(); ++l) {
      EXPECT_EQ(found[l].layer, l);
      expect_same(found[l], stored[l], network->named_parameters()[layers[l].name + ".weight"]);
    }
  }
  EXPECT_TRUE(statistics.take().empty()) << "nothing passed since";
}

TEST(GradientStatistics, OfExamplesAreThoseOfBatchesOfOne) {
  const Dataset data = make_szt(0, 1);
  const auto network = make_network({}, data, 1);
  const std::vector<LayerShape> layers = recorded_layers(*network, data);
  GradientStatistics together(*network, layers);
  GradientStatistics one_by_one(*network, layers);
  const torch::Tensor x = data.inputs.narrow(0, 50, 20);
  const torch::Tensor y = data.labels.narrow(0, 50, 20);
  together.add_examples(torch::cross_entropy_loss(network->forward(x), y, {}, at::Reduction::None));
  for (std::int64_t row = 0; row < 20; ++row) {
    for (torch::Tensor& parameter : network->parameters()) parameter.mutable_grad().reset();
    torch::cross_entropy_loss(network->forward(x.narrow(0, row, 1)), y.narrow(0, row, 1))
        .backward();
    one_by_one.add_batch();
  }
  const std::vector<LayerGradients> a = together.take();
  const std::vector<LayerGradients> b = one_by_one.take();
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t l = 0; l < a.size(); ++l) {
    EXPECT_EQ(a[l].count, 20);
    EXPECT_NEAR(a[l].mean / b[l].mean, 1, 1e-5);  // float32 sums in another order
    EXPECT_NEAR(a[l].deviation / b[l].deviation, 1, 1e-5);
  }
}

TEST(GradientStatistics, OneGradientHasNoSpread) {
  const Dataset data = make_szt(0, 1);
  const auto network = make_network({}, data, 1);
  GradientStatistics statistics(*network, recorded_layers(*network, data));
  torch::cross_entropy_loss(network->forward(data.inputs), data.labels).backward();
  statistics.add_batch();
  for (const LayerGradients& layer : statistics.take()) {
    EXPECT_GT(layer.mean, 0);
    EXPECT_TRUE(std::isnan(layer.deviation));
  }
}

TEST(GradientStatistics, LayersWithoutWeightsAreLeftOut) {
  torch::manual_seed(1);
  test::ConvNetwork network(2);
  Dataset images;
  images.inputs = torch::rand({4, 1, 8, 8});
  images.labels = torch::tensor({0, 1, 0, 1}, torch::kInt64);
  images.classes = 2;
  const std::vector<LayerShape> layers = recorded_layers(network, images);
  ASSERT_EQ(layers[1].name, "pool");
  GradientStatistics statistics(network, layers);
  Stored kernels;
  for (std::int64_t row = 0; row < 4; ++row) {
    for (torch::Tensor& parameter : network.parameters()) parameter.mutable_grad().reset();
    torch::cross_entropy_loss(network.forward(images.inputs.narrow(0, row, 1)),
                              images.labels.narrow(0, row, 1))
        .backward();
    statistics.add_batch();
    kernels.add(network.named_parameters()["conv.weight"].grad());
  }
  const std::vector<LayerGradients> found = statistics.take();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[1].layer, 2U);
  expect_same(found[0], kernels, network.named_parameters()["conv.weight"]);
}

}  // namespace
}  // namespace infoplane
