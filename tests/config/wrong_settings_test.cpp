#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "config/wrong_sweep.hpp"

// Wrong values of settings: the exact words a user reads, problem, value, place, reason and hint.

namespace infoplane::config::test {
namespace {

class WrongText : public testing::TestWithParam<WrongSweep> {};

TEST_P(WrongText, SaysWhatWhereAndWhy) { EXPECT_EQ(refusal(GetParam().text), GetParam().message); }

const std::vector<WrongSweep> wrong_sections{
    {"UnknownTable", R"([trainin]
epochs = 1)",
     R"(unknown table "trainin" at a.toml:1:2 (did you mean "training"? allowed: [sweep], [data], [model], [training], [record], [estimate], [grid]))"},
    {"UnknownTableNearNothing", R"([foo]
x = 1)",
     R"(unknown table "foo" at a.toml:1:2 (allowed: [sweep], [data], [model], [training], [record], [estimate], [grid]))"},
    {"KeyOutsideATable", "epochs = 10",
     R"(unknown key "epochs" at a.toml:1:1 (did you mean "training.epochs" or "record.epochs"? allowed: [sweep], [data], [model], [training], [record], [estimate], [grid]))"},
    {"TableIsANumber", "data = 5", "data = 5 at a.toml:1:8 (must be a table, is a whole number)"},
    {"TableIsAString", R"(training = "adam")",
     R"(training = "adam" at a.toml:1:12 (must be a table, is a string))"},
    {"TableIsAListOfTables", R"([[training]]
epochs = 1)",
     "training = [{ epochs = 1 }] at a.toml:1:1 (must be a table, is a list)"},
    {"GridIsAList", "grid = [1]", "grid = [1] at a.toml:1:8 (must be a table, is a list)"},
};

const std::vector<WrongSweep> wrong_sweep{
    {"UnknownKeyInSweep", R"([sweep]
nam = "x")",
     R"(unknown key "sweep.nam" at a.toml:2:1 (did you mean "name"? allowed in [sweep]: name, seed, shard))"},
    {"UnknownKeyNearSeed", R"([sweep]
sed = 1)",
     R"(unknown key "sweep.sed" at a.toml:2:1 (did you mean "seed"? allowed in [sweep]: name, seed, shard))"},
    {"NameOfWrongType", R"([sweep]
name = 5)",
     "sweep.name = 5 at a.toml:2:8 (must be a string, is a whole number)"},
    {"NameWithASpace", R"([sweep]
name = "my sweep")",
     R"(sweep.name = "my sweep" at a.toml:2:8 (must be 1 to 100 letters, digits, '.', '_' or '-', as it names the run directory))"},
    {"NameEmpty", R"([sweep]
name = "")",
     R"(sweep.name = "" at a.toml:2:8 (must be 1 to 100 letters, digits, '.', '_' or '-', as it names the run directory))"},
    {"NameThatHides", R"([sweep]
name = ".szt")",
     R"(sweep.name = ".szt" at a.toml:2:8 (must be 1 to 100 letters, digits, '.', '_' or '-', as it names the run directory))"},
    {"NameThatClimbs", R"([sweep]
name = "../szt")",
     R"(sweep.name = "../szt" at a.toml:2:8 (must be 1 to 100 letters, digits, '.', '_' or '-', as it names the run directory))"},
    {"SeedNegative", R"([sweep]
seed = -1)",
     "sweep.seed = -1 at a.toml:2:8 (must be 0 or a positive whole number)"},
    {"SeedOfWrongType", R"([sweep]
seed = "1")",
     R"(sweep.seed = "1" at a.toml:2:8 (must be a whole number, is a string))"},
};

