#include "training/train.hpp"

#include <gtest/gtest.h>

#include "core/errors.hpp"
#include "data/sampling.hpp"
#include "data/szt.hpp"
#include "models/make_network.hpp"
#include "training/diverged.hpp"
#include "training/evaluate.hpp"
#include "training/networks.hpp"

namespace infoplane {
namespace {

using test::first_rows;
using test::seeds;

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
                   const std::vector<std::int64_t>& epochs = {}) {
    network = make_network(model, data, 1);
    train(*network, data, {first_rows(data.rows()), {}, {}}, settings, seeds, epochs,
          {[&](std::int64_t epoch) { epochs_seen.push_back(epoch); }, {}, {}});
  }
  std::vector<torch::Tensor> weights() const { return network->parameters(); }
};

bool same_weights(const std::vector<torch::Tensor>& a, const std::vector<torch::Tensor>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!a[i].equal(b[i])) return false;
  }
  return a.size() == b.size();
}

TEST(Train, TheSameSeedsGiveTheSameBits) {
  ModelSettings with_dropout;
  with_dropout.dropout = 0.2;
  EXPECT_TRUE(same_weights(Trained(quick(), with_dropout).weights(),
                           Trained(quick(), with_dropout).weights()));
  TrainingSettings other = quick();
  other.batch = 255;
  EXPECT_FALSE(same_weights(Trained(quick()).weights(), Trained(other).weights()));
}

TEST(Train, RecordingDoesNotChangeTraining) {
  ModelSettings with_dropout;
  with_dropout.dropout = 0.2;
  const Trained plain(quick(), with_dropout);
  const Dataset data = make_szt(0, 1);
  const auto network = make_network(with_dropout, data, 1);
  const Split split{first_rows(data.rows()), {}, {}};
  train(*network, data, split, quick(), seeds, {0, 1, 2, 3},
        {[&](std::int64_t) { evaluate(*network, data, split); }, {}, {}});
  EXPECT_TRUE(same_weights(plain.weights(), network->parameters()));
}

TEST(Train, LearnsFromTheTrainingRowsAlone) {
  // The same network, once with the labels of all other rows turned round.
  const Dataset data = make_szt(0, 1);
  Dataset turned = make_szt(0, 1);
  const std::vector<std::int64_t> rows{7, 8, 100, 2000, 2001, 4095};
  turned.labels = 1 - data.labels;
  turned.labels.index_put_({row_index(rows)}, data.labels.index_select(0, row_index(rows)));
  std::vector<std::vector<torch::Tensor>> weights;
  for (const Dataset* labels : {&data, const_cast<const Dataset*>(&turned)}) {
    const auto network = make_network({}, *labels, 1);
    train(*network, *labels, {rows, {}, {}}, quick(), seeds, {}, {});
    weights.push_back(network->parameters());
  }
  EXPECT_TRUE(same_weights(weights[0], weights[1]));
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

TEST(Train, ANetworkThatNeedsAllRowsTakesOneStepAnEpochOverTheTrainingRows) {
  const Dataset data = test::numbered(20);
  const Split split{{1, 4, 7, 12}, {}, {}};
  TrainingSettings settings;
  settings.optimizer = Optimizer::sgd;
  settings.learning_rate = 1e-3;
  settings.batch = 2;  // no say here
  settings.epochs = 1;
  torch::manual_seed(5);
  test::PathNetwork network(data.rows(), 2, 2);
  torch::manual_seed(5);
  test::PathNetwork fresh(data.rows(), 2, 2);
  int steps = 0;
  train(network, data, split, settings, seeds, {}, {{}, [&](double) { ++steps; }, {}});
  EXPECT_EQ(steps, 1);
  const torch::Tensor index = row_index(split.train);
  torch::nn::functional::cross_entropy(fresh.forward(data.inputs).index_select(0, index),
                                       data.labels.index_select(0, index))
      .backward();
  for (std::size_t i = 0; i < fresh.parameters().size(); ++i) {
    const torch::Tensor expected =
        fresh.parameters()[i].detach() - 1e-3 * fresh.parameters()[i].grad();
    EXPECT_TRUE(torch::allclose(network.parameters()[i], expected, 1e-6, 1e-8)) << i;
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
    EXPECT_NE(std::string(error.what()).find(" in epoch 1, batch 2"), std::string::npos)
        << error.what();
  }
}

/// Scores that no gradient moves towards the label: the loss of every row follows from how often
/// it was trained, by the table `losses`.
class Scripted : public Network {
 public:
  explicit Scripted(std::vector<float> scores) : scores_(std::move(scores)) {
    weight_ = register_parameter("weight", torch::zeros({1}));
  }
  torch::Tensor forward(const torch::Tensor& x) override {
    if (is_training()) ++steps;
    const float score = scores_.at(static_cast<std::size_t>(steps));
    return torch::tensor({{score, 0.0F}}).expand({x.size(0), 2}) + 0 * weight_;
  }
  int steps = 0;

 private:
  std::vector<float> scores_;
  torch::Tensor weight_;
};

TEST(Train, EndsAfterItsPatienceWithoutALowerValidationLoss) {
  // Validation rows have label 0: the higher the score the lower the loss. Epoch 0 does not count,
  // epoch 3 is the best, an equal loss (epoch 5) is no lower one.
  const Dataset data = test::numbered(8);
  const Split split{{1, 3}, {0, 2}, {}};
  TrainingSettings settings;
  settings.epochs = 9;
  settings.patience = 3;
  Scripted network({9, 1, 0, 2, 1, 2, 1, 8, 8, 8});
  std::vector<std::int64_t> seen;
  const TrainingEnd end = train(network, data, split, settings, seeds, {0, 2, 4, 6, 7, 8},
                                {[&](std::int64_t epoch) { seen.push_back(epoch); }, {}, {}});
  EXPECT_EQ(end.epochs, 6);
  EXPECT_TRUE(end.early);
  EXPECT_EQ(seen, (std::vector<std::int64_t>{0, 2, 4, 6}));

  settings.patience = 4;  // epoch 7 comes in time
  Scripted patient({9, 1, 0, 2, 1, 2, 1, 8, 8, 8});
  const TrainingEnd full = train(patient, data, split, settings, seeds, {}, {});
  EXPECT_EQ(full.epochs, 9);
  EXPECT_FALSE(full.early);

  EXPECT_THROW(train(patient, data, {{1}, {}, {}}, settings, seeds, {}, {}), UsageError);
}

TEST(Train, ThePublishedNetworkLearnsThePublishedData) {
  // 12-10-7-5-4-3-2, tanh, 80 % of the rows; a larger step than the published 4e-4 keeps the test
  // short.
  const Dataset data = make_szt(0, 1);
  const Split split = split_rows(data, DataSettings{}, 1);
  const auto network = make_network({}, data, 1);
  TrainingSettings settings = quick();
  settings.epochs = 600;
  settings.batch = 512;
  train(*network, data, split, settings, seeds, {}, {});
  EXPECT_GE(evaluate(*network, data, split).train.accuracy, 0.97);
}

}  // namespace
}  // namespace infoplane
