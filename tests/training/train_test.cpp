#include "training/train.hpp"

#include <gtest/gtest.h>

#include "data/sampling.hpp"
#include "data/szt.hpp"
#include "models/make_network.hpp"
#include "training/diverged.hpp"
#include "training/evaluate.hpp"

namespace infoplane {
namespace {

TrainingSettings quick() {
  TrainingSettings settings;
  settings.learning_rate = 4e-3;
  settings.batch = 256;
  settings.epochs = 3;
  return settings;
}

struct Trained {
  Dataset data = make_szt(0, 1);
  std::shared_ptr<Network> network;
  std::vector<std::int64_t> epochs_seen;

  explicit Trained(const TrainingSettings& settings, const ModelSettings& model = {},
                   const std::vector<std::int64_t>& hook_epochs = {}) {
    network = make_network(model, data, 1);
    train(*network, {data.inputs, data.labels}, settings, 2, 3, hook_epochs,
          {[&](std::int64_t epoch) { epochs_seen.push_back(epoch); }, {}});
  }
  std::vector<torch::Tensor> weights() const { return network->parameters(); }
};

bool same_weights(const Trained& a, const Trained& b) {
  for (std::size_t i = 0; i < a.weights().size(); ++i) {
    if (!a.weights()[i].equal(b.weights()[i])) return false;
  }
  return true;
}

TEST(Train, TheSameSeedsGiveTheSameBits) {
  ModelSettings with_dropout;
  with_dropout.dropout = 0.2;
  EXPECT_TRUE(same_weights(Trained(quick(), with_dropout), Trained(quick(), with_dropout)));
  TrainingSettings other = quick();
  other.batch = 255;
  EXPECT_FALSE(same_weights(Trained(quick()), Trained(other)));
}

TEST(Train, RecordingDoesNotChangeTraining) {
  ModelSettings with_dropout;
  with_dropout.dropout = 0.2;
  const Trained plain(quick(), with_dropout);
  Dataset data = make_szt(0, 1);
  const auto network = make_network(with_dropout, data, 1);
  train(*network, {data.inputs, data.labels}, quick(), 2, 3, {0, 1, 2, 3},
        {[&](std::int64_t) {
           evaluate(*network, {data.inputs, data.labels});
         },
         {}});
  for (std::size_t i = 0; i < plain.weights().size(); ++i) {
    EXPECT_TRUE(plain.weights()[i].equal(network->parameters()[i])) << i;
  }
}

TEST(Train, CallsTheHookAtTheEpochsAskedFor) {
  EXPECT_EQ(Trained(quick(), {}, {0, 2, 3}).epochs_seen, (std::vector<std::int64_t>{0, 2, 3}));
  TrainingSettings none = quick();
  none.epochs = 0;
  EXPECT_EQ(Trained(none, {}, {0}).epochs_seen, (std::vector<std::int64_t>{0}));
}

TEST(Train, StepsEqualThePlainFormulas) {
  // One full batch, one step: w - lr (g + decay w), computed here from the gradient itself.
  TrainingSettings settings;
  settings.optimizer = Optimizer::sgd;
  settings.learning_rate = 0.1;
  settings.weight_decay = 0.01;
  settings.batch = 5000;
  settings.epochs = 1;
  const Trained trained(settings);
  const Dataset data = make_szt(0, 1);
  const auto fresh = make_network({}, data, 1);
  torch::nn::functional::cross_entropy(fresh->forward(data.inputs), data.labels).backward();
  for (std::size_t i = 0; i < fresh->parameters().size(); ++i) {
    const torch::Tensor w = fresh->parameters()[i].detach();
    const torch::Tensor expected = w - 0.1 * (fresh->parameters()[i].grad() + 0.01 * w);
    // The rows stand in another order, so sums differ in the last bits.
    EXPECT_TRUE(torch::allclose(trained.weights()[i], expected, 1e-4, 1e-6)) << i;
  }
}

TEST(Train, ALossThatIsNotFiniteEndsTheTrial) {
  TrainingSettings settings = quick();
  settings.optimizer = Optimizer::sgd;
  settings.learning_rate = 1e30;
  settings.epochs = 50;
  ModelSettings relu;
  relu.activation = Activation::relu;
  try {
    Trained trained(settings, relu);
    FAIL() << "training went on";
  } catch (const Diverged& error) {
    EXPECT_EQ(std::string(error.what()).rfind("diverged: the loss is ", 0), 0U) << error.what();
  }
}

TEST(Train, ThePublishedNetworkLearnsThePublishedData) {
  // 12-10-7-5-4-3-2, tanh, 80 % of the rows; a larger step than the published 4e-4 keeps the test
  // short.
  const Dataset data = make_szt(0, 1);
  const Split split = split_rows(data, DataSettings{}, 1);
  const torch::Tensor inputs = data.inputs.index_select(0, row_index(split.train));
  const torch::Tensor labels = data.labels.index_select(0, row_index(split.train));
  const auto network = make_network({}, data, 1);
  TrainingSettings settings = quick();
  settings.epochs = 600;
  settings.batch = 512;
  train(*network, {inputs, labels}, settings, 2, 3, {}, {});
  EXPECT_GE(evaluate(*network, {inputs, labels}).accuracy, 0.97);
}

}  // namespace
}  // namespace infoplane