const std::vector<WrongSweep> wrong_data{
    {"UnknownKeyInData", R"([data]
sampling_rat = 0.1)",
     R"(unknown key "data.sampling_rat" at a.toml:2:1 (did you mean "sampling_rate"? )" + in_data +
         ")"},
    {"UnknownKeyInDataNearNothing", R"([data]
fraction_of_all_rows = 0.1)",
     R"(unknown key "data.fraction_of_all_rows" at a.toml:2:1 ()" + in_data + ")"},
    {"DataSetNear", R"([data]
set = "sz")",
     R"(data.set = "sz" at a.toml:2:7 (did you mean "szt"? must be one of "szt", "mnist", "fashion-mnist", "names", "cora", "file"))"},
    {"DataSetUnknown", R"([data]
set = "imagenet")",
     R"(data.set = "imagenet" at a.toml:2:7 (must be one of "szt", "mnist", "fashion-mnist", "names", "cora", "file"))"},
    {"DataSetOfWrongType", R"([data]
set = 3)",
     R"(data.set = 3 at a.toml:2:7 (must be one of "szt", "mnist", "fashion-mnist", "names", "cora", "file", is a whole number))"},
    {"TrainFractionZero", R"([data]
train_fraction = 0)",
     "data.train_fraction = 0 at a.toml:2:18 (must be above 0 and at most 1)"},
    {"TrainFractionAboveOne", R"([data]
train_fraction = 1.5)",
     "data.train_fraction = 1.5 at a.toml:2:18 (must be above 0 and at most 1)"},
    {"TrainFractionNotANumber", R"([data]
train_fraction = nan)",
     "data.train_fraction = nan at a.toml:2:18 (must be above 0 and at most 1)"},
    {"TrainFractionOfWrongType", R"([data]
train_fraction = "0.8")",
     R"(data.train_fraction = "0.8" at a.toml:2:18 (must be a number, is a string))"},
    {"SamplingRateNegative", R"([data]
sampling_rate = -0.1)",
     "data.sampling_rate = -0.1 at a.toml:2:17 (must be above 0 and at most 1)"},
    {"SamplingRateAboveOne", R"([data]
sampling_rate = 45)",
     "data.sampling_rate = 45 at a.toml:2:17 (must be above 0 and at most 1)"},
    {"LabelGammaNegative", R"([data]
label_gamma = -1)",
     "data.label_gamma = -1 at a.toml:2:15 (must be 0 or a positive number)"},
    {"LabelGammaInfinite", R"([data]
label_gamma = inf)",
     "data.label_gamma = inf at a.toml:2:15 (must be 0 or a positive number)"},
    {"LabelGammaOfWrongType", R"([data]
label_gamma = true)",
     "data.label_gamma = true at a.toml:2:15 (must be a number, is a boolean)"},
    {"SplitNear", R"([data]
split = "planetoids")",
     R"(data.split = "planetoids" at a.toml:2:9 (must be "fractions", "balanced:k", "published" or "planetoid"))"},
    {"SplitBalancedWithoutItsNumber", R"([data]
split = "balanced")",
     R"(data.split = "balanced" at a.toml:2:9 (must be "fractions", "balanced:k", "published" or "planetoid"))"},
    {"SplitBalancedZero", R"([data]
split = "balanced:0")",
     R"(data.split = "balanced:0" at a.toml:2:9 (must be "fractions", "balanced:k", "published" or "planetoid"))"},
    {"SplitOfWrongType", R"([data]
split = 0.8)",
     R"(data.split = 0.8 at a.toml:2:9 (must be "fractions", "balanced:k", "published" or "planetoid", is a number))"},
    {"ValidationFractionOne", R"([data]
validation_fraction = 1)",
     "data.validation_fraction = 1 at a.toml:2:23 (must be at least 0 and below 1)"},
    {"TrainRowsNegative", R"([data]
train_rows = -1)",
     "data.train_rows = -1 at a.toml:2:14 (must be a whole number from 0 to 1000000000)"},
    {"NormalizeRowsOfWrongType", R"([data]
set = "cora"
normalize_rows = "yes")",
     R"(data.normalize_rows = "yes" at a.toml:3:18 (must be true or false, is a string))"},
    {"DottedKeyMakesATable", R"([data]
train_fraction.x = 0.5)",
     "data.train_fraction = { x = 0.5 } at a.toml:2:1 (must be a number, is a table)"},
};

