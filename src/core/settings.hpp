#pragma once

#include <array>
#include <cstdint>
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

enum class DataSet { szt };
enum class ModelKind { fcn };
enum class Activation { tanh, relu, sigmoid };
/// truncated_normal: std 1/sqrt(fan_in), cut at two of them (the published runs); xavier_uniform:
/// Glorot & Bengio 2010; he_normal: He et al. 2015; torch: LibTorch's own default for linear
/// layers, uniform on +-1/sqrt(fan_in), biases too. Biases are 0 otherwise.
enum class Initialization { truncated_normal, xavier_uniform, he_normal, torch };
enum class Optimizer { adam, sgd };
enum class Estimator { pairwise };
/// kl: upper bound on I(X;T), sigma2 as it is. bd: lower bound, the same formula at 4 sigma2.
enum class Bound { kl, bd };
/// Where estimates are computed. automatic: on CUDA devices if every rank sees one.
enum class DeviceChoice { automatic, cpu, cuda };

template <>
struct EnumNames<DataSet> {
  static constexpr std::array<std::string_view, 1> names{"szt"};
};
template <>
struct EnumNames<ModelKind> {
  static constexpr std::array<std::string_view, 1> names{"fcn"};
};
template <>
struct EnumNames<Activation> {
  static constexpr std::array<std::string_view, 3> names{"tanh", "relu", "sigmoid"};
};
template <>
struct EnumNames<Initialization> {
  static constexpr std::array<std::string_view, 4> names{"truncated-normal", "xavier-uniform",
                                                         "he-normal", "torch"};
};
template <>
struct EnumNames<Optimizer> {
  static constexpr std::array<std::string_view, 2> names{"adam", "sgd"};
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

struct DataSettings {
  DataSet set = DataSet::szt;
  double train_fraction = 0.8;  ///< of the rows; the rest is the test set
  double sampling_rate = 1.0;   ///< share of the training rows that a trial trains on
  double label_gamma = 0.0;     ///< szt: 0 = deterministic labels, else the slope of p(y=1|x)
};

struct ModelSettings {
  ModelKind kind = ModelKind::fcn;
  std::vector<std::int64_t> hidden{10, 7, 5, 4,
                                   3};  ///< units of each hidden layer, input side first
  Activation activation = Activation::tanh;
  Initialization initialization = Initialization::truncated_normal;
  double dropout = 0.0;  ///< probability of dropping a hidden unit while training
};

struct TrainingSettings {
  Optimizer optimizer = Optimizer::adam;
  double learning_rate = 4e-4;
  double momentum = 0.0;      ///< sgd only
  double weight_decay = 0.0;  ///< factor of the L2 penalty that is added to the gradient
  std::int64_t batch = 512;   ///< rows of a mini-batch; more than there are means full batch
  std::int64_t epochs = 1000;
  std::int64_t seed =
      1;  ///< the repetition: split, subset, start weights and batches follow from it
};

/// One point of the training grid: everything that decides what a network becomes.
struct TrialSettings {
  DataSettings data;
  ModelSettings model;
  TrainingSettings training;
};

enum class RowSet { all, train, test, number };

template <>
struct EnumNames<RowSet> {
  static constexpr std::array<std::string_view, 3> names{"all", "train", "test"};
};

/// The rows that are recorded: every row, those the trial trains on, those it never sees, or a
/// number drawn once for the whole sweep.
struct RecordRows {
  RowSet set = RowSet::all;
  std::int64_t count = 0;  ///< only for RowSet::number
};

struct RecordSettings {
  EpochSchedule epochs = EpochSchedule::from_text("log:50");
  RecordRows rows;
};

/// Estimation axes: they never change training, so one trained trial serves all of them.
struct EstimateSettings {
  std::vector<Estimator> estimators{Estimator::pairwise};
  std::vector<Bound> bounds{Bound::kl, Bound::bd};
  std::vector<Noise> sigma2{1e-3, 1e-2, 1e-1};  ///< in the order of their axis, each once
  DeviceChoice device = DeviceChoice::automatic;
};

}  // namespace infoplane
