#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "config/wrong_sweep.hpp"

// Wrong grids, wrong TOML and wrong --set: the exact words a user reads.

namespace infoplane::config::test {
namespace {

class WrongGrid : public testing::TestWithParam<WrongSweep> {};

TEST_P(WrongGrid, SaysWhatWhereAndWhy) { EXPECT_EQ(refusal(GetParam().text), GetParam().message); }

const std::vector<WrongSweep> wrong_grid{
    {"GridOfEstimate", R"([grid]
"estimate.sigma2" = [0.1])",
     R"([grid] cannot vary "estimate.sigma2" at a.toml:2:1 (it never retrains: give all values in [estimate], every trial is estimated at each of them in one pass over its distances))"},
    {"GridOfEstimateWithoutQuotes", R"([grid]
estimate.sigma2 = [0.1])",
     R"([grid] cannot vary "estimate.sigma2" at a.toml:2:10 (it never retrains: give all values in [estimate], every trial is estimated at each of them in one pass over its distances))"},
    {"GridOfRecord", R"([grid]
"record.epochs" = ["saxe"])",
     R"([grid] cannot vary "record.epochs" at a.toml:2:1 (what is recorded is the same for all trials, or they could not be compared; set it in [record]))"},
    {"GridOfSweep", R"([grid]
"sweep.seed" = [1, 2])",
     R"([grid] cannot vary "sweep.seed" at a.toml:2:1 (it belongs to the sweep as a whole; repetitions vary "training.seed"))"},
    {"GridUnknownKey", R"([grid]
"training.epoch" = [1, 2])",
     R"(unknown key "training.epoch" in [grid] at a.toml:2:1 (did you mean "training.epochs"? )" +
         in_training + ")"},
    {"GridWithoutSection", R"([grid]
learning_rate = [1, 2])",
     R"(unknown key "learning_rate" in [grid] at a.toml:2:1 (did you mean "training.learning_rate"? )" +
         any_grid_key + ")"},
    {"GridUnknownSection", R"([grid]
"trainin.epochs" = [1, 2])",
     R"(unknown key "trainin.epochs" in [grid] at a.toml:2:1 (did you mean "training.epochs"? )" +
         any_grid_key + ")"},
    {"GridOfASection", R"([grid]
"data" = [1])",
     "[grid] data = 1 at a.toml:2:11 (must be a table such as { set = ... }, is a whole number)"},
    {"GridTooDeep", R"([grid]
"training.seed.x" = [1])",
     R"(unknown key "training.seed.x" in [grid] at a.toml:2:1 (did you mean "training.seed"? )" +
         in_training + ")"},
    {"GridOfANumber", R"([grid]
"training.epochs" = 5)",
     "training.epochs = 5 at a.toml:2:21 (must be a list of values, or { from = 1, to = 5 }, is a "
     "whole number)"},
    {"GridOfAString", R"([grid]
"training.seed" = "1 to 5")",
     R"(training.seed = "1 to 5" at a.toml:2:19 (must be a list of values, or { from = 1, to = 5 }, is a string))"},
    {"GridOfADate", R"([grid]
"training.seed" = 1979-05-27)",
     "training.seed = <date> at a.toml:2:19 (must be a list of values, or { from = 1, to = 5 }, is "
     "a date)"},
    {"GridEmpty", R"([grid]
"training.epochs" = [])",
     "training.epochs = [] at a.toml:2:21 (must name at least one value)"},
    {"GridSameValueTwice", R"([grid]
"training.seed" = [1, 2, 1])",
     R"([grid] names training.seed = 1 twice at a.toml:2:26 (it would be the same trial; repetitions vary "training.seed"))"},
    {"GridSameNumberSpeltTwice", R"([grid]
"data.sampling_rate" = [0.5, 5e-1])",
     R"([grid] names data.sampling_rate = 0.5 twice at a.toml:2:30 (it would be the same trial; repetitions vary "training.seed"))"},
    {"GridSameWholeNumberSpeltTwice", R"([grid]
"training.epochs" = [10, 1e1])",
     R"([grid] names training.epochs = 10.0 twice at a.toml:2:26 (it would be the same trial; repetitions vary "training.seed"))"},
    {"GridSameListTwice", R"([grid]
"model.hidden" = [[10, 7], [10, 7]])",
     R"([grid] names model.hidden = [10, 7] twice at a.toml:2:28 (it would be the same trial; repetitions vary "training.seed"))"},
    {"GridSameKeySpeltTwice", R"([grid]
training.epochs = [1, 2]
"training.epochs" = [3])",
     R"([grid] varies "training.epochs" twice at a.toml:3:1 (first at a.toml:2:10))"},
    {"GridValueOutOfRange", R"([grid]
"data.sampling_rate" = [0.5, 1.5])",
     "data.sampling_rate = 1.5 at a.toml:2:30 (must be above 0 and at most 1)"},
    {"GridValueOfWrongType", R"([grid]
"training.learning_rate" = [0.1, "0.2"])",
     R"(training.learning_rate = "0.2" at a.toml:2:34 (must be a number, is a string))"},
    {"GridValueUnknownWord", R"([grid]
"model.activation" = ["relu", "tan"])",
     R"(model.activation = "tan" at a.toml:2:31 (did you mean "tanh"? must be one of "tanh", "relu", "sigmoid", "elu"))"},
    {"GridOfHiddenNeedsLists", R"([grid]
"model.hidden" = [10, 7])",
     "[grid] model.hidden = 10 at a.toml:2:19 (each value of this key is itself a list: [[10, 7], "
     "[5]])"},
    {"GridOfHiddenWithAnEmptyOne", R"([grid]
"model.hidden" = [[10, 7], []])",
     "model.hidden = [] at a.toml:2:28 (must name at least one)"},
    {"GridMomentumWithAdam", R"([grid]
"training.momentum" = [0.5])",
     R"(training.momentum = 0.5 at a.toml:2:24 (goes with optimizer = "sgd"; here optimizer is "adam"))"},
    {"RangeWithoutEnd", R"([grid]
"training.seed" = { from = 1 })",
     "training.seed = { from = 1 } at a.toml:2:19 (a range needs from and to)"},
    {"RangeEmpty", R"([grid]
"training.seed" = {})",
     "training.seed = {  } at a.toml:2:19 (a range needs from and to)"},
    {"RangeDownwards", R"([grid]
"training.seed" = { from = 5, to = 1 })",
     "training.seed = { from = 5, to = 1 } at a.toml:2:19 (a range runs upwards from `from` to "
     "`to` in steps of at least 1, a million values at most)"},
    {"RangeWithoutStep", R"([grid]
"training.seed" = { from = 1, to = 5, step = 0 })",
     "training.seed = { from = 1, to = 5, step = 0 } at a.toml:2:19 (a range runs upwards from "
     "`from` to `to` in steps of at least 1, a million values at most)"},
    {"RangeUnknownKey", R"([grid]
"training.seed" = { from = 1, to = 5, stp = 2 })",
     R"(unknown key "stp" in the range of training.seed at a.toml:2:39 (did you mean "step"? allowed: from, to, step))"},
    {"RangeOfFractions", R"([grid]
"training.seed" = { from = 1.5, to = 5 })",
     "training.seed.from = 1.5 at a.toml:2:28 (must be a whole number)"},
    {"RangeOfWords", R"([grid]
"training.seed" = { from = "a", to = "e" })",
     R"(training.seed.from = "a" at a.toml:2:28 (must be a whole number, is a string))"},
    {"RangeTooLong", R"([grid]
"training.seed" = { from = 1, to = 1000001 })",
     "training.seed = { from = 1, to = 1000001 } at a.toml:2:19 (a range runs upwards from `from` "
     "to `to` in steps of at least 1, a million values at most)"},
    {"RangeAsWideAsTheIntegers", R"([grid]
"training.seed" = { from = -9223372036854775807, to = 9223372036854775807 })",
     "training.seed = { from = -9223372036854775807, to = 9223372036854775807 } at a.toml:2:19 (a "
     "range runs upwards from `from` to `to` in steps of at least 1, a million values at most)"},
    {"RangeOfBadValues", R"([grid]
"training.batch" = { from = 0, to = 3 })",
     "training.batch = 0 at a.toml:2:20 (must be a whole number from 1 to 100000000)"},
    {"RangeAsATable", R"([grid.training.seed]
from = 1
too = 5)",
     R"(unknown key "too" in the range of training.seed at a.toml:3:1 (did you mean "to"? allowed: from, to, step))"},
    {"BaseValueBehindAnAxis", R"([training]
epochs = "many"
[grid]
"training.epochs" = [5])",
     R"(training.epochs = "many" at a.toml:2:10 (must be a whole number, is a string))"},
};

