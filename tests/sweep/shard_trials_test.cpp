#include "sweep/shard_trials.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "sweep/expand.hpp"

namespace infoplane {
namespace {

const char* const text = R"(
[sweep]
name = "uneven"
[grid]
"training.epochs" = [10, 1000]
"data.sampling_rate" = [0.05, 0.45, 0.85]
"training.seed" = { from = 1, to = 4 }
)";

TrialGrid shard(int index, int count) {
  return expand(config::SweepFile::parse(
      text, "uneven.toml", {"sweep.shard=" + std::to_string(index) + "/" + std::to_string(count)}));
}

double passes(const TrialGrid& grid) {
  double sum = 0;
  for (const Trial& trial : grid.trials)
    sum += static_cast<double>(trial.settings.training.epochs) * trial.settings.data.sampling_rate;
  return sum;
}

TEST(ShardTrials, EveryTrialIsInOneShardAndInTheOrderOfTheGrid) {
  const TrialGrid whole = expand(config::SweepFile::parse(text, "uneven.toml"));
  ASSERT_EQ(whole.trials.size(), 24U);
  for (int count = 1; count <= 24; ++count) {
    std::set<std::string> seen;
    for (int index = 1; index <= count; ++index) {
      auto at = whole.trials.begin();
      for (const Trial& trial : shard(index, count).trials) {
        EXPECT_TRUE(seen.insert(trial.id).second) << trial.id;
        at = std::find_if(at, whole.trials.end(),
                          [&](const Trial& other) { return other.id == trial.id; });
        ASSERT_NE(at, whole.trials.end()) << "shard " << index << "/" << count;
        EXPECT_EQ(at->seeds.weights, trial.seeds.weights);
      }
    }
    EXPECT_EQ(seen.size(), whole.trials.size());
  }
}

// With 2, 3 or 4 shards taking every K-th of the grid would give one of them all repetitions of a
// seed, or all of the largest sampling rate.
TEST(ShardTrials, WorkIsShared) {
  const double all = passes(shard(1, 1));
  for (int count = 2; count <= 8; ++count) {
    for (int index = 1; index <= count; ++index) {
      // No more than an even share and the longest trial.
      EXPECT_LE(passes(shard(index, count)), all / count + 850) << index << "/" << count;
    }
  }
}

TEST(ShardTrials, MoreShardsThanTrialsAreRefused) {
  try {
    shard(1, 25);
    FAIL() << "no exception";
  } catch (const config::ConfigError& error) {
    EXPECT_STREQ(error.what(),
                 "sweep.shard = \"1/25\" at --set sweep.shard=1/25 (the sweep has 24 trials only: "
                 "take at most as many shards)");
  }
}

}  // namespace
}  // namespace infoplane
