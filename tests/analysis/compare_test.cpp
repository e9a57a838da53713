#include "analysis/compare.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "analysis/select.hpp"
#include "analysis/small_run.hpp"
#include "core/errors.hpp"
#include "core/text.hpp"
#include "store/other_process.hpp"

namespace infoplane::test {
namespace {

/// Four trials: two done, one failed, one pending. Values by which every column sorts another way.
ResultsTable four_trials() {
  RunLayout layout;
  layout.axes = {"training.learning_rate", "model.activation"};
  layout.row_sets = {{{0, 1, 2, 3}, {0, 1, 0, 1}}};
  const std::vector<LayerLayout> layers{{"layer1", 3}, {"output", 2}};
  layout.trials = {{"dddd", {0, 10}, layers, 0, 8, 9, {1e-2, std::string("tanh")}},
                   {"bbbb", {0, 10}, layers, 0, 8, 9, {1e-1, std::string("relu")}},
                   {"cccc", {0, 10}, layers, 0, 8, 9, {1e-3, std::string("tanh, steep")}},
                   {"aaaa", {0, 10}, layers, 0, 8, 9, {1e-4, std::string("sigmoid")}}};
  ResultsTable table = empty_results(layout, {1.0}, {1e-3}, {Bound::kl, Bound::bd}, {});
  table.state = {2, 2, 3, 0};
  table.attempts = {1, 1, 2, 0};
  table.seconds = {1, 1, 1, nan};
  table.failure = {"", "", "the loss is \"inf\",\nafter epoch 5", ""};
  // [trial][epoch]; the failed trial reached epoch 0
  table.train_loss = {0.7, 0.5, 0.7, 0.6, 0.7, nan, nan, nan};
  table.train_accuracy = {0.5, 0.8, 0.5, 0.9, 0.5, nan, nan, nan};
  table.test_loss = table.train_loss;
  table.test_accuracy = {0.5, 0.75, 0.5, 0.7, 0.5, nan, nan, nan};
  table.validation_loss = table.validation_accuracy = std::vector<double>(8, nan);
  table.i_xt.assign(table.at_estimate(4, 0, 0, 0, 0), nan);
  table.i_ty = table.i_xt;
  table.sigma2_used.assign(table.at_noise(4, 0, 0, 0), nan);
  const auto put = [&](std::size_t trial, std::size_t epoch, double xt, double ty) {
    for (std::size_t l = 0; l < 2; ++l) {
      table.sigma2_used[table.at_noise(trial, epoch, l, 0)] = 1e-3;
      for (std::size_t b = 0; b < 2; ++b) {
        const std::size_t at = table.at_estimate(trial, epoch, l, 0, b);
        table.i_xt[at] = xt + static_cast<double>(l) - 0.25 * static_cast<double>(b);
        table.i_ty[at] = ty + static_cast<double>(l) - 0.25 * static_cast<double>(b);
      }
    }
  };
  put(0, 0, 0.125, 0.25);
  put(0, 1, 0.5, 0.625);
  put(1, 0, 0.125, 0.25);
  put(1, 1, 0.75, 0.375);
  return table;
}

std::vector<std::string> order(const Comparison& comparison) {
  std::vector<std::string> trials;
  for (const ComparisonRow& row : comparison.rows) trials.push_back(row.trial);
  return trials;
}

std::vector<std::string> order_by(const std::string& column) {
  return order(compare_runs({{"runs/a", four_trials()}}, {}, column));
}

using Words = std::vector<std::string>;

TEST(CompareRuns, NumbersAreOfTheLastHiddenLayerAtTheLastEpoch) {
  const Comparison comparison = compare_runs({{"runs/a", four_trials()}}, {}, "trial");
  ASSERT_EQ(comparison.rows.size(), 4u);
  const ComparisonRow& row = comparison.rows[1];  // bbbb
  EXPECT_EQ(row.run, "runs/a");
  EXPECT_EQ(row.state, TrialState::done);
  EXPECT_EQ(row.epoch, 10);
  EXPECT_EQ(row.layer, "layer1");
  EXPECT_EQ(row.train_accuracy, 0.9);
  EXPECT_EQ(row.test_accuracy, 0.7);
  EXPECT_EQ(row.i_xt, 0.75);
  EXPECT_EQ(row.i_ty, 0.375);
  EXPECT_EQ(std::get<double>(*row.varied[0]), 1e-1);
  EXPECT_EQ(std::get<std::string>(*row.varied[1]), "relu");
  EXPECT_EQ(comparison.sigma2, std::vector<Noise>{1e-3});
  EXPECT_EQ(comparison.bound, "kl");
}

TEST(CompareRuns, TheOtherBound) {
  const Comparison comparison = compare_runs({{"runs/a", four_trials()}}, {1e-3, "bd"}, "trial");
  EXPECT_EQ(comparison.rows[1].i_xt, 0.5);
  EXPECT_EQ(comparison.rows[1].i_ty, 0.125);
  EXPECT_THROW(compare_runs({{"runs/a", four_trials()}}, {0.5, "kl"}, "trial"), UsageError);
  EXPECT_THROW(compare_runs({{"runs/a", four_trials()}}, {1e-3, "up"}, "trial"), UsageError);
}

// dddd: test .75, train .8, I(X;T) .5, I(T;Y) .625; bbbb: .7, .9, .75, .375; the rest has no
// numbers.
TEST(CompareRuns, SortsByEveryColumn) {
  EXPECT_EQ(order_by("test_accuracy"), (Words{"dddd", "bbbb", "cccc", "aaaa"}));
  EXPECT_EQ(order_by("train_accuracy"), (Words{"bbbb", "dddd", "cccc", "aaaa"}));
  EXPECT_EQ(order_by("I_XT"), (Words{"bbbb", "dddd", "cccc", "aaaa"}));
  EXPECT_EQ(order_by("I_TY"), (Words{"dddd", "bbbb", "cccc", "aaaa"}));
  EXPECT_EQ(order_by("trial"), (Words{"aaaa", "bbbb", "cccc", "dddd"}));
  EXPECT_EQ(order_by("training.learning_rate"), (Words{"aaaa", "cccc", "dddd", "bbbb"}));
  EXPECT_EQ(order_by("model.activation"), (Words{"bbbb", "aaaa", "dddd", "cccc"}));
  EXPECT_EQ(order_by("learning_rate"), order_by("training.learning_rate"));
}

TEST(CompareRuns, TrialsOfARunThatDoesNotVaryWhatIsSortedByComeLast) {
  ResultsTable other = four_trials();
  other.axes[0] = "training.batch";
  const Comparison comparison =
      compare_runs({{"runs/b", other}, {"runs/a", four_trials()}}, {}, "learning_rate");
  ASSERT_EQ(comparison.rows.size(), 8u);
  for (std::size_t row = 0; row < 8; ++row)
    EXPECT_EQ(comparison.rows[row].run, row < 4 ? "runs/a" : "runs/b") << row;
}

TEST(CompareRuns, AnUnknownColumnIsAnsweredWithAll) {
  EXPECT_EQ(message_of([] { order_by("accuracy"); }),
            "2: cannot sort by \"accuracy\" (columns: test_accuracy, validation_accuracy, "
            "train_accuracy, I_XT, I_TY, trial, "
            "training.learning_rate, model.activation)");
}

TEST(CompareRuns, TrialsThatAreNotDoneHaveNoNumbers) {
  const Comparison comparison = compare_runs({{"runs/a", four_trials()}}, {}, "trial");
  for (const std::size_t at : {0U, 2U}) {
    const ComparisonRow& row = comparison.rows[at];
    EXPECT_TRUE(std::isnan(row.train_accuracy) && std::isnan(row.test_accuracy)) << row.trial;
    EXPECT_TRUE(std::isnan(row.i_xt) && std::isnan(row.i_ty)) << row.trial;
    EXPECT_EQ(row.epoch, -1);
    EXPECT_EQ(row.layer, "");
  }
  EXPECT_EQ(comparison.rows[0].state, TrialState::pending);
  EXPECT_EQ(comparison.rows[2].state, TrialState::failed);
  EXPECT_EQ(comparison.rows[2].failure, "the loss is \"inf\",\nafter epoch 5");
}

TEST(CompareRuns, OnlyTheTrialsAskedFor) {
  const Comparison comparison = compare_runs({{"runs/a", four_trials()}, {"runs/b", small_table()}},
                                             {}, "trial", {"learning_rate=1e-3"});
  EXPECT_EQ(order(comparison), (Words{"aaaa11112222", "cccc"}));
  EXPECT_THROW(compare_runs({{"runs/a", four_trials()}}, {}, "trial", {"learning_rate=7"}),
               UsageError);
}

// small_table varies learning_rate (.001, .01) and seed.
TEST(CompareRuns, RunsWithoutSuchATrialAreLeftOutWithAReason) {
  const std::vector<NamedRun> runs{{"runs/a", four_trials()}, {"runs/b", small_table()}};
  const Comparison other_key = compare_runs(runs, {}, "trial", {"seed=2"});
  EXPECT_EQ(order(other_key), Words{"aabb33334444"});
  EXPECT_EQ(remarks(other_key), Words{"runs/a: left out, training.seed is not varied there"});
  const Comparison other_value = compare_runs(runs, {}, "trial", {"learning_rate=0.1"});
  EXPECT_EQ(order(other_value), Words{"bbbb"});
  EXPECT_EQ(remarks(other_value),
            Words{"runs/b: left out, no trial has training.learning_rate = 0.1 (there are: 0.001, "
                  "0.01)"});
  EXPECT_NE(comparison_text(other_value).find("\n" + remarks(other_value)[0] + "\n\nAccuracies"),
            std::string::npos)
      << comparison_text(other_value);
  EXPECT_EQ(comparison_csv(other_value).find("left out"), std::string::npos);
  EXPECT_EQ(comparison_json(other_value).find("left out"), std::string::npos);
  EXPECT_TRUE(remarks(compare_runs(runs, {}, "trial")).empty());
}

TEST(CompareRuns, SomeRunHasToHaveSuchATrial) {
  const auto answer = [](const std::vector<std::string>& where) {
    return message_of([&] {
      compare_runs({{"runs/a", four_trials()}, {"runs/b", small_table()}}, {}, "trial", where);
    });
  };
  EXPECT_EQ(answer({"learning_rate=7"}),
            "2: no run has such a trial; runs/a: no trial has training.learning_rate = 7 (there "
            "are: 0.01, 0.1, 0.001, 0.0001); runs/b: no trial has training.learning_rate = 7 "
            "(there are: 0.001, 0.01)");
  EXPECT_EQ(answer({"activation=tanh", "seed=1"}),
            "2: no run has such a trial; runs/a: training.seed is not varied there; runs/b: "
            "model.activation is not varied there");
  EXPECT_EQ(answer({"batch=5"}),
            "2: runs/a: \"batch\" is not varied in this run (varied: training.learning_rate, "
            "model.activation)");
  EXPECT_EQ(message_of([] {
              compare_runs({{"runs/a", four_trials()}}, {}, "trial", {"learning_rate=7"});
            }),
            "2: no trial has training.learning_rate = 7 (there are: 0.01, 0.1, 0.001, 0.0001)");
}

TEST(CompareRuns, TheNoiseOfARunThatIsLeftOutDoesNotMatter) {
  ResultsTable other = small_table();
  for (Noise& noise : other.sigma2) noise.number *= 3;
  for (const EstimateChoice& choice : {EstimateChoice{}, EstimateChoice{1e-3, "kl"}}) {
    const std::string text = comparison_text(compare_runs(
        {{"runs/b", other}, {"runs/a", four_trials()}}, choice, "trial", {"activation=relu"}));
    EXPECT_NE(text.find("\nepoch 10, sigma2 = 0.001, bound kl (upper bound).\n"), std::string::npos)
        << text;
    EXPECT_EQ(text.find("do not compare"), std::string::npos) << text;
  }
}

TEST(CompareRuns, RunsWithOtherAxesShareTheirUnion) {
  ResultsTable other = small_table();  // training.learning_rate, training.seed
  other.test_accuracy[other.at_epoch(0, 1)] = 0.72;
  other.test_accuracy[other.at_epoch(1, 1)] = 0.99;
  const Comparison comparison =
      compare_runs({{"runs/a", four_trials()}, {"runs/b", other}}, {}, "test_accuracy");
  EXPECT_EQ(comparison.axes,
            (Words{"training.learning_rate", "model.activation", "training.seed"}));
  EXPECT_EQ(comparison.runs, (Words{"runs/a", "runs/b"}));
  EXPECT_EQ(comparison.sigma2, (std::vector<Noise>{1e-3, 1e-3})) << "one that both have";
  EXPECT_EQ(order(comparison),
            (Words{"aabb33334444", "dddd", "aaaa11112222", "bbbb", "cccc", "aaaa"}));
  const ComparisonRow& of_a = comparison.rows[1];
  EXPECT_EQ(of_a.run, "runs/a");
  EXPECT_TRUE(of_a.varied[0] && of_a.varied[1] && !of_a.varied[2]);
  const ComparisonRow& of_b = comparison.rows[0];
  EXPECT_EQ(of_b.run, "runs/b");
  EXPECT_TRUE(of_b.varied[0] && !of_b.varied[1] && of_b.varied[2]);
  EXPECT_EQ(of_b.layer, "layer2");
}

ResultsTable made_of(const ResultsTable& table, const std::string& sweep) {
  ResultsTable made = table;
  made.provenance.emplace_back("sweep", "# A comment.\n\n" + sweep);
  return made;
}

TEST(CompareRuns, WhatOneRunVariesIsKnownOfTheOthers) {
  const ResultsTable b =
      made_of(small_table(),
              "[model]\nhidden = [8, 4]\nactivation = \"tanh\"\n[training]\nlearning_rate = 0.5\n");
  const std::vector<NamedRun> runs{{"runs/a", four_trials()}, {"runs/b", b}};
  const Comparison comparison = compare_runs(runs, {}, "trial");
  const auto activation = find_axis(comparison.axes, "activation");
  const auto rate = find_axis(comparison.axes, "learning_rate");
  const auto seed = find_axis(comparison.axes, "seed");
  ASSERT_TRUE(activation && rate && seed);
  for (const ComparisonRow& row : comparison.rows) {
    SCOPED_TRACE(row.run + " " + row.trial);
    if (row.run == "runs/a") {
      EXPECT_FALSE(row.varied[*seed]);  // its results hold no sweep
    } else {
      EXPECT_EQ(row.varied[*activation], Setting(std::string("tanh")));
      EXPECT_NE(row.varied[*rate], Setting(0.5));  // varied there, whatever stands beside the grid
    }
  }
  // Who asks for it gets both.
  const Comparison tanh = compare_runs(runs, {}, "trial", {"activation=tanh"});
  EXPECT_EQ(tanh.left_out, (Words{"", ""}));
  const Comparison relu = compare_runs(runs, {}, "trial", {"activation=relu"});
  EXPECT_EQ(remarks(relu), Words{"runs/b: left out, all its trials have model.activation = tanh"});
}

TEST(CompareRuns, WhatDiffersBesideWhatIsVariedIsSaid) {
  const std::string sweep =
      "[sweep]\nname = \"a\"\n[training]\nbatch = 256\nlearning_rate = 0.1\n[model]\nhidden = "
      "[8, 4]\n[record]\nrows = \"all\"\n[estimate]\nsigma2 = [1]\n[grid]\n\"x.y\" = [1]\n";
  std::string other = sweep;
  for (const auto& [from, to] :
       {std::pair{"256", "64"}, std::pair{"8, 4", "5"}, std::pair{"\"a\"", "\"b\""},
        std::pair{"0.1", "0.2"}, std::pair{"[1]", "[2]"}, std::pair{"\"all\"", "2000"}})
    other.replace(other.find(from), std::string(from).size(), to);
  const std::vector<NamedRun> runs{{"a", made_of(four_trials(), sweep)},
                                   {"b", made_of(four_trials(), other)}};
  // Not the learning rate, which both vary, nor the name, the noise and the grid.
  EXPECT_EQ(compare_runs(runs, {}, "trial").differences,
            (Words{"model.hidden: 8-4, 5", "record.rows: all, 2000", "training.batch: 256, 64"}));
  EXPECT_EQ(remarks(compare_runs(runs, {}, "trial"))[1],
            "the runs differ in record.rows: all, 2000");
  EXPECT_TRUE(compare_runs({runs[0], runs[0]}, {}, "trial").differences.empty());
  EXPECT_TRUE(compare_runs({runs[0]}, {}, "trial").differences.empty());
  // What one of them has only for some trials, or does not know, is no difference between them.
  std::vector<NamedRun> tables = runs;
  tables[1] = {
      "b", made_of(four_trials(), other + "\"model\" = [{ hidden = [5] }, { hidden = [6] }]\n")};
  tables[1].table.axes = {"training.learning_rate", "model"};
  EXPECT_EQ(compare_runs(tables, {}, "trial").differences,
            (Words{"record.rows: all, 2000", "training.batch: 256, 64"}));
  tables[1].table.provenance.clear();
  EXPECT_TRUE(compare_runs(tables, {}, "trial").differences.empty());
}

TEST(CompareRuns, SettingsAreThoseOfTheGrid) {
  const auto differences = [](const std::string& a, const std::string& b) {
    const std::vector<NamedRun> runs{{"a", made_of(four_trials(), "[model]\nx = " + a + "\n")},
                                     {"b", made_of(four_trials(), "[model]\nx = " + b + "\n")}};
    return join(compare_runs(runs, {}, "trial").differences);
  };
  EXPECT_EQ(differences(R"(["conv 1 11", "relu"])", R"(["conv 11 1", "relu"])"),
            "model.x: conv 1 11; relu, conv 11 1; relu");
  EXPECT_EQ(differences(R"(["a, b", "c"])", R"(["a", "b"])"), "model.x: a, b; c, a; b");
  EXPECT_EQ(differences(R"("say \"x\" \\")", R"("x = [1, 2]")"),
            R"(model.x: say "x" \, x = [1, 2])");
  EXPECT_EQ(differences("[]", "[1, 2]"), "model.x: none, 1-2");
  EXPECT_EQ(differences("true", "false"), "model.x: true, false");
  EXPECT_EQ(differences("0.10000049", "0.1000001"), "model.x: 0.10000049, 0.1000001");
  EXPECT_EQ(differences("1e-05", "1e-05"), "");
  EXPECT_LT(differences('"' + std::string(999, 'x') + '"', "1").size(), 60u);
}

// "a/" and "a" may be typed, and a run may be compared with itself at the same time.
TEST(CompareRuns, TheSameNameTwice) {
  ResultsTable second = four_trials();
  second.sigma2 = {1e-1};
  const Comparison comparison = compare_runs({{"a", four_trials()}, {"a", second}}, {}, "trial");
  const nlohmann::json rows = nlohmann::json::parse(comparison_json(comparison));
  ASSERT_EQ(rows.size(), 8u);
  double sum = 0;
  for (const auto& row : rows) sum += row["sigma2"].get<double>();
  EXPECT_NEAR(sum, 4 * 1e-3 + 4 * 1e-1, 1e-12) << "every row has the noise of its own run";
}

TEST(ComparisonText, IsAligned) {
  EXPECT_EQ(comparison_text(compare_runs({{"runs/a", four_trials()}}, {}, "test_accuracy")),
            "       learning\n"
            "trial      rate   activation  train   test  I(X;T)  I(T;Y)    layer\n"
            "dddd       0.01         tanh  0.800  0.750   0.500   0.625   layer1\n"
            "bbbb        0.1         relu  0.900  0.700   0.750   0.375   layer1\n"
            "cccc      0.001  tanh, steep      -      -       -       -   failed\n"
            "aaaa     0.0001      sigmoid      -      -       -       -  pending\n"
            "cccc: the loss is \"inf\",\nafter epoch 5\n"
            "\n"
            "Accuracies, and bits of the last hidden layer, at the last recorded epoch;\n"
            "epoch 10, sigma2 = 0.001, bound kl (upper bound).\n");
}

TEST(ComparisonText, ALayerThatAllShareIsSaidOnce) {
  EXPECT_EQ(comparison_text(
                compare_runs({{"runs/a", four_trials()}}, {}, "trial", {"learning_rate=0.01"})),
            "       learning\n"
            "trial      rate  activation  train   test  I(X;T)  I(T;Y)\n"
            "dddd       0.01        tanh  0.800  0.750   0.500   0.625\n"
            "\n"
            "Accuracies, and bits of the last hidden layer (layer1), at the last recorded epoch;\n"
            "epoch 10, sigma2 = 0.001, bound kl (upper bound).\n");
}

TEST(ComparisonText, ShowsTheSetsThereAre) {
  ResultsTable table = four_trials();
  table.validation_accuracy = {0.5, 0.65, 0.5, 0.7, 0.5, nan, nan, nan};
  EXPECT_NE(comparison_text(compare_runs({{"a", table}}, {}, "trial")).find("train  valid   test"),
            std::string::npos);
  table.test_accuracy.assign(table.test_accuracy.size(), nan);
  const Comparison comparison = compare_runs({{"a", table}}, {}, "test_accuracy");
  EXPECT_EQ(order(comparison), (std::vector<std::string>{"bbbb", "dddd", "cccc", "aaaa"}))
      << "by validation accuracy where there are no test rows";
  EXPECT_NE(comparison_text(comparison).find("train  valid  I(X;T)"), std::string::npos);
}

TEST(ComparisonText, NoNoiseThatAllRunsHave) {
  ResultsTable other = small_table();
  for (Noise& noise : other.sigma2) noise.number *= 3;
  const std::string text =
      comparison_text(compare_runs({{"runs/a", four_trials()}, {"runs/b", other}}, {}, "trial"));
  EXPECT_NE(text.find("sigma2 = 0.001 / 0.03, bound kl (upper bound).\n"
                      "Bits of runs with other noise do not compare"),
            std::string::npos)
      << text;
  EXPECT_EQ(message_of([&] {
              compare_runs({{"runs/a", four_trials()}, {"runs/b", other}}, {1e-3, "kl"}, "trial");
            }).rfind("2: runs/b: no estimates at sigma2 = 0.001", 0),
            0u);
}

// One run has it out of a range, the other as it was typed.
TEST(ComparisonText, NoiseThatDiffersByRoundingIsShared) {
  ResultsTable first = four_trials();
  ResultsTable second = four_trials();
  first.sigma2 = {0.1 + 0.2};
  second.sigma2 = {0.3};
  for (const auto& noise : {std::optional<Noise>(), std::optional<Noise>(0.3)}) {
    const std::string text = comparison_text(
        compare_runs({{"runs/a", first}, {"runs/b", second}}, {noise, "kl"}, "trial"));
    EXPECT_NE(text.find("sigma2 = 0.30000000000000004, bound kl"), std::string::npos) << text;
    EXPECT_EQ(text.find("do not compare"), std::string::npos) << text;
  }
}

TEST(ComparisonText, SeveralRunsAreNamed) {
  const std::string text = comparison_text(compare_runs(
      {{"runs/a", four_trials()}, {"runs/b", small_table()}}, {std::nullopt, "bd"}, "trial"));
  EXPECT_EQ(text.rfind("                      learning\n"
                       "run     trial             rate   activation  seed  train   test  I(X;T)  "
                       "I(T;Y)    layer\n"
                       "runs/a  aaaa            0.0001      sigmoid     -      -      -       -    "
                       "   -  pending\n"
                       "runs/b  aaaa11112222     0.001            -     1  0.562  0.656   0.792   "
                       "0.736   layer1\n",
                       0),
            0u)
      << text;
  EXPECT_NE(text.find("sigma2 = 0.001, bound bd (lower bound on I(X;T), estimate of I(T;Y))."),
            std::string::npos)
      << text;
}

// With early stopping it may be the first one.
TEST(ComparisonText, NamesTheEpochs) {
  ResultsTable early = four_trials();
  const std::string whole = comparison_text(compare_runs({{"a", early}}, {}, "trial"));
  EXPECT_NE(whole.find("\nepoch 10, sigma2 = "), std::string::npos) << whole;
  for (const std::size_t trial : {0, 1}) {
    early.train_loss[early.at_epoch(trial, 1)] = nan;
    const std::string text = comparison_text(compare_runs({{"a", early}}, {}, "trial"));
    const std::string expected =
        trial == 0 ? "\nepochs 0 to 10, sigma2 = " : "\nepoch 0, sigma2 = ";
    EXPECT_NE(text.find(expected), std::string::npos) << text;
  }
  early.state = {0, 0, 0, 0};
  const std::string none = comparison_text(compare_runs({{"a", early}}, {}, "trial"));
  EXPECT_NE(none.find("\nsigma2 = "), std::string::npos) << none;
}

// Two axes that end in the same word keep their long names.
TEST(ComparisonText, ShortNamesStayDistinct) {
  ResultsTable table = four_trials();
  table.axes = {"data.rate", "training.rate"};
  const std::string text = comparison_text(compare_runs({{"a", table}}, {}, "trial"));
  EXPECT_NE(text.find("data.rate"), std::string::npos) << text;
  EXPECT_NE(text.find("training.rate"), std::string::npos) << text;
}

/// A reader of CSV as RFC 4180 has it.
std::vector<Words> parse_csv(const std::string& text) {
  std::vector<Words> lines{{""}};
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
        lines.back().back() += text[++i];
      } else if (c == '"') {
        quoted = false;
      } else {
        lines.back().back() += c;
      }
    } else if (c == '"') {
      quoted = true;
    } else if (c == ',') {
      lines.back().emplace_back();
    } else if (c == '\n') {
      lines.push_back({""});
    } else {
      lines.back().back() += c;
    }
  }
  lines.pop_back();
  return lines;
}

