#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "config/sweep_file.hpp"
#include "config/wrong_sweep.hpp"

// Keys that go with some choices only: defaults by kind, tables in [grid], what is no use to any
// trial.

namespace infoplane::config::test {
namespace {

using Whole = std::vector<std::int64_t>;
using Labels = std::vector<Setting>;

SweepFile parse(const std::string& text, const std::vector<std::string>& overrides = {}) {
  return SweepFile::parse(text, "a.toml", overrides);
}

TrialSettings first_trial(const std::string& text) {
  const SweepFile sweep = parse(text);
  return sweep.trial(std::vector<std::size_t>(sweep.axes().size(), 0));
}

Labels labels_of(const std::string& axis, const std::vector<std::string>& overrides = {}) {
  return parse("[grid]\n" + axis, overrides).axes().at(0).labels;
}

Setting word(const char* text) { return std::string(text); }

TEST(KindDefaults, AreThoseOfTheKindUnlessTheFileSaysOtherwise) {
  for (const std::string& kind : built_in_models()) {
    SCOPED_TRACE(kind);
    const std::string needed = kind == "layers" ? "layers = [\"linear 3\"]\n" : "";
    const TrialSettings trial = first_trial("[model]\nkind = \"" + kind + "\"\n" + needed);
    TrialSettings expected;
    expected.model = default_model(kind);
    if (kind == "layers") expected.model.layers = {"linear 3"};
    EXPECT_EQ(canonical_text(trial), canonical_text(expected));
  }
  const TrialSettings lenet =
      first_trial("[model]\nchannels = [3, 4]\nkind = \"lenet\"\ninitialization = \"he-normal\"\n");
  EXPECT_EQ(lenet.model.channels, (Whole{3, 4}));
  EXPECT_EQ(lenet.model.hidden, Whole{50});
  EXPECT_EQ(lenet.model.initialization, Initialization::he_normal);
}

TEST(KindDefaults, FollowEachTrialOfAGridOverKinds) {
  const SweepFile sweep =
      parse("[model]\ndropout = 0.25\n[grid]\n\"model.kind\" = [\"gat\", \"fcn\"]\n");
  EXPECT_EQ(sweep.trial({0}).model.heads, 8);
  EXPECT_EQ(sweep.trial({0}).model.activation, Activation::elu);
  EXPECT_EQ(sweep.trial({1}).model.hidden, (Whole{10, 7, 5, 4, 3}));
  EXPECT_EQ(sweep.trial({1}).model.activation, Activation::tanh);
  for (const std::size_t kind : {0u, 1u}) EXPECT_EQ(sweep.trial({kind}).model.dropout, 0.25);
}

TEST(KindDefaults, ResolvedSweepLeavesThemToTheTrialsWhereKindsVary) {
  const std::string resolved =
      parse(
          "[model]\ndropout = 0.25\nhidden = [4]\n[grid]\n\"model.kind\" = [\"gat\", \"fcn\"]\n"
          "\"model.hidden\" = [[3], [2]]\n")
          .resolved();
  const std::size_t model = resolved.find("[model]");
  EXPECT_EQ(resolved.substr(model, resolved.find("[training]") - model),
            "[model]\n# [grid] sets the kind: all else is the default of a trial's kind\n"
            "dropout = 0.25\n\n");
}

TEST(DataPlaces, AreReadAndWrittenAsGiven) {
  const SweepFile sweep = parse("[data]\nroot = \"../my data/\"\n");
  EXPECT_EQ(sweep.data_places().root, "../my data/");
  EXPECT_NE(sweep.resolved().find("\nroot = \"../my data/\"\n"), std::string::npos);
  EXPECT_EQ(parse("").data_places().root, "");
  EXPECT_EQ(parse("").resolved().find("root"), std::string::npos);
  EXPECT_EQ(parse("", {"data.root=here"}).data_places().root, "here");
}

TEST(CanonicalText, LeavesOutWhatTheTrialMakesNoUseOf) {
  TrialSettings trial;
  const std::string text = canonical_text(trial);
  trial.training.momentum = 0.9;
  trial.training.step_epochs = 3;
  trial.model.heads = 7;
  trial.data.normalize_rows = false;
  EXPECT_EQ(canonical_text(trial), text);
  trial.model.kind = "mine";
  const std::string registered = canonical_text(trial);
  trial.model.heads = 8;
  EXPECT_NE(canonical_text(trial), registered) << "a plugin's kind may use every key";
}

TEST(Tables, OverlayTheirSectionInTheirTrials) {
  const SweepFile sweep = parse(R"([model]
kind = "gcn"
dropout = 0.1
[training]
learning_rate = 0.5
[grid]
model = [
  { kind = "fcn", hidden = [3] },
  { dropout = 0.2, hidden = [4, 4] },
]
training = [{ epochs = 7 }, { optimizer = "sgd", momentum = 0.5 }]
)");
  ASSERT_EQ(sweep.axes().size(), 2u);
  EXPECT_EQ(sweep.axes()[0].key, "model");
  EXPECT_TRUE(sweep.axes()[0].is_over_tables());
  const TrialSettings fcn = sweep.trial({0, 0});
  EXPECT_EQ(fcn.model.kind, "fcn");
  EXPECT_EQ(fcn.model.hidden, Whole{3});
  EXPECT_EQ(fcn.model.dropout, 0.1);
  EXPECT_EQ(fcn.model.activation, Activation::tanh);
  EXPECT_EQ(fcn.training.epochs, 7);
  EXPECT_EQ(fcn.training.learning_rate, 0.5);
  const TrialSettings gcn = sweep.trial({1, 1});
  EXPECT_EQ(gcn.model.kind, "gcn");
  EXPECT_EQ(gcn.model.hidden, (Whole{4, 4}));
  EXPECT_EQ(gcn.model.dropout, 0.2);
  EXPECT_EQ(gcn.model.activation, Activation::relu);
  EXPECT_EQ(gcn.training.momentum, 0.5);
  EXPECT_EQ(gcn.training.epochs, 1000);
}

TEST(Tables, InAnySpelling) {
  const std::string inline_tables =
      "[grid]\nmodel = [{ kind = \"gcn\" }, { hidden = [2] }]\n\"training.seed\" = [1, 2]\n";
  for (const std::string& text :
       {std::string("[[grid.model]]\nkind = \"gcn\"\n[[grid.model]]\nhidden = [2]\n"
                    "[grid.training]\nseed = [1, 2]\n"),
        std::string("[grid]\n\"model\" = [{ kind = \"gcn\" }, { hidden = [2] }]\n"
                    "training.seed = [1, 2]\n")}) {
    EXPECT_EQ(parse(text).resolved(), parse(inline_tables).resolved());
  }
}

TEST(Tables, MayStandBesideAnAxisOverAnotherKey) {
  const SweepFile sweep = parse(
      "[grid]\nmodel = [{ hidden = [2] }, { hidden = [3] }]\n"
      "\"model.kind\" = [\"fcn\", \"gcn\"]\n");
  EXPECT_EQ(sweep.trial({1, 0}).model.kind, "fcn");
  EXPECT_EQ(sweep.trial({1, 1}).model.kind, "gcn");
  EXPECT_EQ(sweep.trial({1, 1}).model.hidden, Whole{3});
  EXPECT_EQ(sweep.axes()[0].labels, (Labels{word("hidden=2"), word("hidden=3")}));
}

TEST(Tables, LabelsAreAsShortAsTellsThemApart) {
  EXPECT_EQ(labels_of("model = [{ kind = \"fcn\", hidden = [200] }, { kind = \"gcn\" }]\n"),
            (Labels{word("fcn"), word("gcn")}));
  EXPECT_EQ(labels_of("model = [{ hidden = [200] }, { kind = \"gcn\" }]\n"),
            (Labels{word("fcn"), word("gcn")}));
  EXPECT_EQ(
      labels_of("model = [{ kind = \"fcn\", hidden = [200, 200] }, { kind = \"fcn\", hidden = "
                "[20], dropout = 0.0 }, { kind = \"gcn\", hidden = [5] }]\n"),
      (Labels{word("fcn hidden=200-200"), word("fcn hidden=20"), word("gcn")}));
  EXPECT_EQ(labels_of("data = [{ train_rows = 140, validation_rows = 1000 }, "
                      "{ train_rows = 1000, validation_rows = 140 }]\n"),
            (Labels{word("train_rows=140"), word("train_rows=1000")}));
  EXPECT_EQ(
      labels_of("training = [{ batch = 5, learning_rate = 1 }, { batch = 6, learning_rate = 1 }, "
                "{ batch = 6, learning_rate = 2 }]\n"),
      (Labels{word("learning_rate=1 batch=5"), word("learning_rate=1 batch=6"),
              word("learning_rate=2 batch=6")}));
  EXPECT_EQ(labels_of("training = [{ optimizer = \"adam\" }, { optimizer = \"sgd\" }]\n"),
            (Labels{word("adam"), word("sgd")}));
  EXPECT_EQ(labels_of("training = [{ epochs = 5 }, {}]\n"),
            (Labels{word("epochs=5"), word("epochs=1000")}));
  EXPECT_EQ(labels_of("model = [{ hidden = [5] }]\n"), Labels{word("fcn")});
}

TEST(Tables, KeysOfOneTableMayBeNoUseToAnother) {
  const SweepFile sweep = parse(
      "[model]\nheads = 2\n[grid]\nmodel = [{ kind = \"fcn\" }, { kind = \"gat\" }]\n"
      "data = [{ set = \"szt\", label_gamma = 3 }, { set = \"cora\", normalize_rows = false }]\n");
  EXPECT_EQ(sweep.trial({1, 0}).model.heads, 2);
  EXPECT_FALSE(sweep.trial({0, 1}).data.normalize_rows);
}

TEST(Tables, OverridesWinInEveryTable) {
  const std::string text =
      "[grid]\nmodel = [{ kind = \"fcn\", hidden = [200] }, { kind = \"gcn\", hidden = [100] }]\n";
  const SweepFile hidden = parse(text, {"model.hidden=[5]"});
  EXPECT_EQ(hidden.trial({0}).model.hidden, Whole{5});
  EXPECT_EQ(hidden.trial({1}).model.hidden, Whole{5});
  EXPECT_EQ(hidden.trial({1}).model.kind, "gcn");
  const SweepFile kind = parse(text, {"model.kind=rnn"});
  EXPECT_EQ(kind.trial({1}).model.kind, "rnn");
  EXPECT_EQ(kind.axes()[0].labels, (Labels{word("hidden=200"), word("hidden=100")}));
  EXPECT_TRUE(parse(text, {"model.kind=rnn", "model.hidden=[5]"}).axes().empty());
  EXPECT_EQ(parse(text, {"model.dropout=0.5"}).axes()[0].values.size(), 2u);
  const SweepFile axis = parse(text, {"grid.model=[{ kind = \"gin\" }]"});
  EXPECT_EQ(axis.trial({0}).model.kind, "gin");
  EXPECT_EQ(parse(text, {"grid.training=[{epochs=2}, {epochs=3}]"}).trial({0, 1}).training.epochs,
            3);
}

TEST(Tables, WhereAKeyWasWritten) {
  const SweepFile sweep = parse(
      "[model]\nhidden = [1]\n[grid]\nmodel = [\n  { kind = \"gcn\", hidden = [2] },\n"
      "  { hidden = [3] },\n  { dropout = 0.5 },\n]\n\"training.seed\" = [1, 4]\n");
  EXPECT_EQ(sweep.where("model.hidden").text(), "a.toml:5:28");
  EXPECT_EQ(sweep.where("model.hidden", sweep.trial({1, 0})).text(), "a.toml:6:14");
  EXPECT_EQ(sweep.where("model.hidden", sweep.trial({2, 0})).text(), "a.toml:2:10");
  EXPECT_EQ(sweep.where("training.seed", sweep.trial({2, 1})).text(), "a.toml:9:23");
  EXPECT_EQ(sweep.where("model.dropout").text(), "a.toml:7:15");
  EXPECT_EQ(sweep.where("data.set", sweep.trial({0, 0})).text(), "a.toml");
}

TEST(DescribeKeys, SaysWhatGoesWithWhat) {
  const std::string help = describe_keys();
  EXPECT_NE(help.find(" with kind = \"lenet\":\n  channels = [10, 20]"), std::string::npos);
  EXPECT_NE(help.find(" with schedule = \"step\":\n  step_epochs = 100"), std::string::npos);
  EXPECT_NE(help.find("  gat     hidden = [64], activation = \"elu\""), std::string::npos);
  EXPECT_NE(help.find("planetoid goes with set = \"cora\"\n"), std::string::npos);
  EXPECT_NE(help.find("goes with every kind but \"rnn\" or \"layers\"\n"), std::string::npos);
  EXPECT_NE(help.find("  root = \"\""), std::string::npos);
}

class WrongChoice : public testing::TestWithParam<WrongSweep> {};

TEST_P(WrongChoice, SaysWhatWhereAndWhy) {
  EXPECT_EQ(refusal(GetParam().text), GetParam().message);
}

const std::vector<WrongSweep> unused_keys{
    {"HeadsWithoutGat", R"([model]
heads = 4)",
     R"(model.heads = 4 at a.toml:2:9 (goes with kind = "gat"; here kind is "fcn"))"},
    {"HeadsWithTheirDefaultWithoutGat", R"([model]
heads = 1)",
     R"(model.heads = 1 at a.toml:2:9 (goes with kind = "gat"; here kind is "fcn"))"},
    {"HeadsWithKindsThatHaveNone", R"([model]
heads = 4
[grid]
"model.kind" = ["fcn", "gcn", "rnn"])",
     R"(model.heads = 4 at a.toml:2:9 (goes with kind = "gat"; here kind is "fcn", "gcn" or "rnn"))"},
    {"GridOfHeadsWithoutGat", R"([grid]
"model.heads" = [1, 2]
model = [{ hidden = [2] }, { kind = "gin" }])",
     R"(model.heads = 1 at a.toml:2:18 (goes with kind = "gat"; here kind is "fcn" or "gin"))"},
    {"HeadsInATableOfAnother", R"([grid]
model = [{ kind = "gat" }, { kind = "gcn", heads = 2 }])",
     R"(model.heads = 2 at a.toml:2:52 (goes with kind = "gat"; here kind is "gcn"))"},
    {"HeadsInATableOfTheSection", R"([model]
kind = "rnn"
[grid]
model = [{ kind = "gat" }, { heads = 2 }])",
     R"(model.heads = 2 at a.toml:4:38 (goes with kind = "gat"; here kind is "rnn"))"},
    {"KernelWithoutLenet", R"([model]
kind = "gcn"
kernel = 3)",
     R"(model.kernel = 3 at a.toml:3:10 (goes with kind = "lenet"; here kind is "gcn"))"},
    {"ChannelsWithoutLenet", R"([model]
channels = [3])",
     R"(model.channels = [3] at a.toml:2:12 (goes with kind = "lenet"; here kind is "fcn"))"},
    {"CellWithoutRnn", R"([model]
cell = "gru")",
     R"(model.cell = "gru" at a.toml:2:8 (goes with kind = "rnn"; here kind is "fcn"))"},
    {"LayersWithoutThatKind", R"([model]
layers = ["linear 5"])",
     R"(model.layers = ["linear 5"] at a.toml:2:10 (goes with kind = "layers"; here kind is "fcn"))"},
    {"HiddenWithLayers", R"([model]
kind = "layers"
layers = ["linear 5"]
hidden = [5])",
     R"(model.hidden = [5] at a.toml:4:10 (goes with every kind but "layers"; here kind is "layers"))"},
    {"ActivationWithRnn", R"([model]
kind = "rnn"
activation = "relu")",
     R"(model.activation = "relu" at a.toml:3:14 (goes with every kind but "rnn" or "layers"; here kind is "rnn"))"},
    {"LabelGammaWithoutSzt", R"([data]
set = "mnist"
label_gamma = 2)",
     R"(data.label_gamma = 2 at a.toml:3:15 (goes with set = "szt"; here set is "mnist"))"},
    {"NamesPerLanguageWithoutNames", R"([data]
names_per_language = 2)",
     R"(data.names_per_language = 2 at a.toml:2:22 (goes with set = "names"; here set is "szt"))"},
    {"NormalizeRowsWithoutCora", R"([data]
normalize_rows = true)",
     R"(data.normalize_rows = true at a.toml:2:18 (goes with set = "cora"; here set is "szt"))"},
    {"RowsOfSzt", R"([data]
rows = 400)",
     R"(data.rows = 400 at a.toml:2:8 (goes with set = "mnist", "fashion-mnist" or "file"; here set is "szt"))"},
    {"InputsWithoutFile", R"([data]
inputs = "x.npy")",
     R"(data.inputs = "x.npy" at a.toml:2:10 (goes with set = "file"; here set is "szt"))"},
    {"StepEpochsWithoutStep", R"([training]
schedule = "cosine"
step_epochs = 5)",
     R"(training.step_epochs = 5 at a.toml:3:15 (goes with schedule = "step"; here schedule is "cosine"))"},
    {"FinalLearningRateWithoutCosine", R"([training]
final_learning_rate = 0.1)",
     R"(training.final_learning_rate = 0.1 at a.toml:2:23 (goes with schedule = "cosine"; here schedule is "constant"))"},
};

