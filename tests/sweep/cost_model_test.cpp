#include "sweep/cost_model.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace infoplane::test {
namespace {

TrialSize small_trial() {
  TrialSize size;
  size.epochs = 1000;
  size.train_rows = 3276;
  size.batch = 512;
  size.layers = 6;
  size.parameters = 300;
  size.recorded_epochs = 50;
  size.gradient_epochs = 50;
  size.recorded_rows = 4096;
  return size;
}

// Trials are handed out longest first: what costs more must be predicted to cost more.
TEST(TrialCost, GrowsWithEverythingButTheBatch) {
  const double cost = trial_cost_s(small_trial());
  EXPECT_GT(cost, 0);
  for (const auto member :
       {&TrialSize::epochs, &TrialSize::train_rows, &TrialSize::layers, &TrialSize::parameters,
        &TrialSize::recorded_epochs, &TrialSize::recorded_rows}) {
    TrialSize larger = small_trial();
    larger.*member *= 2;
    EXPECT_GT(trial_cost_s(larger), cost);
  }
  TrialSize fewer_steps = small_trial();
  fewer_steps.batch *= 2;
  EXPECT_LT(trial_cost_s(fewer_steps), cost);
}

TEST(TrialCost, BatchBeyondTheRowsIsFullBatch) {
  TrialSize full = small_trial();
  full.batch = full.train_rows;
  TrialSize beyond = small_trial();
  beyond.batch = 100'000'000;
  EXPECT_EQ(trial_cost_s(full), trial_cost_s(beyond));
}

TEST(TrialCost, TrialThatTrainsNothingCostsSomething) {
  for (const TrialSize& size : {TrialSize{}, TrialSize{0, 0, 512, 6, 300, 1, 0}}) {
    EXPECT_TRUE(std::isfinite(trial_cost_s(size)));
    EXPECT_GT(trial_cost_s(size), 0);
  }
}

// 140 labelled nodes of a graph of 2708: every step computes all of them.
TEST(TrialCost, GraphsComputeAllRowsInEveryStep) {
  TrialSize size = small_trial();
  size.train_rows = 140;
  size.parameters = 368'000;
  size.batch = 140;
  TrialSize graph = size;
  graph.graph_rows = 2708;
  const double ratio = trial_cost(graph).training_s / trial_cost(size).training_s;
  EXPECT_GT(ratio, 10);
  EXPECT_LT(ratio, 2708.0 / 140);
  // One step an epoch, however many rows are training rows.
  graph.train_rows = 1000;
  EXPECT_EQ(trial_cost(graph).training_s / trial_cost(size).training_s, ratio);
}

// The gradient of one example takes a pass backwards through its whole batch.
TEST(TrialCost, GradientsOfExamplesCostAPassEach) {
  TrialSize size = small_trial();
  size.parameters = 368'000;
  size.train_rows = 140;
  size.graph_rows = 2708;
  size.batch_gradients = true;
  const TrialCost batches = trial_cost(size);
  size.batch_gradients = false;
  size.example_gradients = true;
  const TrialCost examples = trial_cost(size);
  EXPECT_GT(examples.gradients_s, 100 * batches.gradients_s);
  EXPECT_EQ(examples.training_s, batches.training_s);
  const double step_s = examples.training_s / 1000;
  EXPECT_NEAR(examples.gradients_s / (50 * 140 * step_s), 0.5, 0.1);
}

TEST(TrialCost, WorkIsNotParametersWhereWeightsAreShared) {
  TrialSize size = small_trial();
  TrialSize convolutions = size;
  convolutions.multiply_adds = 1000 * size.parameters;
  EXPECT_GT(trial_cost(convolutions).training_s, trial_cost(size).training_s);
  EXPECT_GT(trial_cost(convolutions).recording_s, trial_cost(size).recording_s);
}

}  // namespace
}  // namespace infoplane::test
