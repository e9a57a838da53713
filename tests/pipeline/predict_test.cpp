#include "pipeline/predict.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/random.hpp"

namespace infoplane::test {
namespace {

/// Trials of these training times, each with `layers` layers of `epochs` snapshots.
ForeseenWork work_of(const std::vector<double>& train_s, std::size_t epochs, std::size_t layers,
                     double snapshot_s) {
  ForeseenWork work;
  work.around_s = 0;
  for (const double seconds : train_s) {
    ForeseenWork::Trial trial{seconds, seconds, epochs, {}};
    trial.layers.assign(layers, {snapshot_s, snapshot_s});
    work.trials.push_back(trial);
  }
  return work;
}

TEST(Predict, OneRankTakesTheSum) {
  ForeseenWork work = work_of({1, 2, 3}, 4, 2, 0.25);
  const Prediction p = predict(work, 1);
  EXPECT_NEAR(p.train_s, 6, 1e-9);
  EXPECT_NEAR(p.estimate_s, 6, 1e-9);
  EXPECT_NEAR(p.work_s, 12, 1e-9);
  EXPECT_NEAR(p.efficiency, 1, 1e-9);
  EXPECT_NEAR(p.largest_idle_share, 0, 1e-9);
  EXPECT_DOUBLE_EQ(work.train_s(), 6);
  EXPECT_DOUBLE_EQ(work.estimate_s(), 6);
  work.around_s = 3;
  EXPECT_NEAR(predict(work, 1).wall_s, 15, 1e-9);
}

TEST(Predict, ThreadsOfARankHaveACoreEach) {
  const Prediction p = predict(work_of({1800, 1800}, 1, 1, 0.01), 2);
  EXPECT_NEAR(p.core_hours(1), 1, 1e-3);
  EXPECT_NEAR(p.core_hours(4), 4, 4e-3);
}

// Two ranks, trials of 10 s and 2 s, 8 s of snapshots each: rank 1 estimates its own trial while
// rank 0 trains, so that nobody waits; then both share what is left.
TEST(Predict, RanksWithoutATrialEstimate) {
  const Prediction p = predict(work_of({10, 2}, 80, 1, 0.1), 2);
  EXPECT_NEAR(p.train_s, 10, 0.2);
  EXPECT_NEAR(p.estimate_s, 4, 0.3);
  EXPECT_GT(p.efficiency, 0.97);
}

// One snapshot that takes long is cut among all ranks.
TEST(Predict, BigSnapshotsAreCut) {
  const ForeseenWork work = work_of({0.001}, 1, 1, 100);
  EXPECT_LT(predict(work, 4).estimate_s, 35);
  SpreadSettings whole;
  whole.cut_from_s = 1e9;
  EXPECT_NEAR(predict(work, 4, whole).estimate_s, 100, 1);
}

TEST(Predict, WhatIsKnownOfTheTimesCountsNotWhatRanksPredict) {
  ForeseenWork work = work_of({1, 2}, 1, 1, 0.5);
  for (ForeseenWork::Trial& trial : work.trials) trial.seconds *= 7;
  EXPECT_NEAR(predict(work, 1).train_s, 21, 1e-9);
}

// 20,000 trials with log-normal costs (median 60 s, sigma 0.5), 8 snapshots of 4 layers each.
TEST(Predict, ManyRanksStayBusy) {
  constexpr std::uint64_t seed = 99;
  RecordProperty("seed", std::to_string(seed));
  RandomStream random(seed);
  std::vector<double> train_s;
  for (int trial = 0; trial < 20000; ++trial)
    train_s.push_back(60 * std::exp(0.5 * random.normal()));
  const ForeseenWork work = work_of(train_s, 8, 4, 0.3);
  const Prediction p = predict(work, 1024);
  EXPECT_GE(p.efficiency, 0.95);
  EXPECT_LE(p.largest_idle_share, 0.1);
  EXPECT_NEAR(p.work_s, work.train_s() + work.estimate_s(), 0.01 * p.work_s);
  const Prediction again = predict(work, 1024);
  EXPECT_EQ(p.wall_s, again.wall_s);
  EXPECT_EQ(p.efficiency, again.efficiency);
}

TEST(Predict, MoreRanksThanWork) {
  const Prediction p = predict(work_of({5, 5}, 1, 1, 0.01), 64);
  EXPECT_NEAR(p.train_s, 5, 0.1);
  EXPECT_NEAR(p.largest_idle_share, 1, 0.01);
  EXPECT_LT(p.efficiency, 0.05);
}

}  // namespace
}  // namespace infoplane::test