TEST(ComparisonCsv, QuotesAndLeavesOutWhatIsNotThere) {
  const Comparison comparison =
      compare_runs({{"runs/a, \"b\"", four_trials()}}, {}, "test_accuracy");
  const std::string text = comparison_csv(comparison);
  const std::vector<Words> lines = parse_csv(text);
  ASSERT_EQ(lines.size(), 5u) << text;
  EXPECT_EQ(lines[0],
            (Words{"run", "trial", "state", "training.learning_rate", "model.activation", "epoch",
                   "train_accuracy", "validation_accuracy", "test_accuracy", "layer", "sigma2",
                   "sigma2_used", "bound", "I_XT_bits", "I_TY_bits", "failure"}));
  EXPECT_EQ(lines[1], (Words{"runs/a, \"b\"", "dddd", "done", "0.01", "tanh", "10", "0.8", "",
                             "0.75", "layer1", "0.001", "0.001", "kl", "0.5", "0.625", ""}));
  EXPECT_EQ(lines[3],
            (Words{"runs/a, \"b\"", "cccc", "failed", "0.001", "tanh, steep", "", "", "", "", "",
                   "0.001", "", "kl", "", "", "the loss is \"inf\",\nafter epoch 5"}));
  EXPECT_EQ(lines[4], (Words{"runs/a, \"b\"", "aaaa", "pending", "0.0001", "sigmoid", "", "", "",
                             "", "", "0.001", "", "kl", "", "", ""}));
}

