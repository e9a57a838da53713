#include "store/results_table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "store/change_estimates.hpp"
#include "store/example_run.hpp"
#include "store/other_process.hpp"
#include "store/same_tables.hpp"
#include "store/scratch.hpp"

namespace infoplane::test {
namespace {

ResultsTable round_trip(const ResultsTable& table) {
  const Scratch scratch;
  write_results(scratch / "results.nc", table);
  EXPECT_EQ(scratch.names(), std::set<std::string>{"results.nc"});
  return read_results(scratch / "results.nc");
}

TEST(Results, ReadBackWithTheSameBits) {
  ResultsTable table = example_table();
  table.i_xt[3] = -0.0;
  table.i_xt[4] = -std::numeric_limits<double>::infinity();
  table.i_xt[5] = std::numeric_limits<double>::denorm_min();
  table.i_xt[6] = -std::nan("0x123");
  ASSERT_TRUE(
      std::any_of(table.i_ty.begin(), table.i_ty.end(), [](double v) { return std::isnan(v); }));
  expect_same_tables(round_trip(table), table);
}

TEST(Results, SettingsKeepTheirKind) {
  const ResultsTable found = round_trip(example_table());
  ASSERT_EQ(found.axes, (std::vector<std::string>{"training.learning_rate", "training.seed",
                                                  "model.activation"}));
  EXPECT_EQ(std::get<double>(found.varied[1][0]), 1.0) << "a whole number, but a real one";
  EXPECT_EQ(std::get<std::int64_t>(found.varied[2][1]), -3);
  EXPECT_EQ(std::get<std::string>(found.varied[2][2]), "sigm\xc3\xb8id");
}

// The order of the axes is that of the grid, not of the alphabet.
TEST(Results, AxesKeepTheirOrder) {
  ResultsTable table = example_table();
  table.axes = {"z.z", "a.a", "m.m"};
  EXPECT_EQ(round_trip(table).axes, table.axes);
}

TEST(Results, NoVariedSettings) {
  ResultsTable table = example_table();
  table.axes.clear();
  table.varied.assign(table.trials.size(), {});
  expect_same_tables(round_trip(table), table);
}

// A file has one type per axis: a mixture is a defect of who made the table, and must not corrupt
// it.
TEST(Results, AnAxisOfSeveralKindsIsRefused) {
  const Scratch scratch;
  ResultsTable table = example_table();
  table.varied[0][0] = std::int64_t{1};
  EXPECT_THROW(write_results(scratch / "results.nc", table), InternalError);
  table.varied[0][0] = std::string("0.5");
  EXPECT_THROW(write_results(scratch / "results.nc", table), InternalError);
  EXPECT_EQ(scratch.names(), std::set<std::string>{});
}

TEST(Results, TextIsUtf8) {
  ResultsTable table = example_table();
  table.trials[1] = "\xce\xb2-\xf0\x9f\x99\x82";
  table.layers[0] = "caf\xc3\xa9 1";
  table.axes[2] = "model.\xc3\xa4rt";
  expect_same_tables(round_trip(table), table);
}

TEST(Results, EmptyArraysBecomeNothingYet) {
  const ResultsTable table =
      empty_results(example_layout(), {1.5, 0.9}, {1e-3, 1e-2, 1e-1}, {Bound::bd}, {});
  ASSERT_TRUE(table.i_xt.empty() && table.state.empty() && table.failure.empty());
  const ResultsTable found = round_trip(table);
  EXPECT_EQ(found.trials, table.trials);
  EXPECT_EQ(found.sigma2, table.sigma2);
  EXPECT_EQ(found.bounds, std::vector<std::string>{"bd"});
  const auto expect_nan = [](const char* name, const std::vector<double>& values,
                             std::size_t count) {
    EXPECT_EQ(values.size(), count) << name;
    for (const double value : values) EXPECT_TRUE(std::isnan(value)) << name;
  };
  expect_nan("train_loss", found.train_loss, 3 * 4);
  expect_nan("train_accuracy", found.train_accuracy, 3 * 4);
  expect_nan("test_loss", found.test_loss, 3 * 4);
  expect_nan("test_accuracy", found.test_accuracy, 3 * 4);
  expect_nan("seconds", found.seconds, 3);
  expect_nan("i_xt", found.i_xt, 3 * 4 * 4 * 3 * 1);
  expect_nan("i_ty", found.i_ty, 3 * 4 * 4 * 3 * 1);
  expect_nan("sigma2_used", found.sigma2_used, 3 * 4 * 4 * 3);
  expect_nan("error_bits", found.error_bits, 3 * 4 * 4 * 3);
  expect_nan("distance_quantiles", found.distance_quantiles, 3 * 4 * 4 * 11);
  expect_nan("distance_histogram",
             {found.distance_histogram.begin(), found.distance_histogram.end()}, 3 * 4 * 4 * 64);
  expect_nan("distance_mean", found.distance_mean, 3 * 4 * 4);
  expect_nan("distance_rank_error", found.distance_rank_error, 3 * 4 * 4);
  EXPECT_EQ(found.state, (std::vector<std::uint8_t>{0, 0, 0}));
  EXPECT_EQ(found.state_of(0), TrialState::pending);
  EXPECT_EQ(found.attempts, (std::vector<std::int32_t>{0, 0, 0}));
  EXPECT_EQ(found.failure, (std::vector<std::string>{"", "", ""}));
}

TEST(Results, ProvenanceReadsBack) {
  Provenance provenance = example_provenance();
  provenance.emplace_back("sweep", std::string("[sweep]\nname = \"a\"\n"));
  provenance.emplace_back("a_real_number", 0.1);
  ResultsTable table = example_table();
  table.provenance = provenance;
  const ResultsTable found = round_trip(table);
  for (const auto& fact : provenance) {
    EXPECT_EQ(std::count(found.provenance.begin(), found.provenance.end(), fact), 1) << fact.first;
  }
  // What was read is written again when a run is estimated anew: that must not add anything.
  const ResultsTable again = round_trip(found);
  EXPECT_EQ(again.provenance, found.provenance);
}

TEST(Results, WrittenOverTheOldOnes) {
  const Scratch scratch;
  ResultsTable table = example_table();
  write_results(scratch / "results.nc", table);
  table.i_xt[0] = 4.25;
  write_results(scratch / "results.nc", table);
  EXPECT_EQ(read_results(scratch / "results.nc").i_xt[0], 4.25);
}

// Whatever part of the new ones no longer fits on the disk: the old results must survive it.
TEST(Results, NoRoomKeepsTheOldOnes) {
  const Scratch scratch;
  const ResultsTable table = example_table();
  write_results(scratch / "results.nc", table);
  const std::uintmax_t whole = std::filesystem::file_size(scratch / "results.nc");
  for (std::uintmax_t part = 1; part <= 16; ++part) {
    const std::uintmax_t room = part < 16 ? whole * part / 16 : whole - 1;
    const std::optional<std::string> message =
        message_with_room(room, [&] { write_results(scratch / "results.nc", table); });
    ASSERT_TRUE(message.has_value());
    EXPECT_EQ(message->rfind("4: ", 0), 0u) << room << " of " << whole << " bytes: " << *message;
    EXPECT_EQ(scratch.names(), std::set<std::string>{"results.nc"})
        << room << " of " << whole << " bytes";
    expect_same_tables(read_results(scratch / "results.nc"), table);
  }
}

TEST(EmptyResults, AxesAreTheUnionOfAllTrials) {
  const ResultsTable table =
      empty_results(example_layout(), {1.5, 0.9}, {1e-3}, {Bound::kl, Bound::bd}, {});
  EXPECT_EQ(table.trials,
            (std::vector<std::string>{"0a1b2c3d4e5f", "1122334455aa", "beefbeefbeef"}));
  EXPECT_EQ(table.epochs, (std::vector<std::int64_t>{0, 1, 5, 10}));
  EXPECT_EQ(table.layers, (std::vector<std::string>{"layer1", "layer2", "layer3", "output"}));
  EXPECT_EQ(table.bounds, (std::vector<std::string>{"kl", "bd"}));
  EXPECT_EQ(table.layer_position, (std::vector<std::int32_t>{0, 1, -1, 2,   //
                                                             0, -1, -1, 1,  //
                                                             0, 1, 2, 3}));
  EXPECT_EQ(table.features, (std::vector<std::int64_t>{4, 3, 0, 2, 6, 0, 0, 2, 1, 2, 5, 2}));
  EXPECT_EQ(table.recorded_rows, (std::vector<std::int64_t>{5, 3, 5}));
  EXPECT_EQ(table.train_rows, (std::vector<std::int64_t>{20, 11, 3}));
  EXPECT_EQ(table.parameters, (std::vector<std::int64_t>{77, 40, 9}));
  EXPECT_EQ(table.label_entropy, (std::vector<double>{1.5, 0.9, 1.5}))
      << "of the rows of each trial";
  EXPECT_EQ(table.varied[2], example_layout().trials[2].varied);
}

// A deep trial after shallow ones: the output stays last, the layers before it in their order.
TEST(EmptyResults, LayersStayInOrderWhateverTrialComesFirst) {
  RunLayout layout = example_layout();
  std::swap(layout.trials[0], layout.trials[1]);
  EXPECT_EQ(empty_results(layout, {1, 1}, {}, {}, {}).layers,
            (std::vector<std::string>{"layer1", "layer2", "layer3", "output"}));
  std::swap(layout.trials[0], layout.trials[2]);
  EXPECT_EQ(empty_results(layout, {1, 1}, {}, {}, {}).layers,
            (std::vector<std::string>{"layer1", "layer2", "layer3", "output"}));
}

TEST(ResultsTable, PlacesAreRowMajor) {
  const ResultsTable table = example_table();  // 3 trials, 4 epochs, 4 layers, 2 sigma2, 2 bounds
  EXPECT_EQ(table.at_epoch(2, 3), 11u);
  EXPECT_EQ(table.at_layer(2, 3), 11u);
  EXPECT_EQ(table.at_estimate(0, 0, 0, 0, 1), 1u);
  EXPECT_EQ(table.at_estimate(0, 0, 0, 1, 0), 2u);
  EXPECT_EQ(table.at_estimate(0, 0, 1, 0, 0), 4u);
  EXPECT_EQ(table.at_estimate(0, 1, 0, 0, 0), 16u);
  EXPECT_EQ(table.at_estimate(1, 0, 0, 0, 0), 64u);
  EXPECT_EQ(table.at_estimate(2, 3, 3, 1, 1), table.i_xt.size() - 1);
}

class ExtendSigma2 : public testing::Test {
 protected:
  const ResultsTable old_ = example_table();
  const Noise rule_ = Noise::of_rule("p90/1000@last");

