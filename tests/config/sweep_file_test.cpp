#include "config/sweep_file.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

namespace infoplane::config::test {
namespace {

using Whole = std::vector<std::int64_t>;
using Reals = std::vector<double>;
using Noises = std::vector<Noise>;

SweepFile parse(const std::string& text, const std::vector<std::string>& overrides = {}) {
  return SweepFile::parse(text, "sweeps/a.toml", overrides);
}

TrialSettings first_trial(const SweepFile& sweep) {
  return sweep.trial(std::vector<std::size_t>(sweep.axes().size(), 0));
}

std::size_t trials_of(const SweepFile& sweep) {
  std::size_t count = 1;
  for (const GridAxis& axis : sweep.axes()) count *= axis.values.size();
  return count;
}

const std::string every_key = R"(
[sweep]
name = "szt-sampling_2.1"
seed = 7

[data]
set = "szt"
train_fraction = 0.5
sampling_rate = 0.25
label_gamma = 30.5

[model]
kind = "fcn"
hidden = [20, 4]
activation = "relu"
initialization = "he-normal"
dropout = 0.2

[training]
optimizer = "sgd"
learning_rate = 0.01
momentum = 0.9
weight_decay = 1e-4
batch = 64
epochs = 300
seed = 3

[record]
epochs = [0, 1, 10, 300]
rows = "test"

[estimate]
estimators = ["pairwise"]
bounds = ["bd"]
device = "cuda"
sigma2 = [0.5, 0.25]
)";

TEST(SweepFile, EmptyFileIsAllDefaults) {
  for (const char* text :
       {"", "\n# nothing\n",
        "[sweep]\n[data]\n[model]\n[training]\n[record]\n[estimate]\n[grid]\n"}) {
    const SweepFile sweep = parse(text);
    EXPECT_EQ(sweep.name(), "a") << "the file's name without .toml";
    EXPECT_EQ(sweep.seed(), 1);
    EXPECT_TRUE(sweep.axes().empty());
    EXPECT_EQ(canonical_text(first_trial(sweep)), canonical_text(TrialSettings{}));
    EXPECT_EQ(sweep.record().epochs.text(), "log:50");
    EXPECT_EQ(sweep.record().rows.set, RowSet::all);
    EXPECT_EQ(sweep.estimate().estimators, std::vector<Estimator>{Estimator::pairwise});
    EXPECT_EQ(sweep.estimate().bounds, (std::vector<Bound>{Bound::kl, Bound::bd}));
    EXPECT_EQ(sweep.estimate().sigma2, (Noises{1e-3, 1e-2, 1e-1}));
    EXPECT_EQ(sweep.estimate().device, DeviceChoice::automatic);
  }
}

TEST(SweepFile, EveryKey) {
  const SweepFile sweep = parse(every_key);
  EXPECT_EQ(sweep.name(), "szt-sampling_2.1");
  EXPECT_EQ(sweep.seed(), 7);
  const TrialSettings trial = first_trial(sweep);
  EXPECT_EQ(trial.data.set, DataSet::szt);
  EXPECT_EQ(trial.data.train_fraction, 0.5);
  EXPECT_EQ(trial.data.sampling_rate, 0.25);
  EXPECT_EQ(trial.data.label_gamma, 30.5);
  EXPECT_EQ(trial.model.kind, "fcn");
  EXPECT_EQ(trial.model.hidden, (Whole{20, 4}));
  EXPECT_EQ(trial.model.activation, Activation::relu);
  EXPECT_EQ(trial.model.initialization, Initialization::he_normal);
  EXPECT_EQ(trial.model.dropout, 0.2);
  EXPECT_EQ(trial.training.optimizer, Optimizer::sgd);
  EXPECT_EQ(trial.training.learning_rate, 0.01);
  EXPECT_EQ(trial.training.momentum, 0.9);
  EXPECT_EQ(trial.training.weight_decay, 1e-4);
  EXPECT_EQ(trial.training.batch, 64);
  EXPECT_EQ(trial.training.epochs, 300);
  EXPECT_EQ(trial.training.seed, 3);
  EXPECT_TRUE(sweep.record().epochs.is_list());
  EXPECT_EQ(sweep.record().epochs.list(), (Whole{0, 1, 10, 300}));
  EXPECT_EQ(sweep.record().rows.set, RowSet::test);
  EXPECT_EQ(sweep.estimate().bounds, std::vector<Bound>{Bound::bd});
  EXPECT_EQ(sweep.estimate().device, DeviceChoice::cuda);
  EXPECT_EQ(sweep.estimate().sigma2, (Noises{0.25, 0.5}))
      << "increasing, whatever the order in the file";
}

TEST(SweepFile, NumbersAsPeopleWriteThem) {
  const SweepFile sweep = parse(
      "[data]\ntrain_fraction = 1\n[training]\nepochs = 1e3\nbatch = 64.0\nlearning_rate = 1\n"
      "[model]\nhidden = [1e1, 5]\n[record]\nepochs = [0, 1e2]\nrows = 1e2\n[estimate]\nsigma2 = "
      "[1, 2]\n");
  const TrialSettings trial = first_trial(sweep);
  EXPECT_EQ(trial.data.train_fraction, 1.0);
  EXPECT_EQ(trial.training.epochs, 1000);
  EXPECT_EQ(trial.training.batch, 64);
  EXPECT_EQ(trial.training.learning_rate, 1.0);
  EXPECT_EQ(trial.model.hidden, (Whole{10, 5}));
  EXPECT_EQ(sweep.record().epochs.list(), (Whole{0, 100}));
  EXPECT_EQ(sweep.record().rows.count, 100);
  EXPECT_EQ(sweep.estimate().sigma2, (Noises{1, 2}));
}

TEST(SweepFile, EndsOfTheRangesAreAllowed) {
  const TrialSettings trial = first_trial(parse(
      "[sweep]\nseed = 9223372036854775807\n[data]\nsampling_rate = 1\nlabel_gamma = 0\n"
      "[model]\nhidden = [1, 1000000]\ndropout = 0\n[training]\nbatch = 1\nepochs = 0\nseed = 0\n"
      "weight_decay = 0\nlearning_rate = 1e-300\n[record]\nrows = 2\n"));
  EXPECT_EQ(trial.model.hidden, (Whole{1, 1000000}));
  EXPECT_EQ(trial.training.epochs, 0);
  EXPECT_EQ(
      first_trial(parse("[training]\nepochs = 100000000\nbatch = 100000000\n")).training.batch,
      100000000);
}

TEST(SweepFile, RecordedRows) {
  EXPECT_EQ(parse("[record]\nrows = \"all\"").record().rows.set, RowSet::all);
  EXPECT_EQ(parse("[record]\nrows = \"train\"").record().rows.set, RowSet::train);
  const RecordRows rows = parse("[record]\nrows = 500").record().rows;
  EXPECT_EQ(rows.set, RowSet::number);
  EXPECT_EQ(rows.count, 500);
}

TEST(SweepFile, RecordedGradients) {
  const auto gradients = [](const std::string& value) {
    return parse("[record]\ngradients = " + value).record().gradients;
  };
  EXPECT_EQ(parse("").record().gradients, GradientRecording::batches);
  EXPECT_EQ(gradients("true"), GradientRecording::batches);
  EXPECT_EQ(gradients("false"), GradientRecording::none);
  EXPECT_EQ(gradients("\"examples\""), GradientRecording::examples);
}

TEST(SweepFile, Sigma2) {
  const auto sigma2 = [](const std::string& text) {
    return parse("[estimate]\nsigma2 = " + text).estimate().sigma2;
  };
  EXPECT_EQ(sigma2("0.5"), Noises{0.5});
  EXPECT_EQ(sigma2("[3, 1, 2.5]"), (Noises{1, 2.5, 3}));
  EXPECT_EQ(sigma2("\"log:0.5:2:2\""), (Noises{0.5, 2}));
  // Decades come out as the numbers a person would write.
  EXPECT_EQ(sigma2("\"log:1e-4:1e1:6\""), (Noises{1e-4, 1e-3, 1e-2, 1e-1, 1, 10}));
  EXPECT_EQ(sigma2("[\"log:1e-2:1:3\", 0.5, 20]"), (Noises{1e-2, 0.1, 0.5, 1, 20}));
}

TEST(SweepFile, Sigma2OfEveryKindInTheOrderOfTheAxis) {
  const auto noise = [](const std::string& text) {
    return parse("[estimate]\nsigma2 = " + text).estimate().sigma2;
  };
  EXPECT_EQ(noise("\"lin:0.5:2:4\""), (Noises{0.5, 1, 1.5, 2}));
  // As one types them, to find them again; from + step * i would be 0.30000000000000004.
  EXPECT_EQ(noise("\"lin:0.1:0.4:4\""), (Noises{0.1, 0.2, 0.3, 0.4}));
  // What is no short number stays what it is, and numbers next to each other stay apart.
  EXPECT_EQ(noise("\"log:1e-3:1e-2:3\""), (Noises{1e-3, std::pow(10.0, -2.5), 1e-2}));
  EXPECT_EQ(noise("\"lin:1:1.00000000000001:5\"").size(), 5u);
  EXPECT_EQ(noise("\"x2:0.001:0.01\""), (Noises{0.001, 0.002, 0.004, 0.008}));
  EXPECT_EQ(noise("\"x2:0.001:1.024\"").size(), 11u) << "the end is one of them";
  EXPECT_EQ(noise("\"x2:1:1.7976931348623157e308\"").size(), 1024u) << "and there is one";
  EXPECT_EQ(noise("\"p90/1e3\""), Noises{Noise::of_rule("p90/1000")});
  EXPECT_EQ(noise("[[5, 2, 0.3, 0.125]]"), Noises{Noise::of_layers({5, 2, 0.3, 0.125})});
  EXPECT_EQ(noise("[\"scale:0.1\", \"p90/1000@last\", [3, 1], 7, \"p90/1000\", [2, 9], "
                  "\"log:1:100:3\", \"median\"]"),
            (Noises{1, 7, 10, 100, Noise::of_layers({2, 9}), Noise::of_layers({3, 1}),
                    Noise::of_rule("median"), Noise::of_rule("p90/1000"),
                    Noise::of_rule("p90/1000@last"), Noise::of_rule("scale:0.1")}));
}

// What only the plan can refuse is answered with the place of the entry, not of the list.
TEST(SweepFile, WhereAnEntryOfSigma2Stands) {
  const SweepFile sweep =
      parse("[estimate]\nsigma2 = [\n  \"nonsense:1\",\n  \"x2:1:4\", [3, 1],\n  0.5,\n]\n");
  EXPECT_EQ(sweep.where(Noise::of_rule("nonsense:1")).text(), "sweeps/a.toml:3:3");
  EXPECT_EQ(sweep.where(Noise(2)).text(), "sweeps/a.toml:4:3");
  EXPECT_EQ(sweep.where(Noise::of_layers({3, 1})).text(), "sweeps/a.toml:4:13");
  EXPECT_EQ(sweep.where(Noise(0.5)).text(), "sweeps/a.toml:5:3");
  EXPECT_EQ(parse("").where(Noise(0.1)).text(), "sweeps/a.toml");
}

TEST(SweepFile, LogRangeIsEvenInTheLogarithm) {
  for (const char* range :
       {"log:1e-4:1e1:12", "log:0.3:0.7:50", "log:1e-300:1e300:7", "log:5e-324:1e308:4"}) {
    SCOPED_TRACE(range);
    const Noises noise =
        parse("[estimate]\nsigma2 = \"" + std::string(range) + "\"").estimate().sigma2;
    Reals sigma2;
    for (const Noise& entry : noise) sigma2.push_back(entry.number);
    const double step = (std::log(sigma2.back()) - std::log(sigma2.front())) /
                        static_cast<double>(sigma2.size() - 1);
    for (std::size_t i = 1; i < sigma2.size(); ++i) {
      ASSERT_TRUE(std::isfinite(sigma2[i]));
      // Logarithms up to 745 carry 1e-13 of rounding.
      EXPECT_NEAR(std::log(sigma2[i]) - std::log(sigma2[i - 1]), step, 1e-11);
    }
  }
  EXPECT_EQ(parse("[estimate]\nsigma2 = \"log:1e-4:1e1:12\"").estimate().sigma2.size(), 12u);
}

TEST(SweepFile, GridIsAProductInTheOrderOfTheFile) {
  const SweepFile sweep = parse(
      "[grid]\n\"training.learning_rate\" = [0.1, 1]\n\"data.sampling_rate\" = [0.5]\n"
      "\"model.hidden\" = [[10, 7], [5]]\n\"model.activation\" = [\"relu\", \"tanh\", "
      "\"sigmoid\"]\n");
  ASSERT_EQ(sweep.axes().size(), 4u);
  EXPECT_EQ(sweep.axes()[0].key, "training.learning_rate");
  EXPECT_EQ(sweep.axes()[1].key, "data.sampling_rate");
  EXPECT_EQ(sweep.axes()[2].key, "model.hidden");
  EXPECT_EQ(sweep.axes()[3].key, "model.activation");
  const TrialSettings trial = sweep.trial({1, 0, 1, 2});
  EXPECT_EQ(trial.training.learning_rate, 1);
  EXPECT_EQ(trial.data.sampling_rate, 0.5);
  EXPECT_EQ(trial.model.hidden, Whole{5});
  EXPECT_EQ(trial.model.activation, Activation::sigmoid);
}

TEST(SweepFile, GridKeysInAnySpelling) {
  const std::string spellings[] = {
      "[grid]\n\"training.epochs\" = [5, 6]\n\"training.batch\" = [1, 2]\n",
      "[grid]\ntraining.epochs = [5, 6]\ntraining.batch = [1, 2]\n",
      "[grid.training]\nepochs = [5, 6]\nbatch = [1, 2]\n",
      "[grid]\ntraining = { epochs = [5, 6], batch = [1, 2] }\n",
      "grid.training.epochs = [5, 6]\ngrid.training.batch = [1, 2]\n",
  };
  for (const std::string& text : spellings) {
    SCOPED_TRACE(text);
    const SweepFile sweep = parse(text);
    ASSERT_EQ(sweep.axes().size(), 2u);
    EXPECT_EQ(sweep.axes()[0].key, "training.epochs");
    EXPECT_EQ(sweep.axes()[1].key, "training.batch");
    EXPECT_EQ(sweep.trial({1, 0}).training.epochs, 6);
    EXPECT_EQ(sweep.trial({0, 1}).training.batch, 2);
    EXPECT_EQ(sweep.resolved(), parse(spellings[0]).resolved());
  }
}

TEST(SweepFile, GridRanges) {
  const auto values = [](const std::string& range) {
    const SweepFile sweep = parse("[grid]\n\"training.seed\" = " + range);
    Whole seeds;
    for (std::size_t i = 0; i < sweep.axes()[0].values.size(); ++i)
      seeds.push_back(sweep.trial({i}).training.seed);
    return seeds;
  };
  EXPECT_EQ(values("{ from = 1, to = 5 }"), (Whole{1, 2, 3, 4, 5}));
  EXPECT_EQ(values("{ from = 1, to = 6, step = 2 }"), (Whole{1, 3, 5}));
  EXPECT_EQ(values("{ to = 4, step = 4, from = 0 }"), (Whole{0, 4}));
  EXPECT_EQ(values("{ from = 3, to = 3 }"), Whole{3});
  EXPECT_EQ(values("{ from = 1e1, to = 12 }"), (Whole{10, 11, 12}));
  // The ends of the integers, where adding the step once more would overflow.
  constexpr std::int64_t last = 9223372036854775807;
  EXPECT_EQ(values("{ from = 9223372036854775806, to = 9223372036854775807 }"),
            (Whole{last - 1, last}));
  EXPECT_EQ(values("{ from = 1, to = 9223372036854775807, step = 9223372036854775806 }"),
            (Whole{1, last}));
  EXPECT_EQ(values("{ from = 1, to = 100000 }").size(), 100000u);
}

TEST(SweepFile, RangeOfFractionsOfAKeyThatTakesThem) {
  const SweepFile sweep = parse("[grid]\n\"training.learning_rate\" = { from = 1, to = 3 }\n");
  EXPECT_EQ(sweep.trial({2}).training.learning_rate, 3.0);
}

TEST(SweepFile, GridValueReplacesTheOneOfItsSection) {
  const SweepFile sweep =
      parse("[training]\nepochs = 10\n[grid]\n\"training.epochs\" = [20, 30]\n");
  EXPECT_EQ(sweep.trial({0}).training.epochs, 20);
  EXPECT_EQ(sweep.trial({1}).training.epochs, 30);
}

TEST(Overrides, ReplaceOrAdd) {
  const SweepFile sweep =
      parse("[training]\nepochs = 5\n",
            {"training.epochs=7", "training.batch = 64", "model.activation=relu",
             "model.hidden=[4, 3]", "sweep.name=other", "estimate.sigma2=log:1:100:3",
             "record.epochs=every:2", "record.rows=100"});
  const TrialSettings trial = first_trial(sweep);
  EXPECT_EQ(trial.training.epochs, 7);
  EXPECT_EQ(trial.training.batch, 64);
  EXPECT_EQ(trial.model.activation, Activation::relu);
  EXPECT_EQ(trial.model.hidden, (Whole{4, 3}));
  EXPECT_EQ(sweep.name(), "other");
  EXPECT_EQ(sweep.estimate().sigma2, (Noises{1, 10, 100}));
  EXPECT_EQ(sweep.record().epochs.text(), "every:2");
  EXPECT_EQ(sweep.record().rows.count, 100);
}

TEST(Overrides, LastOneWins) {
  EXPECT_EQ(first_trial(parse("", {"training.epochs=7", "training.epochs=8"})).training.epochs, 8);
}

TEST(Overrides, QuotesAroundTheKeyAreAllowed) {
  EXPECT_EQ(first_trial(parse("", {"\"training.epochs\"=7"})).training.epochs, 7);
  EXPECT_EQ(trials_of(parse("", {"grid.\"training.seed\"=[1, 2]"})), 2u);
}

TEST(Overrides, ValueMayHoldAnEqualsSign) {
  EXPECT_EQ(trials_of(parse("", {"grid.training.seed={from=1, to=3}"})), 3u);
}

TEST(Overrides, KeyOfASectionLeavesTheGrid) {
  const std::string text = "[grid]\n\"training.seed\" = [1, 2, 3]\n\"training.batch\" = [1, 2]\n";
  const SweepFile sweep = parse(text, {"training.seed=9"});
  ASSERT_EQ(sweep.axes().size(), 1u);
  EXPECT_EQ(sweep.axes()[0].key, "training.batch");
  EXPECT_EQ(sweep.trial({1}).training.seed, 9);
  EXPECT_EQ(trials_of(parse("[grid.training]\nseed = [1, 2, 3]\n", {"training.seed=9"})), 1u);
}

TEST(Overrides, GridKeyReplacesOrAddsAnAxis) {
  const std::string text = "[grid]\ntraining.seed = [1, 2, 3]\n";
  const SweepFile sweep =
      parse(text, {"grid.training.seed=[5, 6]", "grid.model.hidden=[[2], [3]]"});
  ASSERT_EQ(sweep.axes().size(), 2u);
  EXPECT_EQ(sweep.trial({1, 0}).training.seed, 6);
  EXPECT_EQ(sweep.trial({0, 1}).model.hidden, Whole{3});
  EXPECT_EQ(trials_of(parse(text, {"training.seed=1", "grid.training.seed=[5, 6]"})), 2u);
  EXPECT_EQ(trials_of(parse(text, {"grid.training.seed=[5, 6]", "training.seed=1"})), 1u);
}

TEST(Resolved, EveryDefaultIsSpeltOut) {
  EXPECT_EQ(
      parse("[grid]\n\"data.sampling_rate\" = [0.5, 1]\ntraining.seed = { from = 1, to = 3 }\n")
          .resolved(),
      R"([sweep]
name = "a"
seed = 1

[data]
set = "szt"
split = "fractions"
train_fraction = 0.8
validation_fraction = 0.0
train_rows = 0
validation_rows = 0
sampling_rate = 0.5
label_gamma = 0.0

[model]
kind = "fcn"
hidden = [10, 7, 5, 4, 3]
activation = "tanh"
initialization = "truncated-normal"
dropout = 0.0

[training]
optimizer = "adam"
learning_rate = 0.0004
schedule = "constant"
weight_decay = 0.0
weight_decay_layers = []
patience = 0
batch = 512
epochs = 1000
seed = 1
device = "cpu"

[record]
epochs = "log:50"
rows = "all"
gradients = "batches"

[estimate]
estimators = ["pairwise"]
bounds = ["kl", "bd"]
sigma2 = [0.001, 0.01, 0.1]
device = "auto"

[grid]
"data.sampling_rate" = [0.5, 1]
"training.seed" = [1, 2, 3]
)");
}

TEST(Resolved, ParsesBackToTheSameSweep) {
  const std::string grids =
      "[grid]\n\"data.sampling_rate\" = [0.05, 0.45, 1]\nmodel.hidden = [[10, 7], [3]]\n"
      "model.activation = [\"tanh\", \"relu\"]\n[grid.training.seed]\nfrom = 3\nto = 7\nstep = 2\n";
  for (const std::string& text :
       {std::string(), every_key, grids, every_key + grids,
        std::string("[record]\nrows = 77\nepochs = \"saxe\"\n"),
        std::string(
            "[estimate]\nsigma2 = \"log:1e-7:1e7:30\"\n[sweep]\nseed = 9223372036854775807\n"),
        std::string("[estimate]\nsigma2 = [\"median@last\", [0.1, 20], 3, \"p2.5/1e-3\"]\n"),
        std::string("[training]\nlearning_rate = 1e-300\nweight_decay = 1e300\nepochs = 1e8\n")}) {
    SCOPED_TRACE(text);
    const SweepFile sweep = parse(text);
    const SweepFile again = SweepFile::parse(sweep.resolved(), "other.toml");
    EXPECT_EQ(again.resolved(), sweep.resolved());
    EXPECT_EQ(again.name(), sweep.name());
    EXPECT_EQ(again.seed(), sweep.seed());
    EXPECT_EQ(again.estimate().sigma2, sweep.estimate().sigma2);
    ASSERT_EQ(again.axes().size(), sweep.axes().size());
    std::vector<std::size_t> choice(sweep.axes().size());
    for (std::size_t a = 0; a < choice.size(); ++a) {
      EXPECT_EQ(again.axes()[a].key, sweep.axes()[a].key);
      ASSERT_EQ(again.axes()[a].values.size(), sweep.axes()[a].values.size());
      choice[a] = sweep.axes()[a].values.size() - 1;
    }
    EXPECT_EQ(canonical_text(again.trial(choice)), canonical_text(sweep.trial(choice)));
  }
}

// The default name must be one that the resolved sweep can be read with.
TEST(SweepFile, NameOfTheFileMustBeAName) {
  EXPECT_EQ(SweepFile::parse("", "some/where/tanh-2.1.toml").name(), "tanh-2.1");
  EXPECT_EQ(SweepFile::parse("[sweep]\nname = \"good\"\n", "my sweep.toml").name(), "good");
  try {
    SweepFile::parse("", "some/my sweep.toml");
    FAIL() << "no error";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(),
                 "sweep.name = \"my sweep\" at some/my sweep.toml (is the file's name; must be 1 "
                 "to 100 letters, "
                 "digits, '.', '_' or '-', as it names the run directory; set name in [sweep])");
  }
}