INSTANTIATE_TEST_SUITE_P(Grid, WrongGrid, testing::ValuesIn(wrong_grid), name_of_case);

/// What is wrong comes from toml++, in words that change with its version; the place must be right.
class WrongToml : public testing::TestWithParam<WrongSweep> {};

TEST_P(WrongToml, SaysWhere) {
  const std::string message = refusal(GetParam().text);
  const std::string place = GetParam().message + " (";
  EXPECT_EQ(message.substr(0, place.size()), place);
  EXPECT_GT(message.size(), place.size() + 10) << "no reason in " << message;
}

const std::vector<WrongSweep> wrong_toml{
    {"TableNotClosed", R"([training
epochs = 5)",
     "not valid TOML at a.toml:1:10"},
    {"NoEquals", R"([training]
epochs)",
     "not valid TOML at a.toml:2:7"},
    {"NoValue", R"([training]
epochs =)",
     "not valid TOML at a.toml:2:9"},
    {"StringNotClosed", R"([training]
optimizer = "adam)",
     "not valid TOML at a.toml:2:18"},
    {"StringWithoutQuotes", R"([training]
optimizer = adam)",
     "not valid TOML at a.toml:2:13"},
    {"LeadingZero", R"([training]
epochs = 05)",
     "not valid TOML at a.toml:2:12"},
    {"LeadingPoint", R"([training]
learning_rate = .5)",
     "not valid TOML at a.toml:2:17"},
    {"TwoValues", R"([training]
epochs = 5 6)",
     "not valid TOML at a.toml:2:12"},
    {"KeyTwice", R"([training]
epochs = 5
epochs = 6)",
     "not valid TOML at a.toml:3:10"},
    {"TableTwice", R"([training]
[training])",
     "not valid TOML at a.toml:2:1"},
    {"ListNotClosed", R"([model]
hidden = [1, 2)",
     "not valid TOML at a.toml:2:15"},
    {"IntegerTooLarge", R"([sweep]
seed = 99999999999999999999)",
     "not valid TOML at a.toml:2:28"},
};

