#include "analysis/select.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "analysis/small_run.hpp"
#include "core/errors.hpp"
#include "store/other_process.hpp"

namespace infoplane::test {
namespace {

TEST(Sigma2Index, FindsItOrTakesTheMiddle) {
  ResultsTable table = small_table();
  EXPECT_EQ(sigma2_index(table, 1e-3), 0u);
  EXPECT_EQ(sigma2_index(table, 0.1), 2u);
  EXPECT_EQ(sigma2_index(table, std::nullopt), 1u);
  table.sigma2 = {1e-3, 1e-2};
  EXPECT_EQ(sigma2_index(table, std::nullopt), 0u);
  table.sigma2 = {1e-3};
  EXPECT_EQ(sigma2_index(table, std::nullopt), 0u);
}

// Noise that was added, and the job that estimates it was killed.
TEST(Sigma2Index, TakesTheMiddleOfWhatIsThere) {
  ResultsTable table = small_table();
  for (const std::size_t s : {1, 2}) {
    for (std::size_t b = 0; b < 2; ++b) table.i_xt[table.at_estimate(0, 0, 0, s, b)] = std::nan("");
  }
  EXPECT_EQ(sigma2_index(table, std::nullopt), 0u);
}

// As it comes out of a list "log:..." and as somebody types it.
TEST(Sigma2Index, RoundingIsForgiven) {
  const ResultsTable table = small_table();
  EXPECT_EQ(sigma2_index(table, 1e-2 * (1 + 1e-12)), 1u);
  EXPECT_THROW(sigma2_index(table, 1e-2 * (1 + 1e-6)), UsageError);
}

TEST(Sigma2Index, OthersAreListed) {
  const ResultsTable table = small_table();
  EXPECT_EQ(message_of([&] { sigma2_index(table, 0.5); }),
            "2: no estimates at sigma2 = 0.5 (there are: 0.001, 0.01, 0.1); infoplane estimate RUN "
            "--sigma2 0.5 makes them");
  EXPECT_THROW(sigma2_index(table, 0.0), UsageError);
  EXPECT_THROW(sigma2_index(table, -1e-3), UsageError);
}

TEST(Sigma2Index, ListsAndRulesByTheirText) {
  ResultsTable table = small_table();
  table.sigma2 = {1e-3,
                  1e-2,
                  0.1,
                  Noise::of_layers({5, 2}),
                  Noise::of_rule("median"),
                  Noise::of_rule("median@last")};
  EXPECT_EQ(sigma2_index(table, Noise::from_text("median")), 4u);
  EXPECT_EQ(sigma2_index(table, Noise::from_text("median@last")), 5u);
  EXPECT_EQ(sigma2_index(table, Noise::from_text("[5,2.0]")), 3u);
  EXPECT_EQ(sigma2_index(table, Noise::from_text("0.01")), 1u);
  EXPECT_EQ(sigma2_index(table, std::nullopt), 1u) << "the middle of the numbers";
  EXPECT_EQ(message_of([&] { sigma2_index(table, Noise::from_text("meidan")); }),
            "2: no estimates at sigma2 = meidan (did you mean median? there are: 0.001, 0.01, 0.1, "
            "[5, 2], median, median@last)");
  table.sigma2 = {Noise::of_rule("median"), Noise::of_rule("scale:1"), Noise::of_rule("scale:2")};
  EXPECT_EQ(sigma2_index(table, std::nullopt), 1u);
}

// One number for each layer, in every trial: estimate refuses all others.
TEST(Sigma2Index, AListThatCannotBeEstimatedIsNotOffered) {
  ResultsTable table = small_table();  // trials of two and of three layers
  const std::string there = " (there are: 0.001, 0.01, 0.1)";
  for (const char* list : {"[5, 1]", "[5, 2, 1]"}) {
    EXPECT_EQ(message_of([&] { sigma2_index(table, Noise::from_text(list)); }),
              std::string("2: no estimates at sigma2 = ") + list + there);
  }
  table.layer_position = {0, -1, 1, 0, -1, 1};
  EXPECT_EQ(message_of([&] { sigma2_index(table, Noise::from_text("[5, 1]")); }),
            "2: no estimates at sigma2 = [5, 1]" + there +
                "; infoplane estimate RUN --sigma2 '[5, 1]' makes them");
  EXPECT_EQ(message_of([&] { sigma2_index(table, Noise::from_text("[5, 2, 1]")); }),
            "2: no estimates at sigma2 = [5, 2, 1]" + there);
}

TEST(BoundIndex, FindsOrLists) {
  ResultsTable table = small_table();
  EXPECT_EQ(bound_index(table, "kl"), 0u);
  EXPECT_EQ(bound_index(table, "bd"), 1u);
  EXPECT_EQ(message_of([&] { bound_index(table, "lower"); }),
            "2: no bound \"lower\" in this run (there are: kl, bd)");
  table.bounds = {"bd"};
  EXPECT_EQ(message_of([&] { bound_index(table, "kl"); }),
            "2: no bound \"kl\" in this run (there are: bd)");
}

TEST(SharedBound, KlWhereAllHaveIt) {
  const ResultsTable both = small_table();
  ResultsTable one = small_table();
  one.bounds = {"bd"};
  ResultsTable other = small_table();
  other.bounds = {"other", "bd"};
  EXPECT_EQ(shared_bound({&both}), "kl");
  EXPECT_EQ(shared_bound({&one}), "bd");
  EXPECT_EQ(shared_bound({&both, &one}), "bd");
  EXPECT_EQ(shared_bound({&other, &one}), "bd");
  other.bounds = {"other"};
  EXPECT_EQ(shared_bound({&one, &other}), "kl") << "which is then said to be missing";
}

TEST(TrialIndex, ByTheStartOfItsId) {
  const ResultsTable table = small_table();  // aaaa11112222, aabb33334444
  EXPECT_EQ(trial_index(table, "aaaa11112222"), 0u);
  EXPECT_EQ(trial_index(table, "aab"), 1u);
  EXPECT_EQ(message_of([&] { trial_index(table, "aa"); }),
            "2: more than one trial \"aa\" in this run; infoplane compare RUN lists them");
  const std::string none = "2: no trial \"bb\" in this run; infoplane compare RUN lists them";
  EXPECT_EQ(message_of([&] { trial_index(table, "bb"); }), none) << "only the start counts";
  EXPECT_EQ(message_of([&] { trial_index(table, ""); }),
            "2: no trial \"\" in this run; infoplane compare RUN lists them");
  EXPECT_THROW(trial_index(table, "aaaa111122223"), UsageError);
}

using Places = std::vector<std::size_t>;

/// small_table with another trial: learning_rate .001, .01, .001; seed 1, 2, 3; activation.
ResultsTable three_trials() {
  ResultsTable table = small_table();
  table.trials.push_back("cccc55556666");
  table.axes.push_back("model.activation");
  table.varied = {{1e-3, std::int64_t{1}, std::string("tanh")},
                  {1e-2, std::int64_t{2}, std::string("relu")},
                  {1e-3, std::int64_t{3}, std::string("a=b")}};
  return table;
}

TEST(TrialsWhere, AllConditionsHold) {
  const ResultsTable table = three_trials();
  EXPECT_EQ(trials_where(table, {}), (Places{0, 1, 2}));
  EXPECT_EQ(trials_where(table, {"training.learning_rate=0.001"}), (Places{0, 2}));
  EXPECT_EQ(trials_where(table, {"learning_rate=0.001", "seed=3"}), (Places{2}));
  EXPECT_EQ(trials_where(table, {"activation=relu"}), (Places{1}));
  EXPECT_EQ(trials_where(table, {"activation=a=b"}), (Places{2})) << "the first = separates";
}

TEST(TrialsWhere, NumbersAreComparedAsNumbers) {
  const ResultsTable table = three_trials();
  EXPECT_EQ(trials_where(table, {"learning_rate=1e-3"}), (Places{0, 2}));
  EXPECT_EQ(trials_where(table, {"learning_rate=.01"}), (Places{1}));
  EXPECT_EQ(trials_where(table, {"seed=2.0"}), (Places{1}));
  EXPECT_THROW(trials_where(table, {"seed=2x"}), UsageError);
  EXPECT_THROW(trials_where(table, {"seed="}), UsageError);
  EXPECT_THROW(trials_where(table, {"seed=2.5"}), UsageError);
}

TEST(TrialsWhere, SaysWhatThereIs) {
  const ResultsTable table = three_trials();
  EXPECT_EQ(message_of([&] { trials_where(table, {"learning_rate=0.5"}); }),
            "2: no trial has training.learning_rate = 0.5 (there are: 0.001, 0.01)");
  EXPECT_EQ(message_of([&] {
              trials_where(table, {"learning_rate=0.001", "seed=2"});
            }),
            "2: no trial has training.seed = 2 (there are: 1, 3)")
      << "among those that the first condition leaves";
  EXPECT_EQ(message_of([&] { trials_where(table, {"batch=512"}); }),
            "2: \"batch\" is not varied in this run (varied: training.learning_rate, "
            "training.seed, model.activation)");
  EXPECT_EQ(message_of([&] { trials_where(table, {"seed"}); }),
            "2: --where seed is not key=value (for example --where activation=tanh)");
}

TEST(FindAxis, ByItsEndWhereNoOtherHasIt) {
  const std::vector<std::string> axes{"training.seed", "data.seed", "seed.kind", "model.depth"};
  EXPECT_EQ(find_axis(axes, "data.seed"), 1u);
  EXPECT_EQ(find_axis(axes, "depth"), 3u);
  EXPECT_EQ(find_axis(axes, "width"), std::nullopt);
  EXPECT_EQ(message_of([&] { find_axis(axes, "seed"); }),
            "2: \"seed\" could be training.seed or data.seed");
}

TEST(LastEpochIndex, IsTheLastRecordedOne) {
  ResultsTable table = small_table();
  EXPECT_EQ(recorded_epoch_indices(table, 0), (Places{0, 1}));
  EXPECT_EQ(last_epoch_index(table, 0), 1u);
  table.train_loss[table.at_epoch(0, 1)] = nan;
  EXPECT_EQ(last_epoch_index(table, 0), 0u);
  EXPECT_EQ(recorded_epoch_indices(table, 0), (Places{0}));
  EXPECT_EQ(last_epoch_index(table, 1), 1u) << "of another trial";
  table.train_loss[table.at_epoch(0, 0)] = nan;
  EXPECT_EQ(last_epoch_index(table, 0), std::nullopt);
}

TEST(LastHiddenLayerIndex, IsTheOneBeforeTheOutput) {
  const ResultsTable table = small_table();  // axis: layer1, layer2, output
  EXPECT_EQ(table.layers[last_hidden_layer_index(table, 0)], "layer1")
      << "this trial has no layer2";
  EXPECT_EQ(table.layers[last_hidden_layer_index(table, 1)], "layer2");
}

TEST(LastHiddenLayerIndex, WithoutHiddenLayersTheOutput) {
  ResultsTable table = small_table();
  table.layer_position = {-1, -1, 0, 0, 1, 2};
  EXPECT_EQ(table.layers[last_hidden_layer_index(table, 0)], "output");
}

TEST(LastHiddenLayerIndex, NeedsALayer) {
  ResultsTable table = small_table();
  table.layer_position = {-1, -1, -1, 0, 1, 2};
  EXPECT_EQ(message_of([&] { last_hidden_layer_index(table, 0); }),
            "4: trial aaaa11112222 has no layers");
}

}  // namespace
}  // namespace infoplane::test