TEST(ComparisonCsv, NumbersReadBackExactly) {
  ResultsTable table = four_trials();
  const std::size_t at = table.at_estimate(0, 1, 0, 0, 0);
  table.i_xt[at] = 0.1 + 0.2;
  table.i_ty[at] = 1e-17;
  const std::vector<Words> lines =
      parse_csv(comparison_csv(compare_runs({{"a", table}}, {}, "test_accuracy")));
  EXPECT_EQ(std::stod(lines.at(1).at(13)), 0.1 + 0.2);
  EXPECT_EQ(std::stod(lines.at(1).at(14)), 1e-17);
}

TEST(ComparisonCsv, ACarriageReturnIsQuoted) {
  ResultsTable table = four_trials();
  table.failure[2] = "bad\rline";
  EXPECT_NE(comparison_csv(compare_runs({{"a", table}}, {}, "trial")).find("\"bad\rline\""),
            std::string::npos);
}

TEST(ComparisonJson, ParsesAndHasNullForNaN) {
  const std::string text = comparison_json(
      compare_runs({{"runs/a", four_trials()}, {"runs/b", small_table()}}, {}, "trial"));
  const nlohmann::json rows = nlohmann::json::parse(text);
  ASSERT_EQ(rows.size(), 6u);
  EXPECT_EQ(text.find("nan"), std::string::npos) << "no JSON";
  const auto row = [&](const std::string& trial) {
    for (const auto& entry : rows) {
      if (entry["trial"] == trial) return entry;
    }
    return nlohmann::json();
  };
  const nlohmann::json expected_done{
      {"run", "runs/a"},
      {"trial", "dddd"},
      {"state", "done"},
      {"settings", {{"training.learning_rate", 1e-2}, {"model.activation", "tanh"}}},
      {"epoch", 10},
      {"train_accuracy", 0.8},
      {"validation_accuracy", nullptr},
      {"test_accuracy", 0.75},
      {"layer", "layer1"},
      {"sigma2", 1e-3},
      {"sigma2_used", 1e-3},
      {"bound", "kl"},
      {"I_XT_bits", 0.5},
      {"I_TY_bits", 0.625},
      {"failure", ""}};
  EXPECT_EQ(row("dddd"), expected_done);
  const nlohmann::json expected_failed{
      {"run", "runs/a"},
      {"trial", "cccc"},
      {"state", "failed"},
      {"settings", {{"training.learning_rate", 1e-3}, {"model.activation", "tanh, steep"}}},
      {"epoch", nullptr},
      {"train_accuracy", nullptr},
      {"validation_accuracy", nullptr},
      {"test_accuracy", nullptr},
      {"layer", ""},
      {"sigma2", 1e-3},
      {"sigma2_used", nullptr},
      {"bound", "kl"},
      {"I_XT_bits", nullptr},
      {"I_TY_bits", nullptr},
      {"failure", "the loss is \"inf\",\nafter epoch 5"}};
  EXPECT_EQ(row("cccc"), expected_failed);
  EXPECT_EQ(row("aabb33334444")["settings"],
            (nlohmann::json{{"training.learning_rate", 1e-2}, {"training.seed", 2}}))
      << "only what this run varies";
  EXPECT_TRUE(row("aabb33334444")["settings"]["training.seed"].is_number_integer());
}

