#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/enum_names.hpp"
#include "core/epoch_schedule.hpp"
#include "core/noise.hpp"

// What a sweep file can say, as plain structs that every room may read. How a key is spelt, checked
// and documented is src/config/schema.hpp's business.

namespace infoplane {

/// One setting of a trial as a coordinate of results: numbers as numbers, all else as text.
using Setting = std::variant<std::int64_t, double, std::string>;
std::string to_string(const Setting& setting);

enum class DataSet { szt, mnist, fashion_mnist, names, cora, file };
/// fractions: drawn with the trial's seed; balanced: so many of each class to train on; published:
/// mnist and fashion-mnist with the test images of their authors; planetoid: cora as Yang et al.
/// 2016 split it.
enum class SplitKind { fractions, balanced, published, planetoid };
enum class Activation { tanh, relu, sigmoid, elu };
/// truncated_normal: std 1/sqrt(fan_in), cut at two of them (the published runs); xavier_uniform:
/// Glorot & Bengio 2010; he_normal: He et al. 2015; torch: LibTorch's own default for linear
/// layers, uniform on +-1/sqrt(fan_in), biases too. Biases are 0 otherwise. own: what the network
/// itself starts with, which is for networks of plugins.
enum class Initialization { truncated_normal, xavier_uniform, he_normal, torch, own };
enum class RecurrentCell { tanh, relu, lstm, gru };
enum class Optimizer { adam, sgd };
/// How the learning rate goes from epoch to epoch. step: times step_factor every step_epochs;
/// cosine: half a cosine from learning_rate to final_learning_rate (Loshchilov & Hutter 2017,
/// without restarts).
enum class LearningRateSchedule { constant, step, cosine };
enum class Estimator { pairwise };
/// kl: upper bound on I(X;T), sigma2 as it is. bd: lower bound, the same formula at 4 sigma2.
enum class Bound { kl, bd };
/// Where something is computed. automatic: on CUDA devices if every rank sees one.
enum class DeviceChoice { automatic, cpu, cuda };
/// Over what the statistics of gradients are taken: the mini-batches of an epoch, or single
/// examples, which also says something where an epoch is one batch.
enum class GradientRecording { none, batches, examples };

template <>
struct EnumNames<DataSet> {
  static constexpr std::array<std::string_view, 6> names{"szt",   "mnist", "fashion-mnist",
                                                         "names", "cora",  "file"};
};
template <>
struct EnumNames<SplitKind> {
  static constexpr std::array<std::string_view, 4> names{"fractions", "balanced", "published",
                                                         "planetoid"};
};
template <>
struct EnumNames<Activation> {
  static constexpr std::array<std::string_view, 4> names{"tanh", "relu", "sigmoid", "elu"};
};
template <>
struct EnumNames<Initialization> {
  static constexpr std::array<std::string_view, 5> names{"truncated-normal", "xavier-uniform",
                                                         "he-normal", "torch", "own"};
};
template <>
struct EnumNames<RecurrentCell> {
  static constexpr std::array<std::string_view, 4> names{"tanh", "relu", "lstm", "gru"};
};
template <>
struct EnumNames<Optimizer> {
  static constexpr std::array<std::string_view, 2> names{"adam", "sgd"};
};
template <>
struct EnumNames<LearningRateSchedule> {
  static constexpr std::array<std::string_view, 3> names{"constant", "step", "cosine"};
};
template <>
struct EnumNames<Estimator> {
  static constexpr std::array<std::string_view, 1> names{"pairwise"};
};
template <>
struct EnumNames<Bound> {
  static constexpr std::array<std::string_view, 2> names{"kl", "bd"};
};
template <>
struct EnumNames<DeviceChoice> {
  static constexpr std::array<std::string_view, 3> names{"auto", "cpu", "cuda"};
};
template <>
struct EnumNames<GradientRecording> {
  static constexpr std::array<std::string_view, 3> names{"none", "batches", "examples"};
};

/// How the rows are parted: "fractions", "balanced:20", "published", "planetoid".
struct SplitRule {
  SplitKind kind = SplitKind::fractions;
  std::int64_t per_class = 0;  ///< only for SplitKind::balanced
};
inline bool operator==(const SplitRule& a, const SplitRule& b) {
  return a.kind == b.kind && a.per_class == b.per_class;
}

std::string to_string(const SplitRule& rule);
/// Nothing when the text is no rule.
std::optional<SplitRule> split_rule_from_text(const std::string& text);

struct DataSettings {
  DataSet set = DataSet::szt;
  std::int64_t rows = 0;  ///< images: a stratified subset of the training images; 0: all
  SplitRule split;
  double train_fraction = 0.8;       ///< of the rows; what no other set takes is the test set
  double validation_fraction = 0.0;  ///< of the rows
  std::int64_t train_rows = 0;       ///< instead of train_fraction, unless 0
  std::int64_t validation_rows = 0;  ///< instead of validation_fraction, unless 0
  double sampling_rate = 1.0;        ///< share of the training rows that a trial trains on
  double label_gamma = 0.0;          ///< szt: 0 = deterministic labels, else the slope of p(y=1|x)
  std::int64_t names_per_language = 60;  ///< names; 0: all
  bool normalize_rows = true;            ///< cora: every row of features is divided by its sum
  std::string inputs;  ///< file: an .npy file, or an HDF5 file and a dataset in it: "x.h5:/inputs"
  std::string labels;  ///< file: likewise, whole numbers from 0
};

/// Where data sets are looked for first. No part of a trial's identity.
struct DataPlaces {
  std::string root;  ///< a folder; empty: only the usual places
};

struct ModelSettings {
  std::string kind = "fcn";  ///< a built-in kind, or one that a plugin registers
  std::vector<std::int64_t> hidden{10, 7, 5, 4,
                                   3};  ///< units of each hidden layer, input side first
  std::vector<std::string> layers;      ///< layers: one word for each, see models/layer_list.hpp
  std::vector<std::int64_t> channels;   ///< lenet: of each convolution
  std::int64_t kernel = 5;              ///< lenet: side of the convolutions' windows
  RecurrentCell cell = RecurrentCell::tanh;  ///< rnn
  std::int64_t heads = 1;                    ///< gat: of each hidden layer
  Activation activation = Activation::tanh;
  Initialization initialization = Initialization::truncated_normal;
  double dropout = 0.0;  ///< probability of dropping a hidden unit while training
};

/// What a kind has when the sweep does not say otherwise: for the built-in kinds sizes and
/// activation of the publication they come from; for other words the settings of "fcn" with the
/// network's own initialisation.
ModelSettings default_model(const std::string& kind);
/// "fcn", "lenet", ...: the kinds that need no plugin.
const std::vector<std::string>& built_in_models();

struct TrainingSettings {
  Optimizer optimizer = Optimizer::adam;
  double learning_rate = 4e-4;
  LearningRateSchedule schedule = LearningRateSchedule::constant;
  std::int64_t step_epochs = 100;    ///< step only
  double step_factor = 0.1;          ///< step only
  double final_learning_rate = 0.0;  ///< cosine only
  double momentum = 0.0;             ///< sgd only
  double weight_decay = 0.0;         ///< factor of the L2 penalty that is added to the gradient
  std::vector<std::string> weight_decay_layers;  ///< the layers that have it; empty: all
  std::int64_t patience = 0;  ///< early stopping: epochs without a lower validation loss; 0: never
  std::int64_t batch = 512;   ///< rows of a mini-batch; more than there are means full batch, which
                              ///< networks on graphs always take
  std::int64_t epochs = 1000;
  std::int64_t seed =
      1;  ///< the repetition: split, subset, start weights and batches follow from it
  DeviceChoice device = DeviceChoice::cpu;
};

/// One point of the training grid: everything that decides what a network becomes.
struct TrialSettings {
  DataSettings data;
  ModelSettings model;
  TrainingSettings training;
};

enum class RowSet { all, train, validation, test, number };

template <>
struct EnumNames<RowSet> {
  static constexpr std::array<std::string_view, 4> names{"all", "train", "validation", "test"};
};

/// The rows that are recorded: every row, those the trial trains on, those of its validation or
/// test set, or a number drawn once for the whole sweep.
struct RecordRows {
  RowSet set = RowSet::all;
  std::int64_t count = 0;  ///< only for RowSet::number
};

struct RecordSettings {
  EpochSchedule epochs = EpochSchedule::from_text("log:50");
  RecordRows rows;
  GradientRecording gradients = GradientRecording::batches;
};

/// Estimation axes: they never change training, so one trained trial serves all of them.
struct EstimateSettings {
  std::vector<Estimator> estimators{Estimator::pairwise};
  std::vector<Bound> bounds{Bound::kl, Bound::bd};
  std::vector<Noise> sigma2{1e-3, 1e-2, 1e-1};  ///< in the order of their axis, each once
  DeviceChoice device = DeviceChoice::automatic;
};

}  // namespace infoplane