TEST(SweepFile, WhereAKeyWasWritten) {
  const SweepFile sweep =
      parse("[training]\nepochs = 5\n  batch = 4\n[grid]\n\"training.seed\" = [1]\n",
            {"model.dropout=0.5"});
  EXPECT_EQ(sweep.where("training.batch").text(), "sweeps/a.toml:3:11");
  EXPECT_EQ(sweep.where("training.seed").text(), "sweeps/a.toml:5:1");
  EXPECT_EQ(sweep.where("model.dropout").text(), "--set model.dropout=0.5");
  EXPECT_EQ(sweep.where("data.set").text(), "sweeps/a.toml");
}

TEST(CanonicalText, EveryTrainingSettingThatCountsAndNothingElse) {
  EXPECT_EQ(canonical_text(TrialSettings{}), R"(data.set = "szt"
data.split = "fractions"
data.train_fraction = 0.8
data.validation_fraction = 0.0
data.train_rows = 0
data.validation_rows = 0
data.sampling_rate = 1.0
data.label_gamma = 0.0
model.kind = "fcn"
model.hidden = [10, 7, 5, 4, 3]
model.activation = "tanh"
model.initialization = "truncated-normal"
model.dropout = 0.0
training.optimizer = "adam"
training.learning_rate = 0.0004
training.schedule = "constant"
training.weight_decay = 0.0
training.weight_decay_layers = []
training.patience = 0
training.batch = 512
training.epochs = 1000
training.seed = 1
training.device = "cpu"
)");
}

