#include "training/recorder.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "training/diverged.hpp"
#include "training/evaluate.hpp"

namespace infoplane {
namespace {

/// Passes its first input through: what is recorded says which row it came from.
class PassThrough : public Network {
 public:
  PassThrough() { weight = register_parameter("weight", torch::ones({1})); }
  torch::Tensor forward(const torch::Tensor& x) override {
    const torch::Tensor t = probe("same", {"linear"}, x * weight);
    return output(torch::dropout(t, 0.5, is_training()));
  }
  torch::Tensor weight;
};

torch::Tensor numbered_rows(std::int64_t rows) {
  return torch::arange(2 * rows, torch::kFloat32).reshape({rows, 2});
}

TEST(Recorder, RowIOfEverySnapshotIsExampleI) {
  // More rows than go through the network at once, the last batch not full.
  const std::int64_t rows = 2 * evaluation_batch + 37;
  PassThrough network;
  network.train();
  Recorder record(network, {numbered_rows(rows), torch::zeros({rows}, torch::kInt64)});
  ASSERT_EQ(record.layers().size(), 2U);
  std::vector<std::size_t> seen;
  record(3, [&](std::size_t layer, MatrixView<const float> snapshot) {
    seen.push_back(layer);
    ASSERT_EQ(snapshot.rows(), static_cast<std::size_t>(rows));
    ASSERT_EQ(snapshot.cols(), 2U);
    if (layer != 0) return;
    for (std::size_t row = 0; row < snapshot.rows(); ++row) {
      ASSERT_EQ(snapshot(row, 0), static_cast<float>(2 * row));
      ASSERT_EQ(snapshot(row, 1), static_cast<float>(2 * row + 1));
    }
  });
  EXPECT_EQ(seen, (std::vector<std::size_t>{0, 1}));
  EXPECT_TRUE(network.is_training());
}

TEST(Recorder, DrawsNoRandomNumbers) {
  PassThrough network;
  network.train();
  Recorder record(network, {numbered_rows(10), torch::zeros({10}, torch::kInt64)});
  torch::manual_seed(4);
  const torch::Tensor expected = torch::rand({3});
  torch::manual_seed(4);
  record(0, [](std::size_t, MatrixView<const float>) {});
  EXPECT_TRUE(torch::rand({3}).equal(expected));
}

TEST(Recorder, ValuesThatAreNotFiniteAreADivergedTrial) {
  PassThrough network;
  Recorder record(network, {numbered_rows(10), torch::zeros({10}, torch::kInt64)});
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
  const torch::Tensor x = torch::tensor({{2.0F, 0.0F}, {0.0F, 1.0F}, {3.0F, 1.0F}});
  const torch::Tensor y = torch::tensor({0, 0, 0}, torch::kInt64);
  const Evaluation result = evaluate(network, {x, y});
  EXPECT_DOUBLE_EQ(result.accuracy, 2.0 / 3.0);
  const double loss =
      (std::log(1 + std::exp(-2.0)) + std::log(1 + std::exp(1.0)) + std::log(1 + std::exp(-2.0))) /
      3;
  EXPECT_NEAR(result.loss, loss, 1e-12);
  EXPECT_TRUE(std::isnan(evaluate(network, {x.narrow(0, 0, 0), y.narrow(0, 0, 0)}).accuracy));
}

}  // namespace
}  // namespace infoplane