/// four_trials, estimated by another rule than a number.
ResultsTable with_noise(const Noise& noise, double used_first, double used_second) {
  ResultsTable table = four_trials();
  table.sigma2 = {noise};
  for (std::size_t l = 0; l < 2; ++l) {
    table.sigma2_used[table.at_noise(0, 1, l, 0)] = used_first + static_cast<double>(l);
    table.sigma2_used[table.at_noise(1, 1, l, 0)] = used_second + static_cast<double>(l);
  }
  return table;
}

TEST(CompareRuns, ARuleAndWhatItCameTo) {
  const Noise rule = Noise::of_rule("p90/1000@last");
  const Comparison comparison =
      compare_runs({{"a", with_noise(rule, 0.25, 0.5)}}, {rule, "kl"}, "trial");
  EXPECT_EQ(comparison.sigma2, std::vector<Noise>{rule});
  EXPECT_EQ(comparison.rows[1].sigma2_used, 0.5) << "of the last hidden layer";
  EXPECT_TRUE(std::isnan(comparison.rows[0].sigma2_used));
  const std::string text = comparison_text(comparison);
  const std::string end =
      "sigma2 = p90/1000@last, bound kl (upper bound).\n"
      "That came to variances from 0.25 to 0.5.\n";
  EXPECT_EQ(text.substr(text.size() - std::min(text.size(), end.size())), end);
  const nlohmann::json rows = nlohmann::json::parse(comparison_json(comparison));
  EXPECT_EQ(rows[1]["sigma2"], "p90/1000@last");
  EXPECT_EQ(rows[1]["sigma2_used"], 0.5);
}