INSTANTIATE_TEST_SUITE_P(Toml, WrongToml, testing::ValuesIn(wrong_toml), name_of_case);

/// `text` is the word after --set.
class WrongSet : public testing::TestWithParam<WrongSweep> {};

TEST_P(WrongSet, SaysWhatWhereAndWhy) {
  EXPECT_EQ(refusal("", {GetParam().text}), GetParam().message);
}

const std::vector<WrongSweep> wrong_set{
    {"SetWithoutValue", "training.epochs",
     "--set training.epochs is not key=value (for example --set training.epochs=100)"},
    {"SetWithoutKey", "=5", "--set =5 is not key=value (for example --set training.epochs=100)"},
    {"SetUnknownKey", "training.epoch=5",
     R"(unknown key "training.epoch" at --set training.epoch=5 (did you mean "training.epochs"? )" +
         in_training + ")"},
    {"SetKeyWithoutSection", "epochs=5",
     R"(unknown key "epochs" at --set epochs=5 (did you mean "training.epochs" or "record.epochs"? )" +
         any_key + ")"},
    {"SetUnknownSection", "foo.bar=1",
     R"(unknown key "foo.bar" at --set foo.bar=1 ()" + any_key + ")"},
    {"SetASection", "training=5",
     R"(unknown key "training" at --set training=5 ()" + in_training + ")"},
    {"SetWrongType", "training.epochs=many",
     R"(training.epochs = "many" at --set training.epochs=many (must be a whole number, is a string))"},
    {"SetNothing", "training.epochs=",
     R"(training.epochs = "" at --set training.epochs= (must be a whole number, is a string))"},
    {"SetOutOfRange", "data.sampling_rate=2",
     "data.sampling_rate = 2 at --set data.sampling_rate=2 (must be above 0 and at most 1)"},
    {"SetUnknownWord", "model.activation=relu6",
     R"(model.activation = "relu6" at --set model.activation=relu6 (did you mean "relu"? must be one of "tanh", "relu", "sigmoid", "elu"))"},
    {"SetListForANumber", "training.seed=[1,2]",
     "training.seed = [1, 2] at --set training.seed=[1,2] (must be a whole number, is a list; "
     "several values to try go into [grid])"},
    {"SetBrokenList", "model.hidden=[5,",
     R"(not valid TOML at --set model.hidden=[5, (it begins like a list or table, where text needs quotes: ["tanh", 0.5]))"},
    {"SetTheGrid", "grid=[1]", R"(unknown key "grid" at --set grid=[1] ()" + any_key + ")"},
    {"SetGridUnknownKey", "grid.training.sed=[1]",
     R"(unknown key "training.sed" in [grid] at --set grid.training.sed=[1] (did you mean "training.seed"? )" +
         in_training + ")"},
    {"SetGridOfEstimate", "grid.estimate.sigma2=[1]",
     R"([grid] cannot vary "estimate.sigma2" at --set grid.estimate.sigma2=[1] (it never retrains: give all values in [estimate], every trial is estimated at each of them in one pass over its distances))"},
    {"SetGridOfANumber", "grid.training.seed=5",
     "training.seed = 5 at --set grid.training.seed=5 (must be a list of values, or { from = 1, to "
     "= 5 }, is a whole number)"},
    {"SetMomentumWithAdam", "training.momentum=0.5",
     R"(training.momentum = 0.5 at --set training.momentum=0.5 (goes with optimizer = "sgd"; here optimizer is "adam"))"},
    {"SetBadRange", "estimate.sigma2=log:1:2",
     R"(estimate.sigma2 = "log:1:2" at --set estimate.sigma2=log:1:2 (must be "log:from:to:count", for example "log:1e-4:1e1:12"))"},
};

INSTANTIATE_TEST_SUITE_P(Set, WrongSet, testing::ValuesIn(wrong_set), name_of_case);

}  // namespace
}  // namespace infoplane::config::test
