#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "analysis/equality.hpp"
#include "analysis/small_run.hpp"
#include "store/other_process.hpp"
#include "store/results_file.hpp"
#include "store/scratch.hpp"

namespace infoplane::test {
namespace {

using Sentences = std::vector<std::string>;

class RunDefects : public testing::Test {
 protected:
  Sentences after(const std::function<void(ResultsTable&)>& change) {
    ResultsTable table = small_table();
    change(table);
    write_results(run_.results(), table);
    return run_defects(run_);
  }

  const Scratch scratch_;
  const RunDirectory run_ = write_small_run(scratch_ / "run");
};

TEST_F(RunDefects, NoneInASoundRun) {
  EXPECT_EQ(run_defects(run_), Sentences{});
  std::filesystem::remove(run_.activations());
  EXPECT_EQ(run_defects(run_), Sentences{}) << "activations may be deleted";
}

// 8 rows: 3 bits. Labels half and half: 1 bit.
TEST_F(RunDefects, InformationAboveItsCeiling) {
  EXPECT_EQ(after([](ResultsTable& t) { t.i_xt[t.at_estimate(0, 1, 2, 0, 0)] = 3.125; }),
            Sentences{"trial aaaa11112222, epoch 10, layer output, sigma2 0.001, bound kl: I(X;T) "
                      "= 3.125 bits is outside [0, 3]"});
  EXPECT_EQ(after([](ResultsTable& t) { t.i_ty[t.at_estimate(1, 0, 1, 2, 1)] = 1.25; }),
            Sentences{"trial aabb33334444, epoch 0, layer layer2, sigma2 0.1, bound bd: I(T;Y) = "
                      "1.25 bits is outside [-2, 1]"});
}

TEST_F(RunDefects, NegativeInformation) {
  EXPECT_EQ(after([](ResultsTable& t) { t.i_xt[t.at_estimate(0, 0, 0, 0, 0)] = -0.5; }),
            Sentences{"trial aaaa11112222, epoch 0, layer layer1, sigma2 0.001, bound kl: I(X;T) = "
                      "-0.5 bits is outside [0, 3]"});
  // The formula of I(T;Y) gives H(Y) - log2 N at least, which is below 0.
  EXPECT_EQ(after([](ResultsTable& t) { t.i_ty[t.at_estimate(0, 0, 0, 1, 0)] = -2; }), Sentences{});
  EXPECT_EQ(after([](ResultsTable& t) { t.i_ty[t.at_estimate(0, 0, 0, 1, 0)] = -2.1; }).size(), 1u);
}

TEST_F(RunDefects, TheCeilingItselfIsSound) {
  EXPECT_EQ(after([](ResultsTable& t) {
              t.i_xt[t.at_estimate(0, 0, 0, 0, 0)] = 3.0;
              t.i_ty[t.at_estimate(0, 0, 0, 0, 0)] = 1.0;
              t.i_xt[t.at_estimate(0, 0, 0, 1, 0)] = 0.0;
              t.i_ty[t.at_estimate(0, 0, 0, 1, 0)] = 0.0;
              t.i_xt[t.at_estimate(0, 0, 0, 2, 0)] = 3.0 + 1e-12;
            }),
            Sentences{})
      << "rounding in the last bits is forgiven";
  EXPECT_EQ(
      after([](ResultsTable& t) { t.i_xt[t.at_estimate(0, 0, 0, 0, 0)] = 3.0 + 1e-6; }).size(), 1u);
}

TEST_F(RunDefects, AMissingEstimate) {
  const std::string hint = " is missing (the same run command completes it)";
  EXPECT_EQ(after([](ResultsTable& t) { t.i_xt[t.at_estimate(1, 1, 0, 1, 0)] = nan; }),
            Sentences{"trial aabb33334444, epoch 10, layer layer1, sigma2 0.01, bound kl: I(X;T)" +
                      hint});
  EXPECT_EQ(after([](ResultsTable& t) { t.i_ty[t.at_estimate(1, 1, 0, 1, 1)] = nan; }),
            Sentences{"trial aabb33334444, epoch 10, layer layer1, sigma2 0.01, bound bd: I(T;Y)" +
                      hint});
}

TEST_F(RunDefects, TheWrongNoise) {
  EXPECT_EQ(after([](ResultsTable& t) { t.sigma2_used[t.at_noise(1, 1, 0, 1)] = 0.02; }),
            Sentences{"trial aabb33334444, epoch 10, layer layer1, sigma2 0.01: the noise variance "
                      "used is 0.02"});
  EXPECT_EQ(after([](ResultsTable& t) { t.sigma2_used[t.at_noise(1, 1, 0, 1)] = nan; }),
            Sentences{"trial aabb33334444, epoch 10, layer layer1, sigma2 0.01: the noise variance "
                      "used is nan"});
  EXPECT_EQ(
      after([](ResultsTable& t) {
        t.sigma2[2] = Noise::of_rule("median");
        t.sigma2_used[t.at_noise(0, 0, 0, 2)] = 0;
      }),
      Sentences{"trial aaaa11112222, epoch 0, layer layer1, sigma2 median: the noise variance "
                "used is 0"});
  // Of three layers with 0.1 each; the other trial has two.
  const Sentences found = after([](ResultsTable& t) {
    t.sigma2[2] = Noise::of_layers({0.1, 0.2, 0.1});
  });
  ASSERT_EQ(found.size(), 4u);
  EXPECT_EQ(found[0],
            "trial aaaa11112222, epoch 0, layer output, sigma2 [0.1, 0.2, 0.1]: the noise "
            "variance used is 0.1");
  EXPECT_EQ(found[2],
            "trial aabb33334444, epoch 0, layer layer2, sigma2 [0.1, 0.2, 0.1]: the noise "
            "variance used is 0.1");
}

TEST_F(RunDefects, MissingDistances) {
  EXPECT_EQ(after([](ResultsTable& t) { t.distance_mean[t.at_snapshot(1, 0, 1)] = nan; }),
            Sentences{"trial aabb33334444, epoch 0, layer layer2: the distances are missing (the "
                      "same run command completes it)"});
}

// Done, and not one number of it is there.
TEST_F(RunDefects, ADoneTrialWithoutAnything) {
  const Sentences found = after([](ResultsTable& t) {
    for (std::size_t e = 0; e < 2; ++e) t.train_loss[t.at_epoch(0, e)] = nan;
    for (std::size_t at = 0; at < t.i_xt.size() / 2; ++at) t.i_xt[at] = t.i_ty[at] = nan;
  });
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0].rfind("trial aaaa11112222", 0), 0u) << found[0];
}