const std::vector<WrongSweep> wrong_model{
    {"UnknownKeyInModel", R"([model]
hiden = [1])",
     R"(unknown key "model.hiden" at a.toml:2:1 (did you mean "hidden"? )" + in_model + ")"},
    {"KindEmpty", R"([model]
kind = "")",
     R"(model.kind = "" at a.toml:2:8 (must not be empty))"},
    {"KindOfWrongType", R"([model]
kind = 3)",
     "model.kind = 3 at a.toml:2:8 (must be a string, is a whole number)"},
    {"HiddenEmpty", R"([model]
hidden = [])",
     "model.hidden = [] at a.toml:2:10 (must name at least one)"},
    {"HiddenIsANumber", R"([model]
hidden = 10)",
     "model.hidden = 10 at a.toml:2:10 (must be a list of values, is a whole number)"},
    {"HiddenWithZero", R"([model]
hidden = [10, 0, 5])",
     "model.hidden = 0 at a.toml:2:15 (must be a whole number from 1 to 1000000)"},
    {"HiddenTooWide", R"([model]
hidden = [2000000])",
     "model.hidden = 2000000 at a.toml:2:11 (must be a whole number from 1 to 1000000)"},
    {"HiddenWithAString", R"([model]
hidden = [
  10,
  "7",
])",
     R"(model.hidden = "7" at a.toml:4:3 (must be a whole number, is a string))"},
    {"HiddenWithAFraction", R"([model]
hidden = [10, 7.5])",
     "model.hidden = 7.5 at a.toml:2:15 (must be a whole number)"},
    {"HiddenNested", R"([model]
hidden = [[10, 7]])",
     "model.hidden = [10, 7] at a.toml:2:11 (must be a whole number, is a list; several values to "
     "try go into [grid])"},
    {"ActivationNear", R"([model]
activation = "Tanh")",
     R"(model.activation = "Tanh" at a.toml:2:14 (did you mean "tanh"? must be one of "tanh", "relu", "sigmoid", "elu"))"},
    {"ActivationUnknown", R"([model]
activation = "softmax")",
     R"(model.activation = "softmax" at a.toml:2:14 (must be one of "tanh", "relu", "sigmoid", "elu"))"},
    {"ActivationEmpty", R"([model]
activation = "")",
     R"(model.activation = "" at a.toml:2:14 (must be one of "tanh", "relu", "sigmoid", "elu"))"},
    {"ActivationOfWrongType", R"([model]
activation = ["tanh"])",
     R"(model.activation = ["tanh"] at a.toml:2:14 (must be one of "tanh", "relu", "sigmoid", "elu", is a list; several values to try go into [grid]))"},
    {"InitializationUnknown", R"([model]
initialization = "zeros")",
     R"(model.initialization = "zeros" at a.toml:2:18 (must be one of "truncated-normal", "xavier-uniform", "he-normal", "torch", "own"))"},
    {"DropoutOne", R"([model]
dropout = 1)",
     "model.dropout = 1 at a.toml:2:11 (must be at least 0 and below 1)"},
    {"DropoutNegative", R"([model]
dropout = -0.5)",
     "model.dropout = -0.5 at a.toml:2:11 (must be at least 0 and below 1)"},
};

