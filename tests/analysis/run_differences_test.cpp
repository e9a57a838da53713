#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "analysis/equality.hpp"
#include "analysis/small_run.hpp"
#include "store/change_estimates.hpp"
#include "store/other_process.hpp"
#include "store/scratch.hpp"

namespace infoplane::test {
namespace {

using Sentences = std::vector<std::string>;

class RunDifferences : public testing::Test {
 protected:
  /// What is said of two runs whose results differ by `change`.
  Sentences after(const std::function<void(ResultsTable&)>& change) {
    ResultsTable table = small_table();
    change(table);
    std::filesystem::remove_all(scratch_ / "b");
    const RunDirectory b = write_small_run(scratch_ / "b", table);
    // Only the results: these tables need not fit the activations.
    std::filesystem::remove(b.activations());
    const Sentences forth = run_differences(a_, b);
    EXPECT_EQ(run_differences(b, a_).size(), forth.size()) << "a difference has no direction";
    return forth;
  }

  const Scratch scratch_;
  const RunDirectory a_ = write_small_run(scratch_ / "a");
};

TEST_F(RunDifferences, NoneBetweenEqualRuns) {
  EXPECT_EQ(run_differences(a_, write_small_run(scratch_ / "b")), Sentences{});
  EXPECT_EQ(run_differences(a_, a_), Sentences{});
}

TEST_F(RunDifferences, TimesHostsAndAttemptsDoNotCount) {
  EXPECT_EQ(after([](ResultsTable& t) {
              t.seconds = {100, 200};
              t.attempts = {7, 8};
              t.provenance = {{"host", std::string("elsewhere")}, {"ranks", std::int64_t{8}}};
            }),
            Sentences{});
}

// NaN is not equal to itself, but two missing numbers are no difference.
TEST_F(RunDifferences, MissingOnBothSidesIsEqual) {
  ResultsTable table = small_table();
  table.test_accuracy.assign(table.test_accuracy.size(), nan);
  table.i_xt.assign(table.i_xt.size(), -nan);
  const RunDirectory b = write_small_run(scratch_ / "b", table);
  table.i_xt.assign(table.i_xt.size(), nan);
  EXPECT_EQ(run_differences(b, write_small_run(scratch_ / "c", table)), Sentences{});
}

TEST_F(RunDifferences, Metrics) {
  EXPECT_EQ(after([](ResultsTable& t) { t.train_loss[t.at_epoch(1, 1)] = 0.5; }),
            Sentences{"trial aabb33334444: train loss at epoch 10 is 0.8125 and 0.5"});
  EXPECT_EQ(after([](ResultsTable& t) { t.train_accuracy[t.at_epoch(0, 0)] = 0.25; }),
            Sentences{"trial aaaa11112222: train accuracy at epoch 0 is 0.5 and 0.25"});
  EXPECT_EQ(after([](ResultsTable& t) { t.test_loss[t.at_epoch(0, 1)] = nan; }),
            Sentences{"trial aaaa11112222: test loss at epoch 10 is 1.0625 and nan"});
  EXPECT_EQ(after([](ResultsTable& t) { t.test_accuracy[t.at_epoch(1, 0)] = 1; }),
            Sentences{"trial aabb33334444: test accuracy at epoch 0 is 0.6875 and 1"});
}

// The promise is the same bits, not nearly the same number.
TEST_F(RunDifferences, TheLastBit) {
  const double last_bit = std::nextafter(0.8125, 1.0);
  EXPECT_EQ(
      after([&](ResultsTable& t) { t.train_loss[t.at_epoch(1, 1)] = last_bit; }),
      Sentences{"trial aabb33334444: train loss at epoch 10 is 0.8125 and 0.8125000000000001"});
}

TEST_F(RunDifferences, Estimates) {
  EXPECT_EQ(after([](ResultsTable& t) { t.i_xt[t.at_estimate(0, 1, 2, 0, 1)] = 1.5; }),
            Sentences{"trial aaaa11112222: I(X;T) at epoch 10, layer output, sigma2 0.001, bound "
                      "bd is 1.2916666666666667 and 1.5 bits"});
  EXPECT_EQ(after([](ResultsTable& t) { t.i_ty[t.at_estimate(1, 0, 1, 2, 0)] = nan; }),
            Sentences{"trial aabb33334444: I(T;Y) at epoch 0, layer layer2, sigma2 0.1, bound kl "
                      "is 0.36111111111111116 and nan bits"});
}

TEST_F(RunDifferences, NoiseAndItsError) {
  EXPECT_EQ(after([](ResultsTable& t) { t.sigma2_used[t.at_noise(1, 0, 1, 2)] = 0.125; }),
            Sentences{"trial aabb33334444: the noise variance used at epoch 0, layer layer2 is 0.1 "
                      "and 0.125"});
  EXPECT_EQ(after([](ResultsTable& t) { t.error_bits[t.at_noise(0, 1, 2, 0)] = 1e-8; }),
            Sentences{"trial aaaa11112222: the bound on the error at epoch 10, layer output is "
                      "1e-09 and 1e-08"});
}

TEST_F(RunDifferences, Distances) {
  EXPECT_EQ(
      after([](ResultsTable& t) { t.distance_quantiles[t.at_snapshot(1, 1, 2) * 11 + 10] = 2; }),
      Sentences{"trial aabb33334444: a quantile of the distances at epoch 10, layer output is "
                "1.5 and 2"});
  EXPECT_EQ(
      after([](ResultsTable& t) { t.distance_histogram[t.at_snapshot(0, 0, 0) * 64 + 40] = 0.5F; }),
      Sentences{"trial aaaa11112222: the histogram of the distances at epoch 0, layer layer1 "
                "is 1 and 0.5"});
  EXPECT_EQ(after([](ResultsTable& t) { t.distance_mean[t.at_snapshot(0, 1, 0)] = nan; }),
            Sentences{"trial aaaa11112222: the mean distance at epoch 10, layer layer1 is 4 and "
                      "nan"});
  EXPECT_EQ(after([](ResultsTable& t) { t.distance_rank_error[t.at_snapshot(0, 1, 0)] = 0.25; }),
            Sentences{"trial aaaa11112222: the rank error of the distances at epoch 10, layer "
                      "layer1 is 0 and 0.25"});
}

TEST_F(RunDifferences, States) {
  EXPECT_EQ(after([](ResultsTable& t) {
              t.state = {2, 0};
            }),
            Sentences{"trial aabb33334444 is done and pending"});
  EXPECT_EQ(after([](ResultsTable& t) {
              t.state = {3, 2};
              t.failure = {"the loss is inf", ""};
            }),
            (Sentences{"trial aaaa11112222 is done and failed",
                       "trial aaaa11112222 failed for \"\" and \"the loss is inf\""}));
}

TEST_F(RunDifferences, MissingTrials) {
  EXPECT_EQ(after([](ResultsTable& t) { t.trials[1] = "cccc55556666"; }),
            (Sentences{"trial aabb33334444 is only in the first run",
                       "trial cccc55556666 is only in the second run"}));
}

TEST_F(RunDifferences, OtherAxes) {
  EXPECT_EQ(after([](ResultsTable& t) {
              t.epochs = {0, 9};
            }),
            Sentences{"the recorded epochs differ: 2 and 2 of them, first at number 2 (10; 9)"});
  EXPECT_EQ(after([](ResultsTable& t) { t.layers[0] = "conv1"; }),
            Sentences{"the layers differ: 3 and 3 of them, first at number 1 (layer1; conv1)"});
  EXPECT_EQ(after([](ResultsTable& t) { extend_sigma2(t, {1.0}); }),
            Sentences{"the noise variances differ: 3 and 4 of them, first at number 4 (none; 1)"});
  EXPECT_EQ(after([](ResultsTable& t) {
              t.bounds = {"bd", "kl"};
            }),
            Sentences{"the bounds differ: 2 and 2 of them, first at number 1 (kl; bd)"});
}

TEST_F(RunDifferences, LayersOfAnotherPlaceOrSize) {
  EXPECT_EQ(after([](ResultsTable& t) { t.features[t.at_layer(1, 0)] = 4; }),
            Sentences{"trial aabb33334444: layer layer1 has another place or size"});
  EXPECT_EQ(after([](ResultsTable& t) { std::swap(t.layer_position[3], t.layer_position[4]); }),
            (Sentences{"trial aabb33334444: layer layer1 has another place or size",
                       "trial aabb33334444: layer layer2 has another place or size"}));
}

TEST_F(RunDifferences, OtherRows) {
  const Sentences expected{"trial aabb33334444 was recorded or trained on other rows"};
  EXPECT_EQ(after([](ResultsTable& t) { t.recorded_rows[1] = 9; }), expected);
  EXPECT_EQ(after([](ResultsTable& t) { t.train_rows[1] = 21; }), expected);
  EXPECT_EQ(after([](ResultsTable& t) { t.label_entropy[1] = 0.5; }), expected);
}

// Trials are compared by their ids: a grid written in another order is the same run.
TEST_F(RunDifferences, OrderOfTrialsDoesNotCount) {
  EXPECT_EQ(after([](ResultsTable& t) {
              const ResultsTable old = t;
              const auto turn = [&](auto& values) {
                const auto half = static_cast<std::ptrdiff_t>(values.size() / 2);
                std::rotate(values.begin(), values.begin() + half, values.end());
              };
              turn(t.trials);
              turn(t.varied);
              turn(t.layer_position);
              turn(t.features);
              for (auto* values : {&t.train_loss, &t.train_accuracy, &t.test_loss, &t.test_accuracy,
                                   &t.i_xt, &t.i_ty, &t.sigma2_used, &t.error_bits,
                                   &t.distance_quantiles, &t.distance_mean, &t.distance_rank_error})
                turn(*values);
              turn(t.distance_histogram);
              EXPECT_NE(t.trials, old.trials);
            }),
            Sentences{});
}

TEST_F(RunDifferences, OneBitOfOneActivation) {
  const RunDirectory b = write_small_run(scratch_ / "b");
  change_activation(b, 1, 1, 1, 5, 1, std::nextafter(1161.0F, 2000.0F));
  EXPECT_EQ(
      run_differences(a_, b),
      Sentences{
          "trial aabb33334444: layer layer2 at epoch 10, row 5, feature 1 is 1161 and 1161.0001"});
  std::filesystem::remove(b.activations());
  EXPECT_EQ(run_differences(a_, b), Sentences{}) << "activations may be deleted";
}

// Zero and minus zero are equal as numbers.
TEST_F(RunDifferences, TheSignOfZero) {
  const RunDirectory b = write_small_run(scratch_ / "b");
  change_activation(b, 0, 0, 0, 0, 0, -0.0F);
  EXPECT_EQ(run_differences(a_, b),
            Sentences{"trial aaaa11112222: layer layer1 at epoch 0, row 0, feature 0 is 0 and -0"});
}

// What is left of a trial that did not finish is of no interest.
TEST_F(RunDifferences, ActivationsOfUnfinishedTrialsDoNotCount) {
  ResultsTable table = small_table();
  table.state = {2, 3};
  const RunDirectory b = write_small_run(scratch_ / "b", table);
  const RunDirectory c = write_small_run(scratch_ / "c", table);
  change_activation(c, 1, 0, 0, 0, 0, 99);
  EXPECT_EQ(run_differences(b, c), Sentences{});
}

TEST_F(RunDifferences, ActivationsOfAnotherRun) {
  const RunDirectory b = write_small_run(scratch_ / "b");
  RunLayout layout = small_layout();
  layout.trials.pop_back();
  ActivationsFile::create(b.activations(), layout, {});
  const std::string expected = "4: " + b.activations().string() +
                               " belongs to another run: its trials are not those of results.nc";
  EXPECT_EQ(message_of([&] { run_differences(a_, b); }), expected);
  EXPECT_EQ(message_of([&] { run_differences(b, a_); }), expected);
}

TEST_F(RunDifferences, AreLimitedInNumber) {
  ResultsTable table = small_table();
  for (double& value : table.train_loss) value += 1;
  for (double& value : table.test_loss) value += 1;
  for (double& value : table.i_xt) value += 1;
  const RunDirectory b = write_small_run(scratch_ / "b", table);
  EXPECT_EQ(run_differences(a_, b).size(), 6u);
  EXPECT_EQ(run_differences(a_, b, 4).size(), 4u);
  EXPECT_EQ(run_differences(a_, b, 1).size(), 1u);
}

TEST_F(RunDifferences, NeedTwoRuns) {
  const RunDirectory none(scratch_ / "none");
  for (const auto& look : {std::function<void()>([&] { run_differences(a_, none); }),
                           std::function<void()>([&] { run_differences(none, a_); })}) {
    const std::string text = message_of(look);
    EXPECT_EQ(text.rfind("4: " + none.path().string() + " is not a run directory", 0), 0u) << text;
  }
}

}  // namespace
}  // namespace infoplane::test