const std::vector<WrongSweep> missing_keys{
    {"FileWithoutInputs", R"([data]
set = "file")",
     R"(data.inputs is missing at a.toml:2:7 (set = "file" needs it))"},
    {"FileWithoutLabels", R"([data]
set = "file"
inputs = "x.npy")",
     R"(data.labels is missing at a.toml:2:7 (set = "file" needs it))"},
    {"FileInATableWithoutInputs", R"([grid]
data = [{ set = "file" }, {}])",
     R"(data.inputs is missing at a.toml:2:17 (set = "file" needs it))"},
    {"LayersWithoutLayers", R"([model]
kind = "layers")",
     R"(model.layers is missing at a.toml:2:8 (kind = "layers" needs it))"},
    {"PlanetoidWithoutCora", R"([data]
split = "planetoid")",
     R"(data.split = "planetoid" at a.toml:2:9 (goes with set = "cora"; here set is "szt"))"},
    {"PublishedSplitOfCora", R"([data]
set = "cora"
split = "published")",
     R"(data.split = "published" at a.toml:3:9 (goes with set = "mnist" or "fashion-mnist"; here set is "cora"))"},
    {"PatienceWithoutValidation", R"([training]
patience = 10)",
     R"(training.patience = 10 at a.toml:2:12 (stops by the validation loss: needs data.validation_rows, data.validation_fraction or split = "planetoid"))"},
};