const std::vector<WrongSweep> wrong_training{
    {"UnknownKeyInTraining", R"([training]
optimiser = "adam")",
     R"(unknown key "training.optimiser" at a.toml:2:1 (did you mean "optimizer"? )" + in_training +
         ")"},
    {"OptimizerNear", R"([training]
optimizer = "sdg")",
     R"(training.optimizer = "sdg" at a.toml:2:13 (did you mean "sgd"? must be one of "adam", "sgd"))"},
    {"OptimizerUnknown", R"([training]
optimizer = "lbfgs")",
     R"(training.optimizer = "lbfgs" at a.toml:2:13 (must be one of "adam", "sgd"))"},
    {"LearningRateZero", R"([training]
learning_rate = 0)",
     "training.learning_rate = 0 at a.toml:2:17 (must be a positive number)"},
    {"LearningRateNegative", R"([training]
learning_rate = -1e-3)",
     "training.learning_rate = -0.001 at a.toml:2:17 (must be a positive number)"},
    {"LearningRateOfWrongType", R"([training]
learning_rate = "fast")",
     R"(training.learning_rate = "fast" at a.toml:2:17 (must be a number, is a string))"},
    {"LearningRateIsAList", R"([training]
learning_rate = [0.1, 0.2])",
     "training.learning_rate = [0.1, 0.2] at a.toml:2:17 (must be a number, is a list; several "
     "values to try go into [grid])"},
    {"MomentumOne", R"([training]
optimizer = "sgd"
momentum = 1.0)",
     "training.momentum = 1.0 at a.toml:3:12 (must be at least 0 and below 1)"},
    {"MomentumWithAdam", R"([training]
momentum = 0.9)",
     R"(training.momentum = 0.9 at a.toml:2:12 (goes with optimizer = "sgd"; here optimizer is "adam"))"},
    {"WeightDecayNegative", R"([training]
weight_decay = -1)",
     "training.weight_decay = -1 at a.toml:2:16 (must be 0 or a positive number)"},
    {"ScheduleNear", R"([training]
schedule = "cosinus")",
     R"(training.schedule = "cosinus" at a.toml:2:12 (did you mean "cosine"? must be one of "constant", "step", "cosine"))"},
    {"DeviceNear", R"([training]
device = "cdua")",
     R"(training.device = "cdua" at a.toml:2:10 (did you mean "cuda"? must be one of "auto", "cpu", "cuda"))"},
    {"WeightDecayLayersIsAString", R"([training]
weight_decay_layers = "h1")",
     R"(training.weight_decay_layers = "h1" at a.toml:2:23 (must be a list of values, is a string))"},
    {"WeightDecayLayersWithAnEmptyOne", R"([training]
weight_decay_layers = ["h1", ""])",
     R"(training.weight_decay_layers = "" at a.toml:2:30 (must not be empty))"},
    {"PatienceNegative", R"([training]
patience = -1)",
     "training.patience = -1 at a.toml:2:12 (must be a whole number from 0 to 100000000)"},
    {"BatchZero", R"([training]
batch = 0)",
     "training.batch = 0 at a.toml:2:9 (must be a whole number from 1 to 100000000)"},
    {"BatchFraction", R"([training]
batch = 2.5)",
     "training.batch = 2.5 at a.toml:2:9 (must be a whole number)"},
    {"BatchTooLarge", R"([training]
batch = 100000001)",
     "training.batch = 100000001 at a.toml:2:9 (must be a whole number from 1 to 100000000)"},
    {"EpochsNegative", R"([training]
epochs = -5)",
     "training.epochs = -5 at a.toml:2:10 (must be a whole number from 0 to 100000000)"},
    {"EpochsTooMany", R"([training]
epochs = 1_000_000_000)",
     "training.epochs = 1000000000 at a.toml:2:10 (must be a whole number from 0 to 100000000)"},
    {"EpochsIsADate", R"([training]
epochs = 1979-05-27)",
     "training.epochs = <date> at a.toml:2:10 (must be a whole number, is a date)"},
    {"EpochsIsATime", R"([training]
epochs = 07:32:00)",
     "training.epochs = <time> at a.toml:2:10 (must be a whole number, is a time)"},
    {"EpochsIsADateAndTime", R"([training]
epochs = 1979-05-27T07:32:00Z)",
     "training.epochs = <date-time> at a.toml:2:10 (must be a whole number, is a date-time)"},
    {"TrainingSeedNegative", R"([training]
seed = -1)",
     "training.seed = -1 at a.toml:2:8 (must be 0 or a positive whole number)"},
    {"TrainingSeedIsATable", R"([training]
seed = { from = 1, to = 5 })",
     "training.seed = { from = 1, to = 5 } at a.toml:2:8 (must be a whole number, is a table; "
     "several values to try go into [grid])"},
};

