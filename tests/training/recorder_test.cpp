#include "training/recorder.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "training/diverged.hpp"
#include "training/evaluate.hpp"
#include "training/networks.hpp"

namespace infoplane {
namespace {

using test::first_rows;
using test::numbered;
using test::PassThrough;
using test::PathNetwork;

/// Expects that row r of layer `layer` holds the inputs of example rows[r] at both epochs.
void expect_aligned(Recorder& record, std::size_t layer, const std::vector<std::int64_t>& rows) {
  for (const std::int64_t epoch : {0, 3}) {
    std::vector<std::size_t> seen;
    record(epoch, [&](std::size_t l, MatrixView<const float> snapshot) {
      seen.push_back(l);
      ASSERT_EQ(snapshot.rows(), rows.size());
      if (l != layer) return;
      ASSERT_EQ(snapshot.cols(), 2U);
      for (std::size_t r = 0; r < rows.size(); ++r) {
        ASSERT_EQ(snapshot(r, 0), static_cast<float>(2 * rows[r])) << "row " << r;
        ASSERT_EQ(snapshot(r, 1), static_cast<float>(2 * rows[r] + 1)) << "row " << r;
      }
    });
    EXPECT_EQ(seen.size(), record.layers().size());
  }
}

TEST(Recorder, RowIOfEverySnapshotIsExampleI) {
  // More rows than go through the network at once, the last batch not full.
  const Dataset data = numbered(2 * evaluation_batch + 37);
  PassThrough network;
  network.train();
  Recorder all(network, data, first_rows(data.rows()));
  ASSERT_EQ(all.layers().size(), 2U);
  expect_aligned(all, 0, first_rows(data.rows()));
  EXPECT_TRUE(network.is_training());
}

TEST(Recorder, TakesTheRowsItIsGivenInTheirOrder) {
  const Dataset data = numbered(50);
  PassThrough network;
  const std::vector<std::int64_t> rows{41, 3, 17, 0, 49};
  Recorder some(network, data, rows);
  expect_aligned(some, 0, rows);
}

TEST(Recorder, PicksRowsOfNetworksThatNeedAllOfThem) {
  const Dataset data = numbered(50);
  PathNetwork network(data.rows(), 2, 2);
  const std::vector<std::int64_t> rows{41, 3, 17, 0, 49};
  Recorder some(network, data, rows);
  ASSERT_EQ(some.layers().size(), 3U);
  EXPECT_EQ(some.layers()[0].features, 2);
  EXPECT_EQ(some.layers()[1].features, 3);
  expect_aligned(some, 0, rows);
  // What a node saw of its neighbours is still in its own row.
  std::vector<float> all_seen;
  Recorder all(network, data, first_rows(data.rows()));
  all(0, [&](std::size_t layer, MatrixView<const float> snapshot) {
    if (layer == 1) all_seen.assign(snapshot.data(), snapshot.data() + snapshot.size());
  });
  some(0, [&](std::size_t layer, MatrixView<const float> snapshot) {
    for (std::size_t r = 0; layer == 1 && r < rows.size(); ++r) {
      for (std::size_t k = 0; k < 3; ++k)
        EXPECT_EQ(snapshot(r, k), all_seen[static_cast<std::size_t>(rows[r]) * 3 + k]);
    }
  });
}

TEST(Recorder, DrawsNoRandomNumbers) {
  PassThrough network;
  network.train();
  const Dataset data = numbered(10);
  Recorder record(network, data, first_rows(10));
  torch::manual_seed(4);
  const torch::Tensor expected = torch::rand({3});
  torch::manual_seed(4);
  record(0, [](std::size_t, MatrixView<const float>) {});
  EXPECT_TRUE(torch::rand({3}).equal(expected));
}

TEST(Recorder, ValuesThatAreNotFiniteAreADivergedTrial) {
  PassThrough network;
  const Dataset data = numbered(10);
  Recorder record(network, data, first_rows(10));
  {
    const torch::NoGradGuard no_gradients;
    network.weight.fill_(std::numeric_limits<float>::infinity());
  }
  try {
    record(12, [](std::size_t, MatrixView<const float>) {});
    FAIL() << "infinite values were recorded";
  } catch (const Diverged& error) {
    EXPECT_STREQ(error.what(), "diverged: layer same holds NaN or infinite values at epoch 12");
  }
}

TEST(Evaluate, MatchesTheDefinitionsAndHandlesNoRows) {
  PassThrough network;
  Dataset data;
  data.inputs = torch::tensor({{2.0F, 0.0F}, {9.0F, 9.0F}, {0.0F, 1.0F}, {3.0F, 1.0F}});
  data.labels = torch::tensor({0, 1, 0, 0}, torch::kInt64);
  const std::vector<std::int64_t> rows{0, 2, 3};
  const Evaluation result = evaluate(network, data, rows);
  EXPECT_DOUBLE_EQ(result.accuracy, 2.0 / 3.0);
  const double loss =
      (std::log(1 + std::exp(-2.0)) + std::log(1 + std::exp(1.0)) + std::log(1 + std::exp(-2.0))) /
      3;
  EXPECT_NEAR(result.loss, loss, 1e-12);
  EXPECT_TRUE(std::isnan(evaluate(network, data, std::vector<std::int64_t>{}).accuracy));
}

TEST(Evaluate, KeepsTheSetsOfASplitApart) {
  PassThrough network;
  Dataset data = numbered(12);
  data.labels = torch::tensor({1, 1, 1, 0, 1, 1, 0, 0, 0, 0, 1, 0}, torch::kInt64);
  // Example i has scores (2 i, 2 i + 1), so that class 1 is said of all.
  const SplitEvaluation result = evaluate(network, data, Split{{0, 1, 2, 3}, {4, 6}, {8, 10, 11}});
  EXPECT_DOUBLE_EQ(result.train.accuracy, 0.75);
  EXPECT_DOUBLE_EQ(result.validation.accuracy, 0.5);
  EXPECT_DOUBLE_EQ(result.test.accuracy, 1.0 / 3.0);
  EXPECT_TRUE(std::isnan(evaluate(network, data, Split{{0}, {}, {1}}).validation.loss));
}

TEST(Evaluate, ANetworkThatNeedsAllRowsComputesThemOnce) {
  const Dataset data = numbered(30);
  PathNetwork network(data.rows(), 2, 2);
  const Split split{{0, 5, 9}, {1, 2}, {20, 21, 29}};
  const SplitEvaluation result = evaluate(network, data, split);
  EXPECT_EQ(network.forwards, 1);
  EXPECT_EQ(result.test.loss, evaluate(network, data, split.test).loss);
  EXPECT_EQ(result.train.loss, evaluate(network, data, split.train).loss);
  EXPECT_NE(result.train.loss, result.test.loss);
}

}  // namespace
}  // namespace infoplane