TEST(CompareRuns, AListAndWhatItCameTo) {
  const Noise list = Noise::of_layers({0.25, 1.25});
  const Comparison comparison = compare_runs({{"a", with_noise(list, 0.25, 0.25)}}, {}, "trial");
  const std::string text = comparison_text(comparison);
  EXPECT_NE(text.find("sigma2 = [0.25, 1.25], bound kl (upper bound).\nThat came to a variance of "
                      "0.25.\n"),
            std::string::npos)
      << text;
  const std::vector<Words> lines = parse_csv(comparison_csv(comparison));
  EXPECT_EQ(lines[2][10], "[0.25, 1.25]");
  EXPECT_EQ(lines[2][11], "0.25");
}

// A reason cut in the middle of a character, as an old file may have it.
TEST(ComparisonJson, BytesThatAreNoTextDoNotStopIt) {
  ResultsTable table = four_trials();
  table.failure[2] = "cut \xc3";
  std::string text;
  EXPECT_EQ(message_of([&] {
              text = comparison_json(compare_runs({{"a", table}}, {}, "trial"));
            }),
            "no error");
  EXPECT_TRUE(nlohmann::json::accept(text)) << text;
}

TEST(CompareRuns, NoTrialsAtAll) {
  ResultsTable table = four_trials();
  table.trials.clear();
  table.varied.clear();
  const Comparison comparison = compare_runs({{"a", table}}, {}, "test_accuracy");
  EXPECT_TRUE(comparison.rows.empty());
  EXPECT_EQ(comparison_json(comparison), "[]\n");
  EXPECT_EQ(parse_csv(comparison_csv(comparison)).size(), 1u);
  const std::string text = comparison_text(comparison);
  EXPECT_NE(text.find("\ntrial  "), std::string::npos) << text;
}

}  // namespace
}  // namespace infoplane::test
