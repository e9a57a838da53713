#include "training/updater.hpp"

#include <gtest/gtest.h>

#include "core/errors.hpp"
#include "data/szt.hpp"
#include "models/make_network.hpp"
#include "training/learning_rate.hpp"

namespace infoplane {
namespace {

/// Both networks take `steps` steps on the same batches of szt; ours by Updater.
void expect_same_path(Network& ours, Network& theirs, Updater& update,
                      torch::optim::Optimizer& optimizer, double learning_rate, int steps) {
  const Dataset data = make_szt(0, 1);
  for (int step = 0; step < steps; ++step) {
    const torch::Tensor x = data.inputs.narrow(0, 100 * (step % 40), 100);
    const torch::Tensor y = data.labels.narrow(0, 100 * (step % 40), 100);
    torch::cross_entropy_loss(ours.forward(x), y).backward();
    update(learning_rate);
    optimizer.zero_grad();
    torch::cross_entropy_loss(theirs.forward(x), y).backward();
    optimizer.step();
  }
  for (std::size_t i = 0; i < ours.parameters().size(); ++i) {
    // Rounding, carried through the steps; a wrong factor is off by some learning rates.
    EXPECT_TRUE(torch::allclose(ours.parameters()[i], theirs.parameters()[i], 1e-4, 1e-5))
        << ours.named_parameters()[i].key() << "\n"
        << (ours.parameters()[i] - theirs.parameters()[i]).abs().max();
    EXPECT_FALSE(ours.parameters()[i].grad().defined());
  }
}

TEST(Updater, AdamIsThatOfLibTorch) {
  const Dataset data = make_szt(0, 1);
  for (const double decay : {0.0, 0.02}) {
    const auto ours = make_network({}, data, 1);
    const auto theirs = make_network({}, data, 1);
    TrainingSettings settings;
    settings.weight_decay = decay;
    Updater update(*ours, settings);
    torch::optim::Adam adam(theirs->parameters(),
                            torch::optim::AdamOptions(2e-3).weight_decay(decay));
    expect_same_path(*ours, *theirs, update, adam, 2e-3, 100);
  }
}

TEST(Updater, GradientDescentIsThatOfLibTorch) {
  const Dataset data = make_szt(0, 1);
  for (const double momentum : {0.0, 0.9}) {
    const auto ours = make_network({}, data, 1);
    const auto theirs = make_network({}, data, 1);
    TrainingSettings settings;
    settings.optimizer = Optimizer::sgd;
    settings.momentum = momentum;
    settings.weight_decay = 0.01;
    Updater update(*ours, settings);
    torch::optim::SGD sgd(theirs->parameters(),
                          torch::optim::SGDOptions(0.05).momentum(momentum).weight_decay(0.01));
    expect_same_path(*ours, *theirs, update, sgd, 0.05, 100);
  }
}

TEST(Updater, ParametersThatTheLoopsCannotTakeGoTheSameWay) {
  // float64 is nothing for the loops over float32.
  const Dataset data = make_szt(0, 1);
  for (const Optimizer optimizer : {Optimizer::adam, Optimizer::sgd}) {
    TrainingSettings settings;
    settings.optimizer = optimizer;
    settings.momentum = 0.9;
    settings.weight_decay = 0.01;
    const auto plain = make_network({}, data, 1);
    const auto wide = make_network({}, data, 1);
    wide->to(torch::kFloat64);
    Updater update_plain(*plain, settings);
    Updater update_wide(*wide, settings);
    for (int step = 0; step < 20; ++step) {
      torch::cross_entropy_loss(plain->forward(data.inputs), data.labels).backward();
      update_plain(0.01);
      torch::cross_entropy_loss(wide->forward(data.inputs.to(torch::kFloat64)), data.labels)
          .backward();
      update_wide(0.01);
    }
    for (std::size_t i = 0; i < plain->parameters().size(); ++i) {
      EXPECT_TRUE(torch::allclose(plain->parameters()[i].to(torch::kFloat64), wide->parameters()[i],
                                  1e-4, 1e-5));
    }
  }
}

TEST(Updater, WeightDecayReachesTheLayersNamed) {
  const Dataset data = make_szt(0, 1);
  TrainingSettings settings;
  settings.optimizer = Optimizer::sgd;
  settings.weight_decay = 0.5;
  settings.weight_decay_layers = {"h2", "output"};
  const auto network = make_network({}, data, 1);
  std::vector<torch::Tensor> before;
  for (const torch::Tensor& parameter : network->parameters())
    before.push_back(parameter.detach().clone());
  for (torch::Tensor& parameter : network->parameters())
    parameter.mutable_grad() = torch::zeros_like(parameter);
  Updater update(*network, settings);
  update(0.1);
  for (std::size_t i = 0; i < before.size(); ++i) {
    const std::string name = network->named_parameters()[i].key();
    const bool decays = name.rfind("h2.", 0) == 0 || name.rfind("output.", 0) == 0;
    EXPECT_TRUE(torch::allclose(network->parameters()[i], before[i] * (decays ? 0.95 : 1.0)))
        << name;
  }
}

TEST(Updater, ALayerThatIsNotThereIsAnErrorThatNamesThoseThatAre) {
  const Dataset data = make_szt(0, 1);
  TrainingSettings settings;
  settings.weight_decay_layers = {"h1", "h"};  // "h" begins other names, but is none
  const auto network = make_network({}, data, 1);
  try {
    Updater update(*network, settings);
    FAIL() << "no error";
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(),
                 "the network has no layer \"h\" with parameters (there are: h1, h2, h3, h4, h5, "
                 "output)");
  }
}

TEST(LearningRate, FollowsItsSchedule) {
  TrainingSettings settings;
  settings.learning_rate = 0.8;
  settings.epochs = 100;
  EXPECT_EQ(learning_rate_of(settings, 1), 0.8);
  EXPECT_EQ(learning_rate_of(settings, 100), 0.8);

  settings.schedule = LearningRateSchedule::step;
  settings.step_epochs = 10;
  settings.step_factor = 0.5;
  EXPECT_DOUBLE_EQ(learning_rate_of(settings, 10), 0.8);
  EXPECT_DOUBLE_EQ(learning_rate_of(settings, 11), 0.4);
  EXPECT_DOUBLE_EQ(learning_rate_of(settings, 20), 0.4);
  EXPECT_DOUBLE_EQ(learning_rate_of(settings, 31), 0.1);

  settings.schedule = LearningRateSchedule::cosine;
  settings.final_learning_rate = 0.2;
  EXPECT_DOUBLE_EQ(learning_rate_of(settings, 1), 0.8);
  EXPECT_DOUBLE_EQ(learning_rate_of(settings, 51), 0.5);
  EXPECT_NEAR(learning_rate_of(settings, 26), 0.5 + 0.3 * std::sqrt(0.5), 1e-12);
  EXPECT_GT(learning_rate_of(settings, 100), 0.2);
  EXPECT_LT(learning_rate_of(settings, 100), 0.2002);
}

}  // namespace
}  // namespace infoplane