const std::vector<WrongSweep> wrong_record{
    {"UnknownKeyInRecord", R"([record]
row = "all")",
     R"(unknown key "record.row" at a.toml:2:1 (did you mean "rows"? allowed in [record]: epochs, rows, gradients))"},
    {"EpochListEmpty", R"([record]
epochs = [])",
     "record.epochs = [] at a.toml:2:10 (must name at least one)"},
    {"EpochsIsANumber", R"([record]
epochs = 10)",
     "record.epochs = 10 at a.toml:2:10 (must be a list of epochs, or a schedule in quotes, is a "
     "whole number)"},
    {"ScheduleUnknown", R"([record]
epochs = "often")",
     R"(record.epochs = "often" at a.toml:2:10 (must be a list of epochs, "every:k", "log:n", "shwartz-ziv-tishby" or "saxe"))"},
    {"ScheduleEveryZero", R"([record]
epochs = "every:0")",
     R"(record.epochs = "every:0" at a.toml:2:10 ("every:0" needs a positive whole number after the colon))"},
    {"ScheduleEveryWords", R"([record]
epochs = "every:ten")",
     R"(record.epochs = "every:ten" at a.toml:2:10 ("every:ten" needs a positive whole number after the colon))"},
    {"ScheduleLogTooShort", R"([record]
epochs = "log:2")",
     R"(record.epochs = "log:2" at a.toml:2:10 ("log:2" is too short: 0, 1 and the last epoch are always recorded, so n is at least 3))"},
    {"ScheduleLogTooLong", R"([record]
epochs = "log:1000000000000")",
     R"(record.epochs = "log:1000000000000" at a.toml:2:10 ("log:1000000000000" is too long: n is at most 1000000))"},
    {"EpochListGoesDown", R"([record]
epochs = [10, 0])",
     "record.epochs = [10, 0] at a.toml:2:10 (epochs must increase, each named once)"},
    {"EpochListRepeats", R"([record]
epochs = [0, 10, 10])",
     "record.epochs = [0, 10, 10] at a.toml:2:10 (epochs must increase, each named once)"},
    {"EpochListNegative", R"([record]
epochs = [-1, 5])",
     "record.epochs = [-1, 5] at a.toml:2:10 (epochs start at 0, the untrained network)"},
    {"EpochListWithAWord", R"([record]
epochs = [0, "last"])",
     R"(record.epochs = "last" at a.toml:2:14 (must be a whole number, is a string))"},
    {"RowsUnknown", R"([record]
rows = "evaluation")",
     R"(record.rows = "evaluation" at a.toml:2:8 (did you mean "validation"? must be "all", "train", "validation", "test" or a number of rows))"},
    {"RowsNear", R"([record]
rows = "tests")",
     R"(record.rows = "tests" at a.toml:2:8 (did you mean "test"? must be "all", "train", "validation", "test" or a number of rows))"},
    {"RowsNameOfTheNumber", R"([record]
rows = "number")",
     R"(record.rows = "number" at a.toml:2:8 (must be "all", "train", "validation", "test" or a number of rows))"},
    {"RowsTooFew", R"([record]
rows = 1)",
     "record.rows = 1 at a.toml:2:8 (must be at least 2 rows)"},
    {"RowsFraction", R"([record]
rows = 2.5)",
     "record.rows = 2.5 at a.toml:2:8 (must be a whole number)"},
    {"GradientsNear", R"([record]
gradients = "example")",
     R"(record.gradients = "example" at a.toml:2:13 (did you mean "examples"? must be "none", "batches", "examples", true or false))"},
    {"GradientsOfWrongType", R"([record]
gradients = 1)",
     R"(record.gradients = 1 at a.toml:2:13 (must be "none", "batches", "examples", true or false, is a whole number))"},
    {"RowsOfWrongType", R"([record]
rows = true)",
     R"(record.rows = true at a.toml:2:8 (must be "all", "train", "validation", "test" or a number of rows, is a boolean))"},
};

