#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>

#include "core/settings.hpp"
#include "core/shard.hpp"

// The one place that says which keys a sweep file has: name, field, meaning, what values are
// allowed. Reading, checking, writing the resolved sweep, trial identity and --help all visit these
// functions. A new setting is a field in core/settings.hpp and a line here; one that goes with some
// choices only also has a line in config/goes_with.cpp.

namespace infoplane::config {

template <class T>
struct Check {
  std::function<bool(const T&)> holds;
  std::string why;  ///< "must be ...", shown when it does not hold
};

template <class T>
Check<T> anything() {
  return {[](const T&) { return true; }, ""};
}
inline Check<double> positive() {
  return {[](double x) { return x > 0 && x <= std::numeric_limits<double>::max(); },
          "must be a positive number"};
}
inline Check<double> not_negative() {
  return {[](double x) { return x >= 0 && x <= std::numeric_limits<double>::max(); },
          "must be 0 or a positive number"};
}
inline Check<double> fraction_above_zero() {
  return {[](double x) { return x > 0 && x <= 1; }, "must be above 0 and at most 1"};
}
inline Check<double> fraction_below_one() {
  return {[](double x) { return x >= 0 && x < 1; }, "must be at least 0 and below 1"};
}
inline Check<std::int64_t> whole_from(std::int64_t least, std::int64_t most) {
  return {[=](std::int64_t x) { return x >= least && x <= most; },
          "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most)};
}
inline Check<std::int64_t> any_seed() {
  return {[](std::int64_t x) { return x >= 0; }, "must be 0 or a positive whole number"};
}
inline Check<std::string> not_empty() {
  return {[](const std::string& s) { return !s.empty(); }, "must not be empty"};
}
inline Check<std::string> one_of_several() {
  return {[](const std::string& s) { return shard_from_text(s).has_value(); },
          "must be \"I/K\", the I-th of K shards, with I from 1 to K"};
}
inline Check<std::string> file_name() {
  return {[](const std::string& s) {
            return !s.empty() && s.size() <= 100 && s[0] != '.' && s[0] != '-' &&
                   s.find_first_not_of(
                       "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
                       std::string::npos;
          },
          "must be 1 to 100 letters, digits, '.', '_' or '-', as it names the run directory"};
}

constexpr std::int64_t most_units = 1'000'000;
constexpr std::int64_t most_epochs = 100'000'000;
constexpr std::int64_t most_rows = 1'000'000'000;

/// The [sweep] table.
struct SweepHeader {
  std::string name;
  std::int64_t seed = 1;
  std::string shard = "1/1";
};

template <class Visitor, class Header>
void visit_sweep_keys(Visitor& key, Header& s) {
  key("name", s.name, file_name(), "what the sweep is called (default: the file's name)");
  key("seed", s.seed, any_seed(), "root of all random numbers of the sweep");
  key("shard", s.shard, one_of_several(),
      "\"2/4\": the second of four parts of the trials, which infoplane merge puts together");
}

template <class Visitor, class Data>
void visit_data_keys(Visitor& key, Data& s) {
  key("set", s.set, anything<DataSet>(), "data set");
  key("rows", s.rows, whole_from(0, most_rows), "a stratified subset of the training rows; 0: all");
  key("split", s.split, anything<SplitRule>(),
      "fractions | balanced:k (k of each class to train on) | published | planetoid (Yang et al. "
      "2016)");
  key("train_fraction", s.train_fraction, fraction_above_zero(),
      "share of the rows to train on; what no other set takes is the test set");
  key("validation_fraction", s.validation_fraction, fraction_below_one(),
      "share of the rows for validation");
  key("train_rows", s.train_rows, whole_from(0, most_rows),
      "rows to train on, instead of train_fraction unless 0");
  key("validation_rows", s.validation_rows, whole_from(0, most_rows),
      "rows for validation, instead of validation_fraction unless 0");
  key("sampling_rate", s.sampling_rate, fraction_above_zero(),
      "share of the training rows used: seeded, stratified by label, smaller sets inside larger "
      "ones");
  key("label_gamma", s.label_gamma, not_negative(),
      "0: deterministic labels, else the slope of p(y=1|x)");
  key("names_per_language", s.names_per_language, whole_from(0, most_rows), "0: all");
  key("normalize_rows", s.normalize_rows, anything<bool>(),
      "every row of features is divided by its sum");
  key("inputs", s.inputs, anything<std::string>(),
      "\"x.npy\", or an HDF5 file and a dataset in it, \"x.h5:/inputs\"");
  key("labels", s.labels, anything<std::string>(), "likewise, whole numbers from 0");
}

/// Keys of [data] that change no trial, so that no grid varies them and no identity has them.
template <class Visitor, class Places>
void visit_place_keys(Visitor& key, Places& s) {
  key("root", s.root, anything<std::string>(),
      "folder where data sets are looked for first; no part of a trial");
}

template <class Visitor, class Model>
void visit_model_keys(Visitor& key, Model& s) {
  key("kind", s.kind, not_empty(),
      "fcn | lenet | rnn | gcn | gin | gat | layers, or a word that a --plugin registers");
  key("hidden", s.hidden, whole_from(1, most_units), "units of each hidden layer");
  key("layers", s.layers, not_empty(), "one word for each layer, see README.md");
  key("channels", s.channels, whole_from(1, most_units), "of each convolution");
  key("kernel", s.kernel, whole_from(1, most_units), "side of the convolutions' windows");
  key("cell", s.cell, anything<RecurrentCell>(), "");
  key("heads", s.heads, whole_from(1, most_units), "attention heads of each hidden layer");
  key("activation", s.activation, anything<Activation>(), "after each hidden layer");
  key("initialization", s.initialization, anything<Initialization>(), "of the weights");
  key("dropout", s.dropout, fraction_below_one(), "probability of dropping a hidden unit");
}

template <class Visitor, class Training>
void visit_training_keys(Visitor& key, Training& s) {
  key("optimizer", s.optimizer, anything<Optimizer>(), "");
  key("learning_rate", s.learning_rate, positive(), "");
  key("schedule", s.schedule, anything<LearningRateSchedule>(), "of the learning rate");
  key("step_epochs", s.step_epochs, whole_from(1, most_epochs), "epochs between two steps");
  key("step_factor", s.step_factor, positive(), "what the learning rate is multiplied by");
  key("final_learning_rate", s.final_learning_rate, not_negative(), "where it ends");
  key("momentum", s.momentum, fraction_below_one(), "");
  key("weight_decay", s.weight_decay, not_negative(), "L2 penalty");
  key("weight_decay_layers", s.weight_decay_layers, not_empty(),
      "layers that have the L2 penalty; none named: all");
  key("patience", s.patience, whole_from(0, most_epochs),
      "early stopping: epochs without a lower validation loss, which needs validation rows; 0: "
      "never");
  key("batch", s.batch, whole_from(1, most_epochs), "rows of a mini-batch");
  key("epochs", s.epochs, whole_from(0, most_epochs), "passes over the training rows");
  key("seed", s.seed, any_seed(),
      "the repetition: split, subset, start weights and batches follow from it");
  key("device", s.device, anything<DeviceChoice>(), "where networks are trained");
}

template <class Visitor, class Record>
void visit_record_keys(Visitor& key, Record& s) {
  key("epochs", s.epochs, anything<EpochSchedule>(),
      "a list, \"every:k\", \"log:n\", \"shwartz-ziv-tishby\" or \"saxe\"; epoch 0 is the "
      "untrained network");
  key("rows", s.rows, anything<RecordRows>(),
      "all | train | validation | test, or a number of rows drawn once");
  key("gradients", s.gradients, anything<GradientRecording>(),
      "statistics of the gradients over mini-batches, or over single examples (slower)");
}

template <class Visitor, class Estimate>
void visit_estimate_keys(Visitor& key, Estimate& s) {
  key("estimators", s.estimators, anything<Estimator>(), "");
  key("bounds", s.bounds, anything<Bound>(), "kl: upper bound, bd: lower bound");
  key("sigma2", s.sigma2, anything<Noise>(),
      "noise variances: numbers, \"log:from:to:count\", \"lin:from:to:count\", \"x2:from:to\", "
      "lists "
      "[5, 2, 0.3] with one number for each layer, or rules such as \"p90/1000\", \"scale:0.01\", "
      "\"median\", also frozen at the last epoch: \"median@last\"");
  key("device", s.device, anything<DeviceChoice>(),
      "auto: CUDA devices where every rank sees one, ranks of a node sharing them");
}

/// Calls visit(section, fields...) for the sections that a grid may vary.
template <class Visitor, class Trial>
void visit_trial_sections(Visitor&& section, Trial& trial) {
  section("data", [&](auto& key) { visit_data_keys(key, trial.data); });
  section("model", [&](auto& key) { visit_model_keys(key, trial.model); });
  section("training", [&](auto& key) { visit_training_keys(key, trial.training); });
}

}  // namespace infoplane::config