const std::vector<WrongSweep> wrong_tables{
    {"TableIsAString", R"([grid]
model = ["fcn", "gcn"])",
     R"([grid] model = "fcn" at a.toml:2:10 (must be a table such as { kind = ... }, is a string))"},
    {"TablesAreNone", R"([grid]
model = [])",
     "model = [] at a.toml:2:9 (must name at least one value)"},
    {"TableWithUnknownKey", R"([grid]
model = [{ kind = "fcn" },
         { kind = "gcn", hiden = [3] }])",
     R"(unknown key "model.hiden" at a.toml:3:26 (did you mean "hidden"? )" + in_model + ")"},
    {"TableWithWrongValue", R"([grid]
training = [{ epochs = 3 }, { epochs = "many" }])",
     R"(training.epochs = "many" at a.toml:2:40 (must be a whole number, is a string))"},
    {"TableWithKindOfWrongType", R"([grid]
model = [{ kind = 3 }])",
     "model.kind = 3 at a.toml:2:19 (must be a string, is a whole number)"},
    {"TableTwice", R"([grid]
model = [{ kind = "fcn" }, { kind = "gcn" }, { kind = "fcn", dropout = 0 }])",
     R"([grid] names model = { kind = "fcn", dropout = 0 } twice at a.toml:2:46 (it would be the same trial; repetitions vary "training.seed"))"},
    {"TablesOfEstimate", R"([grid]
estimate = [{ sigma2 = [1] }])",
     R"([grid] cannot vary "estimate" at a.toml:2:1 (it never retrains: give all values in [estimate], every trial is estimated at each of them in one pass over its distances))"},
    {"TableWithRoot", R"([grid]
data = [{ root = "a" }, { root = "b" }])",
     R"([grid] cannot vary "data.root" at a.toml:2:11 (where data sets lie makes no other trial; set it in [data]))"},
    {"GridOfRoot", R"([grid]
"data.root" = ["a", "b"])",
     R"([grid] cannot vary "data.root" at a.toml:2:1 (where data sets lie makes no other trial; set it in [data]))"},
    {"RootOfWrongType", R"([data]
root = 1)",
     "data.root = 1 at a.toml:2:8 (must be a string, is a whole number)"},
    {"KeyOnTwoAxes", R"([grid]
"model.kind" = ["fcn", "gcn"]
model = [{ hidden = [3] }, { kind = "gin" }])",
     R"([grid] varies "model.kind" twice at a.toml:3:30 (an axis of its own at a.toml:2:1))"},
};

INSTANTIATE_TEST_SUITE_P(Unused, WrongChoice, testing::ValuesIn(unused_keys), name_of_case);
INSTANTIATE_TEST_SUITE_P(Missing, WrongChoice, testing::ValuesIn(missing_keys), name_of_case);
INSTANTIATE_TEST_SUITE_P(Tables, WrongChoice, testing::ValuesIn(wrong_tables), name_of_case);

}  // namespace
}  // namespace infoplane::config::test