  /// Old numbers are where their sigma2 went; all others are NaN.
  void expect_kept(const ResultsTable& now) const {
    ASSERT_EQ(now.i_xt.size(), now.at_estimate(now.trials.size(), 0, 0, 0, 0));
    ASSERT_EQ(now.i_ty.size(), now.i_xt.size());
    std::size_t kept = 0;
    for (std::size_t t = 0; t < now.trials.size(); ++t) {
      for (std::size_t e = 0; e < now.epochs.size(); ++e) {
        for (std::size_t l = 0; l < now.layers.size(); ++l) {
          for (std::size_t s = 0; s < now.sigma2.size(); ++s) {
            for (std::size_t b = 0; b < now.bounds.size(); ++b) {
              const std::size_t at = now.at_estimate(t, e, l, s, b);
              const auto was = std::find(old_.sigma2.begin(), old_.sigma2.end(), now.sigma2[s]);
              if (was == old_.sigma2.end()) {
                EXPECT_TRUE(std::isnan(now.i_xt[at]) && std::isnan(now.i_ty[at]))
                    << "sigma2 " << now.sigma2[s];
                continue;
              }
              const std::size_t from =
                  old_.at_estimate(t, e, l, static_cast<std::size_t>(was - old_.sigma2.begin()), b);
              EXPECT_EQ(std::memcmp(&now.i_xt[at], &old_.i_xt[from], sizeof(double)), 0);
              EXPECT_EQ(std::memcmp(&now.i_ty[at], &old_.i_ty[from], sizeof(double)), 0);
              ++kept;
            }
            const auto was = std::find(old_.sigma2.begin(), old_.sigma2.end(), now.sigma2[s]);
            const std::size_t at = now.at_noise(t, e, l, s);
            if (was == old_.sigma2.end()) {
              EXPECT_TRUE(std::isnan(now.sigma2_used[at]) && std::isnan(now.error_bits[at]));
              continue;
            }
            const std::size_t from =
                old_.at_noise(t, e, l, static_cast<std::size_t>(was - old_.sigma2.begin()));
            EXPECT_EQ(std::memcmp(&now.sigma2_used[at], &old_.sigma2_used[from], sizeof(double)),
                      0);
            EXPECT_EQ(std::memcmp(&now.error_bits[at], &old_.error_bits[from], sizeof(double)), 0);
          }
        }
      }
    }
    EXPECT_EQ(kept, old_.i_xt.size());
  }
};

TEST_F(ExtendSigma2, BeforeBetweenAndAfter) {
  ResultsTable table = old_;  // 1e-3 and a rule
  EXPECT_TRUE(extend_sigma2(table, {Noise::of_layers({3, 1}), Noise::of_rule("scale:1"), 1e-2,
                                    Noise::of_rule("median"), 1e-4}));
  EXPECT_EQ(table.sigma2, (std::vector<Noise>{
                              1e-4, 1e-3, 1e-2, Noise::of_layers({3, 1}), Noise::of_rule("median"),
                              Noise::of_rule("p90/1000@last"), Noise::of_rule("scale:1")}));
  expect_kept(table);
}

TEST_F(ExtendSigma2, OldOnesAmongTheNew) {
  ResultsTable table = old_;
  EXPECT_TRUE(extend_sigma2(table, {rule_, 5e-3, 5e-3, 1e-3}));
  EXPECT_EQ(table.sigma2, (std::vector<Noise>{1e-3, 5e-3, rule_}));
  expect_kept(table);
}

TEST_F(ExtendSigma2, NothingNewChangesNothing) {
  ResultsTable table = old_;
  EXPECT_FALSE(extend_sigma2(table, {rule_, 1e-3}));
  EXPECT_FALSE(extend_sigma2(table, {1e-3 * (1 + 1e-12)})) << "the same but for rounding";
  EXPECT_FALSE(extend_sigma2(table, {rule_}));
  EXPECT_FALSE(extend_sigma2(table, {}));
  expect_same_tables(table, old_);
}

TEST_F(ExtendSigma2, TwiceIsAsOnce) {
  ResultsTable table = old_;
  EXPECT_TRUE(extend_sigma2(table, {1.0}));
  EXPECT_TRUE(extend_sigma2(table, {1e-4}));
  EXPECT_EQ(table.sigma2, (std::vector<Noise>{1e-4, 1e-3, 1.0, rule_}));
  expect_kept(table);
}

TEST_F(ExtendSigma2, OnlyTheEstimatesChange) {
  ResultsTable table = old_;
  EXPECT_TRUE(extend_sigma2(table, {1.0}));
  table.sigma2 = old_.sigma2;
  table.i_xt = old_.i_xt;
  table.i_ty = old_.i_ty;
  table.sigma2_used = old_.sigma2_used;
  table.error_bits = old_.error_bits;
  expect_same_tables(table, old_);
}

// Empty arrays stand for "all NaN" here as in write_results.
TEST_F(ExtendSigma2, OfATableWithoutEstimates) {
  ResultsTable table = old_;
  table.i_xt.clear();
  table.i_ty.clear();
  EXPECT_TRUE(extend_sigma2(table, {1.0}));
  EXPECT_EQ(table.sigma2, (std::vector<Noise>{1e-3, 1.0, rule_}));
  for (const double value : round_trip(table).i_xt) EXPECT_TRUE(std::isnan(value));
}

TEST(ForgetEstimates, OfOneTrialOnly) {
  const ResultsTable old = example_table();
  ResultsTable table = old;
  EXPECT_TRUE(forget_estimates(table, 1));
  EXPECT_FALSE(forget_estimates(table, 1)) << "nothing is left";
  const auto check = [&](const char* name, const auto& now, const auto& before) {
    ASSERT_EQ(now.size(), before.size());
    const std::size_t each = now.size() / 3;
    for (std::size_t i = 0; i < now.size(); ++i) {
      const bool forgotten = i / each == 1;
      EXPECT_TRUE(forgotten ? std::isnan(now[i])
                            : std::memcmp(&now[i], &before[i], sizeof now[i]) == 0)
          << name << "[" << i << "]";
    }
  };
  check("i_xt", table.i_xt, old.i_xt);
  check("i_ty", table.i_ty, old.i_ty);
  check("sigma2_used", table.sigma2_used, old.sigma2_used);
  check("error_bits", table.error_bits, old.error_bits);
  check("distance_quantiles", table.distance_quantiles, old.distance_quantiles);
  check("distance_histogram", table.distance_histogram, old.distance_histogram);
  check("distance_mean", table.distance_mean, old.distance_mean);
  check("distance_rank_error", table.distance_rank_error, old.distance_rank_error);
  EXPECT_EQ(std::memcmp(&table.train_loss[5], &old.train_loss[5], sizeof(double)), 0);
}

TEST(Results, NoiseOfEveryKind) {
  ResultsTable table = example_table();
  table.sigma2 = {Noise::of_layers({5, 2, 0.3, 0.125}), Noise::of_rule("p2.5/0.001@last")};
  expect_same_tables(round_trip(table), table);
}

}  // namespace
}  // namespace infoplane::test