const std::vector<WrongSweep> wrong_estimate{
    {"UnknownKeyInEstimate", R"([estimate]
sigma = [1])",
     R"(unknown key "estimate.sigma" at a.toml:2:1 (did you mean "sigma2"? allowed in [estimate]: estimators, bounds, sigma2, device))"},
    {"Sigma2Empty", R"([estimate]
sigma2 = [])",
     "estimate.sigma2 = [] at a.toml:2:10 (must name at least one)"},
    {"Sigma2Zero", R"([estimate]
sigma2 = [0.1, 0])",
     "estimate.sigma2 = 0 at a.toml:2:16 (must be a positive number)"},
    {"Sigma2Negative", R"([estimate]
sigma2 = -1)",
     "estimate.sigma2 = -1 at a.toml:2:10 (must be a positive number)"},
    {"Sigma2Infinite", R"([estimate]
sigma2 = [inf])",
     "estimate.sigma2 = inf at a.toml:2:11 (must be a positive number)"},
    {"Sigma2Twice", R"([estimate]
sigma2 = [0.1, 0.2, 0.10])",
     "estimate.sigma2 names 0.1 twice at a.toml:2:21 (each once)"},
    {"Sigma2OfWrongType", R"([estimate]
sigma2 = true)",
     R"(estimate.sigma2 = true at a.toml:2:10 (must be a number, a range "log:from:to:count", "lin:from:to:count" or "x2:from:to", a list [5, 2, 0.3] with one number for each layer, or a rule such as "p90/1000", "scale:0.01" or "median@last", is a boolean))"},
    {"Sigma2EmptyInnerList", R"([estimate]
sigma2 = [1, []])",
     "estimate.sigma2 = [] at a.toml:2:14 (an inner list has one number for each layer)"},
    {"Sigma2InnerListOfWords", R"([estimate]
sigma2 = [[1, "median"]])",
     R"(estimate.sigma2 = "median" at a.toml:2:15 (must be a number: an inner list has one for each layer, is a string))"},
    {"Sigma2InnerListWithZero", R"([estimate]
sigma2 = [[0.1, 0]])",
     "estimate.sigma2 = 0 at a.toml:2:17 (must be a positive number)"},
    {"Sigma2ListTwice", R"([estimate]
sigma2 = [[0.1, 2], [0.2, 2], [0.1, 2.0]])",
     "estimate.sigma2 names [0.1, 2] twice at a.toml:2:31 (each once)"},
    {"Sigma2NumberInQuotes", R"([estimate]
sigma2 = "0.1")",
     R"(estimate.sigma2 = "0.1" at a.toml:2:10 (must be a number, a range "log:from:to:count", "lin:from:to:count" or "x2:from:to", a list [5, 2, 0.3] with one number for each layer, or a rule such as "p90/1000", "scale:0.01" or "median@last"))"},
    {"Sigma2NoShapeOfARule", R"([estimate]
sigma2 = [1, "p90 / 1000"])",
     R"(estimate.sigma2 = "p90 / 1000" at a.toml:2:14 (must be a number, a range "log:from:to:count", "lin:from:to:count" or "x2:from:to", a list [5, 2, 0.3] with one number for each layer, or a rule such as "p90/1000", "scale:0.01" or "median@last"))"},
    {"Sigma2RuleWithoutItsNumber", R"([estimate]
sigma2 = "scale:")",
     R"(estimate.sigma2 = "scale:" at a.toml:2:10 (must be a number, a range "log:from:to:count", "lin:from:to:count" or "x2:from:to", a list [5, 2, 0.3] with one number for each layer, or a rule such as "p90/1000", "scale:0.01" or "median@last"))"},
    {"Sigma2RuleAtNowhere", R"([estimate]
sigma2 = "p90/1000@first")",
     R"(estimate.sigma2 = "p90/1000@first" at a.toml:2:10 (after a rule only "@last" may stand: its value at the last recorded epoch))"},
    {"Sigma2RuleAtNearlyLast", R"([estimate]
sigma2 = "median@lsat")",
     R"(estimate.sigma2 = "median@lsat" at a.toml:2:10 (did you mean "median@last"? after a rule only "@last" may stand: its value at the last recorded epoch))"},
    {"Sigma2RuleTwice", R"([estimate]
sigma2 = ["p90/1000", "p90/1000@last", "p90/1e3"])",
     "estimate.sigma2 names p90/1000 twice at a.toml:2:40 (each once)"},
    {"Sigma2RangeWithoutCount", R"([estimate]
sigma2 = "log:1e-3:1e1")",
     R"(estimate.sigma2 = "log:1e-3:1e1" at a.toml:2:10 (must be "log:from:to:count", for example "log:1e-4:1e1:12"))"},
    {"Sigma2RangeOfWords", R"([estimate]
sigma2 = "log:a:b:3")",
     R"(estimate.sigma2 = "log:a:b:3" at a.toml:2:10 (must be "log:from:to:count", for example "log:1e-4:1e1:12"))"},
    {"Sigma2RangeTooMuch", R"([estimate]
sigma2 = "lin:1:2:3:4")",
     R"(estimate.sigma2 = "lin:1:2:3:4" at a.toml:2:10 (must be "lin:from:to:count", for example "lin:0.1:1:10"))"},
    {"Sigma2DoublingsWithCount", R"([estimate]
sigma2 = "x2:1:2:3")",
     R"(estimate.sigma2 = "x2:1:2:3" at a.toml:2:10 (must be "x2:from:to", for example "x2:1e-3:10": each twice the one before, which is cheap to estimate))"},
    {"Sigma2DoublingsDownwards", R"([estimate]
sigma2 = "x2:2:1")",
     R"(estimate.sigma2 = "x2:2:1" at a.toml:2:10 (must run from a positive number to a larger one))"},
    {"Sigma2RangeDownwards", R"([estimate]
sigma2 = "log:1e1:1e-3:5")",
     R"(estimate.sigma2 = "log:1e1:1e-3:5" at a.toml:2:10 (must run from a positive number to a larger one))"},
    {"Sigma2RangeFromZero", R"([estimate]
sigma2 = "log:0:1:5")",
     R"(estimate.sigma2 = "log:0:1:5" at a.toml:2:10 (must run from a positive number to a larger one))"},
    {"Sigma2RangeToInfinity", R"([estimate]
sigma2 = "log:1:inf:5")",
     R"(estimate.sigma2 = "log:1:inf:5" at a.toml:2:10 (must run from a positive number to a larger one))"},
    {"Sigma2RangeOfOne", R"([estimate]
sigma2 = "log:1e-3:1:1")",
     R"(estimate.sigma2 = "log:1e-3:1:1" at a.toml:2:10 (must have a count from 2 to 10000))"},
    {"Sigma2RangeTooLong", R"([estimate]
sigma2 = "log:1e-3:1:20000")",
     R"(estimate.sigma2 = "log:1e-3:1:20000" at a.toml:2:10 (must have a count from 2 to 10000))"},
    {"Sigma2RangeMeetsANumber", R"([estimate]
sigma2 = ["log:0.1:10:3", 1])",
     "estimate.sigma2 names 1 twice at a.toml:2:27 (each once)"},
    {"EstimatorsIsAString", R"([estimate]
estimators = "pairwise")",
     R"(estimate.estimators = "pairwise" at a.toml:2:14 (must be a list of values, is a string))"},
    {"EstimatorUnknown", R"([estimate]
estimators = ["mine"])",
     R"(estimate.estimators = "mine" at a.toml:2:15 (must be one of "pairwise"))"},
    {"EstimatorTwice", R"([estimate]
estimators = ["pairwise", "pairwise"])",
     R"(estimate.estimators names "pairwise" twice at a.toml:2:27 (each once))"},
    {"BoundsEmpty", R"([estimate]
bounds = [])",
     "estimate.bounds = [] at a.toml:2:10 (must name at least one)"},
    {"BoundUnknown", R"([estimate]
bounds = ["kl", "lower"])",
     R"(estimate.bounds = "lower" at a.toml:2:17 (must be one of "kl", "bd"))"},
    {"BoundNearNothing", R"([estimate]
bounds = ["x"])",
     R"(estimate.bounds = "x" at a.toml:2:11 (must be one of "kl", "bd"))"},
    {"DeviceUnknown", R"([estimate]
device = "gpu")",
     R"(estimate.device = "gpu" at a.toml:2:10 (did you mean "cpu"? must be one of "auto", "cpu", "cuda"))"},
    {"BoundTwice", R"([estimate]
bounds = ["kl", "bd", "kl"])",
     R"(estimate.bounds names "kl" twice at a.toml:2:23 (each once))"},
};

INSTANTIATE_TEST_SUITE_P(Sections, WrongText, testing::ValuesIn(wrong_sections), name_of_case);
INSTANTIATE_TEST_SUITE_P(Sweep, WrongText, testing::ValuesIn(wrong_sweep), name_of_case);
INSTANTIATE_TEST_SUITE_P(Data, WrongText, testing::ValuesIn(wrong_data), name_of_case);
INSTANTIATE_TEST_SUITE_P(Model, WrongText, testing::ValuesIn(wrong_model), name_of_case);
INSTANTIATE_TEST_SUITE_P(Training, WrongText, testing::ValuesIn(wrong_training), name_of_case);
INSTANTIATE_TEST_SUITE_P(Record, WrongText, testing::ValuesIn(wrong_record), name_of_case);
INSTANTIATE_TEST_SUITE_P(Estimate, WrongText, testing::ValuesIn(wrong_estimate), name_of_case);

}  // namespace
}  // namespace infoplane::config::test