TEST(SettingOf, ByDottedKey) {
  const TrialSettings trial;
  EXPECT_EQ(setting_of(trial, "training.batch"), Setting(std::int64_t{512}));
  EXPECT_EQ(setting_of(trial, "training.learning_rate"), Setting(4e-4));
  EXPECT_EQ(setting_of(trial, "model.activation"), Setting(std::string("tanh")));
  EXPECT_EQ(setting_of(trial, "model.hidden"), Setting(std::string("10-7-5-4-3")));
}

TEST(ParseSigma2, LikeEstimateSigma2) {
  EXPECT_EQ(parse_sigma2({"0.5", "1e-2", "log:1:100:3"}, "--sigma2"),
            (Noises{1e-2, 0.5, 1, 10, 100}));
  EXPECT_EQ(parse_sigma2({"p90/1e3@last", "[5, 2]", "3"}, "--sigma2"),
            (Noises{3, Noise::of_layers({5, 2}), Noise::of_rule("p90/1000@last")}));
  const auto error = [](const std::vector<std::string>& words) -> std::string {
    try {
      parse_sigma2(words, "--sigma2");
    } catch (const ConfigError& refused) {
      return refused.what();
    }
    return "no error";
  };
  EXPECT_EQ(error({}), "estimate.sigma2 = [] at --sigma2 (must name at least one)");
  EXPECT_EQ(error({"1", "0"}), "estimate.sigma2 = 0 at --sigma2 0 (must be a positive number)");
  EXPECT_EQ(error({"0.1", "1e-1"}), "estimate.sigma2 names 0.1 twice at --sigma2 1e-1 (each once)");
  EXPECT_EQ(error({"9,1"}),
            std::string("estimate.sigma2 = \"9,1\" at --sigma2 9,1 (must be ") + noise_forms + ")");
  EXPECT_EQ(error({"[1, 0]"}),
            "estimate.sigma2 = 0 at --sigma2 [1, 0] (must be a positive number)");
}

TEST(DescribeKeys, NamesEveryKeyOfTheResolvedSweep) {
  const std::string help = describe_keys();
  const std::string resolved = SweepFile::parse("[sweep]\nname = \"FILE\"\n", "a.toml").resolved();
  std::size_t lines = 0;
  for (std::size_t at = 0; at < resolved.size();) {
    const std::size_t end = resolved.find('\n', at);
    const std::string line = resolved.substr(at, end - at);
    if (!line.empty()) {
      EXPECT_NE(help.find(line), std::string::npos) << line;
      ++lines;
    }
    at = end + 1;
  }
  EXPECT_EQ(lines, 38u) << "six sections, 32 keys";
  EXPECT_NE(help.find("[grid]"), std::string::npos);
  EXPECT_NE(help.find("tanh | relu | sigmoid"), std::string::npos);
}

}  // namespace
}  // namespace infoplane::config::test
