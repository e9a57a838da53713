#include "sweep/expand.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace infoplane::test {
namespace {

using config::SweepFile;

TrialGrid expanded(const std::string& text, const std::vector<std::string>& overrides = {}) {
  return expand(SweepFile::parse(text, "a.toml", overrides));
}

/// The id of the only trial of a sweep.
std::string id_of(const std::string& text, const std::vector<std::string>& overrides = {}) {
  const TrialGrid grid = expanded(text, overrides);
  EXPECT_EQ(grid.trials.size(), 1u);
  return grid.trials.front().id;
}

std::set<std::string> ids_of(const TrialGrid& grid) {
  std::set<std::string> ids;
  for (const Trial& trial : grid.trials) ids.insert(trial.id);
  return ids;
}

std::string expand_error(const std::string& text) {
  const SweepFile sweep = SweepFile::parse(text, "a.toml");
  try {
    expand(sweep);
  } catch (const config::ConfigError& error) {
    return error.what();
  }
  return "no error";
}

std::vector<std::uint64_t> all_seeds(const TrialSeeds& seeds) {
  return {seeds.split, seeds.subset, seeds.labels, seeds.weights, seeds.batches, seeds.layers};
}

TEST(Expand, NoGridIsOneTrial) {
  const TrialGrid grid = expanded("[training]\nepochs = 20\n[record]\nepochs = \"every:10\"\n");
  ASSERT_EQ(grid.trials.size(), 1u);
  EXPECT_TRUE(grid.axes.empty());
  const Trial& trial = grid.trials[0];
  EXPECT_EQ(trial.settings.training.epochs, 20);
  EXPECT_EQ(trial.epochs, (std::vector<std::int64_t>{0, 10, 20}));
  EXPECT_TRUE(trial.varied.empty());
  EXPECT_EQ(trial.id.size(), 12u);
  EXPECT_EQ(trial.id.find_first_not_of("0123456789abcdef"), std::string::npos);
}

TEST(Expand, ProductWithTheLastAxisFastest) {
  const TrialGrid grid = expanded(
      "[grid]\n\"data.sampling_rate\" = [0.5, 1]\n\"model.hidden\" = [[10, 7], "
      "[3]]\n\"training.seed\" = [4, 2, 9]\n");
  EXPECT_EQ(grid.axes,
            (std::vector<std::string>{"data.sampling_rate", "model.hidden", "training.seed"}));
  ASSERT_EQ(grid.trials.size(), 12u);
  const double rates[] = {0.5, 1};
  const char* const hidden[] = {"10-7", "3"};
  const std::int64_t seeds[] = {4, 2, 9};
  for (std::size_t t = 0; t < 12; ++t) {
    SCOPED_TRACE("trial " + std::to_string(t));
    const Trial& trial = grid.trials[t];
    EXPECT_EQ(trial.settings.data.sampling_rate, rates[t / 6]);
    EXPECT_EQ(trial.settings.model.hidden.size(), t / 3 % 2 == 0 ? 2u : 1u);
    EXPECT_EQ(trial.settings.training.seed, seeds[t % 3]);
    EXPECT_EQ(trial.varied,
              (std::vector<Setting>{rates[t / 6], std::string(hidden[t / 3 % 2]), seeds[t % 3]}));
  }
  EXPECT_EQ(ids_of(grid).size(), 12u);
}

TEST(Expand, EpochsFollowEachTrialsLength) {
  const TrialGrid grid =
      expanded("[record]\nepochs = [0, 10, 100]\n[grid]\n\"training.epochs\" = [5, 10, 1000]\n");
  ASSERT_EQ(grid.trials.size(), 3u);
  EXPECT_EQ(grid.trials[0].epochs, (std::vector<std::int64_t>{0}));
  EXPECT_EQ(grid.trials[1].epochs, (std::vector<std::int64_t>{0, 10}));
  EXPECT_EQ(grid.trials[2].epochs, (std::vector<std::int64_t>{0, 10, 100}));
}

TEST(TrialId, DoesNotDependOnTheOrderOfAxesAndValues) {
  const TrialGrid one =
      expanded("[grid]\n\"training.batch\" = [64, 128]\n\"training.seed\" = [1, 2, 3]\n");
  const TrialGrid other =
      expanded("[grid]\n\"training.seed\" = [3, 1, 2]\n\"training.batch\" = [128, 64]\n");
  EXPECT_EQ(ids_of(one), ids_of(other));
  const auto id_by_setting = [](const TrialGrid& grid) {
    std::map<std::string, std::string> ids;
    for (const Trial& trial : grid.trials) ids[config::canonical_text(trial.settings)] = trial.id;
    return ids;
  };
  EXPECT_EQ(id_by_setting(one), id_by_setting(other));
}

TEST(TrialId, DoesNotDependOnSpelling) {
  const std::string id = id_of("");
  EXPECT_EQ(
      id_of("[training]\nlearning_rate = 4e-4\nbatch = 512\n[model]\nactivation = \"tanh\"\n"), id);
  EXPECT_EQ(id_of("[training]\nlearning_rate = 0.00040\nbatch = 512.0\nepochs = 1e3\n"), id);
  EXPECT_EQ(id_of("[model]\nhidden = [10, 7, 5, 4, 3]\n[data]\nsampling_rate = 1\n"), id);
  EXPECT_EQ(id_of("[grid]\n\"training.batch\" = [512]\n"), id)
      << "an axis of one value is that value";
  EXPECT_EQ(id_of("", {"training.batch=512"}), id);
  EXPECT_EQ(id_of(SweepFile::parse("", "a.toml").resolved()), id);
  EXPECT_EQ(id_of("[data]\nlabel_gamma = -0.0\n"), id) << "-0 is 0";
}

// The whole point: the same network, estimated or recorded differently, is the same trial.
TEST(TrialId, DoesNotDependOnRecordingEstimationOrName) {
  const std::string id = id_of("");
  EXPECT_EQ(id_of("[record]\nepochs = [0, 5]\nrows = 100\n"), id);
  EXPECT_EQ(id_of("[estimate]\nsigma2 = [1]\nbounds = [\"kl\"]\n"), id);
  EXPECT_EQ(id_of("[sweep]\nname = \"other\"\n"), id);
  EXPECT_EQ(id_of("[data]\nroot = \"elsewhere\"\n"), id) << "nor on where the data lie";
}

TEST(TrialId, DependsOnEverySettingAndTheSweepsSeed) {
  const std::vector<std::string> changes{
      "data.train_fraction=0.7",
      "data.sampling_rate=0.5",
      "data.label_gamma=3",
      "model.hidden=[10, 7, 5, 4]",
      "model.activation=relu",
      "model.initialization=torch",
      "model.dropout=0.1",
      "training.optimizer=sgd",
      "training.learning_rate=0.000400000001",
      "training.weight_decay=1e-9",
      "training.batch=511",
      "training.epochs=999",
      "training.seed=2",
      "sweep.seed=2",
  };
  std::set<std::string> ids{id_of("")};
  for (const std::string& change : changes)
    EXPECT_TRUE(ids.insert(id_of("", {change})).second) << change;
  EXPECT_TRUE(ids.insert(id_of("", {"training.optimizer=sgd", "training.momentum=0.5"})).second);
}

TEST(TrialId, HiddenLayersDoNotRunTogether) {
  EXPECT_NE(id_of("[model]\nhidden = [1, 12]\n"), id_of("[model]\nhidden = [11, 2]\n"));
  EXPECT_NE(id_of("[model]\nhidden = [3, 4]\n"), id_of("[model]\nhidden = [4, 3]\n"));
}

TEST(TrialSeeds, AreSharedByTrialsThatDifferInAHyperparameter) {
  const TrialGrid grid = expanded(
      "[grid]\n\"training.learning_rate\" = [0.1, 0.2]\n\"data.sampling_rate\" = [0.3, "
      "1]\n\"training.batch\" = [1, 2]\n");
  const std::vector<std::uint64_t> seeds = all_seeds(grid.trials[0].seeds);
  for (const Trial& trial : grid.trials) EXPECT_EQ(all_seeds(trial.seeds), seeds);
}

TEST(TrialSeeds, DifferBetweenRepetitionsPurposesAndSweeps) {
  std::set<std::uint64_t> seeds;
  std::size_t count = 0;
  for (const char* sweep_seed : {"sweep.seed=1", "sweep.seed=2"}) {
    for (const Trial& trial :
         expanded("[grid]\n\"training.seed\" = { from = 0, to = 4 }\n", {sweep_seed}).trials) {
      for (const std::uint64_t seed : all_seeds(trial.seeds)) {
        seeds.insert(seed);
        ++count;
      }
    }
  }
  EXPECT_EQ(count, 60u);
  EXPECT_EQ(seeds.size(), count);
}

TEST(TrialSeeds, DoNotDependOnTheGrid) {
  const TrialGrid grid =
      expanded("[grid]\n\"training.batch\" = [8, 16]\n\"training.seed\" = [5, 3]\n");
  const Trial alone = expanded("[training]\nseed = 3\n").trials[0];
  EXPECT_EQ(all_seeds(grid.trials[1].seeds), all_seeds(alone.seeds));
  EXPECT_EQ(all_seeds(grid.trials[3].seeds), all_seeds(alone.seeds));
}

TEST(SweepSeed, DependsOnSweepAndPurpose) {
  const SweepFile one = SweepFile::parse("", "a.toml");
  const SweepFile other = SweepFile::parse("[sweep]\nseed = 2\n", "a.toml");
  EXPECT_EQ(sweep_seed(one, "rows"),
            sweep_seed(SweepFile::parse("[training]\nseed = 5\n", "b.toml"), "rows"));
  EXPECT_NE(sweep_seed(one, "rows"), sweep_seed(one, "labels"));
  EXPECT_NE(sweep_seed(one, "rows"), sweep_seed(other, "rows"));
  for (const std::uint64_t seed : all_seeds(expand(one).trials[0].seeds))
    EXPECT_NE(seed, sweep_seed(one, "rows"));
}

TEST(Expand, NothingRecordedIsAnError) {
  EXPECT_EQ(expand_error("[training]\nepochs = 5\n[record]\nepochs = [10, 20]\n"),
            "record.epochs records nothing at a.toml:4:10 (a trial of 5 epochs ends before the "
            "first recorded one)");
  EXPECT_EQ(expand_error("[record]\nepochs = [10, 20]\n[grid]\n\"training.epochs\" = [15, 9]\n"),
            "record.epochs records nothing at a.toml:2:10 (a trial of 9 epochs ends before the "
            "first recorded one)");
}

TEST(Expand, MoreThanAMillionTrialsIsAnError) {
  EXPECT_EQ(expand_error("[grid]\n\"training.seed\" = { from = 1, to = 1001 }\n"
                         "\"training.batch\" = { from = 1, to = 1000 }\n"),
            "[grid] has more than a million trials at a.toml:3:1 (split the sweep, or shorten its "
            "lists)");
}

TEST(Expand, ManyTrialsAreNoError) {
  const TrialGrid grid = expanded(
      "[grid]\n\"training.seed\" = { from = 1, to = 40 }\n"
      "\"training.batch\" = { from = 1, to = 50 }\n");
  EXPECT_EQ(grid.trials.size(), 2000u);
  EXPECT_EQ(ids_of(grid).size(), 2000u);
}

// A combination that cannot be trained is found before anything is.
TEST(Expand, WrongCombinationInsideTheGridIsAnError) {
  EXPECT_EQ(expand_error("[data]\nsplit = \"planetoid\"\n[grid]\n\"data.set\" = [\"cora\", "
                         "\"szt\"]\n"),
            "data.split = \"planetoid\" at a.toml:2:9 (goes with set = \"cora\"; here set is "
            "\"szt\")");
}

// What a trial makes no use of is no part of what it is.
TEST(Expand, PointsThatAreTheSameTrialAreOne) {
  const TrialGrid grid = expanded(
      "[grid]\n\"training.optimizer\" = [\"sgd\", \"adam\"]\n"
      "\"training.momentum\" = [0, 0.5, 0.9]\n");
  EXPECT_EQ(grid.trials.size(), 4u);
  EXPECT_EQ(grid.duplicates, 2);
  EXPECT_EQ(ids_of(grid).size(), 4u);
  EXPECT_EQ(grid.trials[3].varied, (std::vector<Setting>{std::string("adam"), 0.0}))
      << "the first of them stays";
  EXPECT_EQ(grid.trials[3].id, id_of(""));
  EXPECT_EQ(expanded("[grid]\n\"training.seed\" = [1, 2]\n").duplicates, 0);
}

TEST(Expand, KindsTimesAKeyOfOneKind) {
  const TrialGrid grid = expanded(
      "[grid]\n\"model.kind\" = [\"gcn\", \"gat\", \"mine\"]\n\"model.heads\" = [1, 2, 4]\n");
  EXPECT_EQ(grid.trials.size(), 7u) << "a kind of a plugin may use every key";
  EXPECT_EQ(grid.duplicates, 2);
}

TEST(Expand, TablesGiveEachTrialItsOwnNetworkAndData) {
  const TrialGrid grid = expanded(R"([training]
epochs = 5
[record]
epochs = "every:5"
[grid]
model = [{ kind = "fcn", hidden = [200, 200] }, { kind = "gcn", hidden = [200] }]
data = [{ set = "cora", split = "planetoid" }, { set = "szt" }]
"training.seed" = [1, 2]
)");
  EXPECT_EQ(grid.axes, (std::vector<std::string>{"model", "data", "training.seed"}));
  ASSERT_EQ(grid.trials.size(), 8u);
  const Trial& trial = grid.trials[5];
  EXPECT_EQ(trial.settings.model.kind, "gcn");
  EXPECT_EQ(trial.settings.model.hidden, std::vector<std::int64_t>{200});
  EXPECT_EQ(trial.settings.model.dropout, 0.5) << "the default of its kind";
  EXPECT_EQ(trial.settings.data.set, DataSet::cora);
  EXPECT_EQ(trial.settings.data.split.kind, SplitKind::planetoid);
  EXPECT_EQ(trial.varied,
            (std::vector<Setting>{std::string("gcn"), std::string("cora"), std::int64_t{2}}));
  EXPECT_EQ(trial.id,
            id_of("[model]\nkind = \"gcn\"\nhidden = [200]\n[data]\nset = \"cora\"\nsplit = "
                  "\"planetoid\"\n[training]\nseed = 2\nepochs = 5\n"));
}

// The run directory keeps the resolved sweep: it must name the same trials, in the same order.
TEST(Expand, ResolvedSweepHasTheSameTrials) {
  for (const char* text : {
           "[model]\ndropout = 0.25\n[grid]\n\"model.kind\" = [\"fcn\", \"gcn\", \"rnn\", "
           "\"lenet\", \"mine\"]\n",
           "[model]\nhidden = [9]\nkind = \"gin\"\n[grid]\n\"model.kind\" = [\"fcn\", "
           "\"gat\"]\n\"model.hidden\" = [[3], [4, 5]]\n",
           "[model]\nactivation = \"sigmoid\"\n[grid]\nmodel = [{ kind = \"gcn\" }, { hidden = [7] "
           "}, "
           "{ kind = \"gat\", heads = 3, activation = \"elu\" }]\n",
           "[grid]\nmodel = [{ kind = \"gcn\", hidden = [3] }, { kind = \"gcn\" }]\n",
           "[grid]\nmodel = [{ hidden = [3] }, { activation = \"relu\" }]\n"
           "training = [{ optimizer = \"sgd\", momentum = 0.5 }, { learning_rate = 1 }, {}]\n",
           "[data]\nroot = \"my data\"\n[grid]\n"
           "data = [{ set = \"cora\", normalize_rows = false }, { label_gamma = 3 }, "
           "{ set = \"file\", inputs = \"x.npy\", labels = \"y.npy\" }]\n",
           "[data]\nset = \"file\"\n[grid]\n"
           "data = [{ inputs = \"x.npy\", labels = \"y.npy\" }, { set = \"names\" }]\n",
           "[model]\nkind = \"layers\"\nlayers = [\"linear 5\", \"tanh\"]\n",
       }) {
    SCOPED_TRACE(text);
    const SweepFile sweep = SweepFile::parse(text, "a.toml");
    SCOPED_TRACE(sweep.resolved());
    const SweepFile again = SweepFile::parse(sweep.resolved(), "b.toml");
    EXPECT_EQ(again.resolved(), sweep.resolved());
    EXPECT_EQ(again.data_places().root, sweep.data_places().root);
    const TrialGrid one = expand(sweep);
    const TrialGrid other = expand(again);
    ASSERT_EQ(one.trials.size(), other.trials.size());
    for (std::size_t t = 0; t < one.trials.size(); ++t) {
      EXPECT_EQ(one.trials[t].id, other.trials[t].id) << t;
      EXPECT_EQ(one.trials[t].varied, other.trials[t].varied) << t;
    }
  }
}

}  // namespace
}  // namespace infoplane::test
