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

}  // namespace
}  // namespace infoplane::test