// Numbers that an unfinished trial left behind are overwritten when it is trained again.
TEST_F(RunDefects, UnfinishedTrialsAreNamedAndTheirNumbersNotLookedAt) {
  const Sentences found = after([](ResultsTable& t) {
    t.state = {0, 1};
    t.i_xt.assign(t.i_xt.size(), 99);
    t.i_ty.assign(t.i_ty.size(), nan);
  });
  EXPECT_EQ(found,
            (Sentences{"trial aaaa11112222 is pending: the same run command trains it",
                       "trial aabb33334444 is running: the same run command trains it",
                       "trial aaaa11112222 is done in the ledger and pending in the results",
                       "trial aabb33334444 is done in the ledger and running in the results"}));
}

TEST_F(RunDefects, ACorruptedSlab) {
  change_activation(run_, 1, 0, 2, 7, 1, 1e6F);
  EXPECT_EQ(
      run_defects(run_),
      Sentences{"trial aabb33334444: the activations do not have the checksum of the ledger"});
  change_activation(run_, 0, 0, 0, 0, 0, -0.0F);
  EXPECT_EQ(
      run_defects(run_),
      (Sentences{"trial aaaa11112222: the activations do not have the checksum of the ledger",
                 "trial aabb33334444: the activations do not have the checksum of the ledger"}));
}

// A job that was killed between the two files, or one of them copied.
TEST_F(RunDefects, LedgerAndResultsDisagree) {
  ActivationsFile(run_.activations(), ActivationsFile::Access::write, Communicator::serial())
      .write_ledger(1, {TrialState::running, 2, 0, 7, 7, ""});
  EXPECT_EQ(run_defects(run_),
            Sentences{"trial aabb33334444 is running in the ledger and done in the results"});
}

TEST_F(RunDefects, ActivationsOfAnotherRun) {
  RunLayout layout = small_layout();
  std::swap(layout.trials[0], layout.trials[1]);
  ActivationsFile::create(run_.activations(), layout, {});
  EXPECT_EQ(message_of([&] { run_defects(run_); }),
            "4: " + run_.activations().string() +
                " belongs to another run: its trials are not those of results.nc");
}

TEST_F(RunDefects, ResultsThatAJobHasNotFinishedWith) {
  { const ResultsFile file(run_.results(), Communicator::serial()); }
  EXPECT_EQ(run_defects(run_), Sentences{"results.nc has no checksum yet: a job writes it, or was "
                                         "killed (the same run command completes it)"});
}

TEST_F(RunDefects, AreLimitedInNumber) {
  ResultsTable table = small_table();
  table.i_xt.assign(table.i_xt.size(), 99);
  write_results(run_.results(), table);
  EXPECT_EQ(run_defects(run_).size(), 10u);
  EXPECT_EQ(run_defects(run_, 3).size(), 3u);
  EXPECT_EQ(run_defects(run_, 1000).size(), 2u * 2 * 3 * 2 + 3u * 2 * 3 * 2)
      << "every estimate of both trials";
}

TEST_F(RunDefects, NeedARun) {
  const std::string text = message_of([&] { run_defects(RunDirectory(scratch_ / "none")); });
  EXPECT_EQ(text.rfind("4: ", 0), 0u) << text;
}

}  // namespace
}  // namespace infoplane::test
