#include "store/results_table.hpp"

#include <fmt/format.h>
#include <hdf5_hl.h>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>

#include "core/distance_axes.hpp"
#include "store/atomic_file.hpp"
#include "store/content_checksum.hpp"
#include "store/hdf5.hpp"
#include "store/provenance.hpp"
#include "store/seal.hpp"

namespace infoplane {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
const char* const title = "infoplane results";

std::string param_name(const std::string& axis) {
  std::string name = "param_" + axis;
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

/// One table of the file: a group with its own dimension scales. netCDF-4 wants a scale on every
/// axis of every variable.
class GroupWriter {
 public:
  GroupWriter(hid_t file, const std::string& name, const ResultsTable& table,
              const std::vector<std::string>& dims)
      : group_(h5::create_group(file, name)), table_(table) {
    for (const std::string& dim : dims) add_dimension(dim);
    for (std::size_t a = 0; a < table.axes.size(); ++a) add_param(a);
  }

  template <class T>
  void numbers(const std::string& name, const std::vector<std::string>& dims, hid_t type,
               const std::vector<T>& values, const std::string& units, const std::string& meaning) {
    const bool real = H5Tget_class(type) == H5T_FLOAT;
    const h5::Id dataset = h5::create_numbers(group_.get(), name, type, shape(dims),
                                              real ? h5::Fill::nan : h5::Fill::zero);
    if (!values.empty()) h5::write_all(dataset.get(), values);
    describe(dataset.get(), dims, units, meaning);
  }

  void strings(const std::string& name, const std::vector<std::string>& dims,
               const std::vector<std::string>& values, const std::string& meaning) {
    std::vector<std::string> padded = values;
    std::size_t size = 1;
    for (const hsize_t n : shape(dims)) size *= n;
    padded.resize(size);
    describe(h5::create_strings(group_.get(), name, padded, shape(dims)).get(), dims, "", meaning);
  }

  /// The text of each entry of the axis sigma2, as a coordinate of all that is described after it.
  void noise_coordinate() {
    std::vector<std::string> texts;
    for (const Noise& noise : table_.sigma2) texts.push_back(to_string(noise));
    const h5::Id dataset = h5::create_strings(group_.get(), "noise", texts);
    attach(dataset.get(), {"sigma2"});
    h5::set_attribute(dataset.get(), "long_name",
                      std::string("noise variance as it was asked for: a number, a list with one "
                                  "for each layer, or a rule"));
    add_coordinate("noise");
  }

  hid_t id() const { return group_.get(); }

 private:
  std::vector<hsize_t> shape(const std::vector<std::string>& dims) const {
    std::vector<hsize_t> sizes;
    for (const std::string& dim : dims) sizes.push_back(h5::shape_of(scales_.at(dim).get())[0]);
    return sizes;
  }

  template <class T>
  h5::Id number_scale(const std::string& name, hid_t type, const std::vector<T>& values) {
    h5::Id dataset = h5::create_numbers(group_.get(), name, type, {values.size()}, h5::Fill::zero);
    h5::write_all(dataset.get(), values);
    return dataset;
  }

  void add_dimension(const std::string& dim) {
    h5::Id dataset = dim == "trial"   ? h5::create_strings(group_.get(), dim, table_.trials)
                     : dim == "layer" ? h5::create_strings(group_.get(), dim, table_.layers)
                     : dim == "bound" ? h5::create_strings(group_.get(), dim, table_.bounds)
                     : dim == "epoch" ? number_scale(dim, H5T_STD_I64LE, table_.epochs)
                                      : number_scale(dim, H5T_IEEE_F64LE, real_axis(dim));
    h5::check(H5DSset_scale(dataset.get(), dim.c_str()), "make dimension " + dim);
    if (dim == "sigma2") {
      h5::set_attribute(dataset.get(), "long_name",
                        std::string("variance of the Gaussian noise added to a layer; NaN where "
                                    "noise is a list or a rule"));
    } else if (dim == "bound") {
      h5::set_attribute(
          dataset.get(), "long_name",
          std::string(
              "kl: upper bound on I(X;T); bd: lower bound on I(X;T), and for I(T;Y) an estimate "
              "that bounds nothing by itself"));
    } else if (dim == "epoch") {
      h5::set_attribute(dataset.get(), "long_name",
                        std::string("training epochs done; 0 is the untrained network"));
    } else if (dim == "quantile") {
      h5::set_attribute(dataset.get(), "units", std::string("percent"));
      h5::set_attribute(dataset.get(), "long_name",
                        std::string("share of the pairs that do not exceed the quantile; 0 and "
                                    "100: the lowest and highest distance seen"));
    } else if (dim == "bin") {
      h5::set_attribute(
          dataset.get(), "long_name",
          std::string("end of the bin: the first holds distances of exactly 0, the others reach "
                      "from the end of the one before up to, without, their own"));
    }
    scales_.emplace(dim, std::move(dataset));
  }

  std::vector<double> real_axis(const std::string& dim) const {
    std::vector<double> values;
    if (dim == "quantile") values.assign(distance_percents.begin(), distance_percents.end());
    for (std::size_t bin = 0; dim == "bin" && bin < distance_bins; ++bin)
      values.push_back(distance_bin_edge(bin));
    for (std::size_t s = 0; dim == "sigma2" && s < table_.sigma2.size(); ++s) {
      const Noise& noise = table_.sigma2[s];
      values.push_back(noise.kind == Noise::Kind::number ? noise.number : nan);
    }
    return values;
  }

  void add_param(std::size_t axis) {
    const std::string name = param_name(table_.axes[axis]);
    std::vector<double> reals;
    std::vector<std::int64_t> integers;
    std::vector<std::string> texts;
    for (const std::vector<Setting>& settings : table_.varied) {
      const Setting& setting = settings[axis];
      if (const auto* real = std::get_if<double>(&setting)) reals.push_back(*real);
      if (const auto* integer = std::get_if<std::int64_t>(&setting)) integers.push_back(*integer);
      if (const auto* text = std::get_if<std::string>(&setting)) texts.push_back(*text);
    }
    if (std::max({reals.size(), integers.size(), texts.size()}) != table_.trials.size()) {
      throw InternalError("the values of " + table_.axes[axis] + " are of several kinds");
    }
    const std::vector<hsize_t> size{table_.trials.size()};
    h5::Id dataset;
    if (!reals.empty()) {
      dataset = h5::create_numbers(group_.get(), name, H5T_IEEE_F64LE, size, h5::Fill::nan);
      h5::write_all(dataset.get(), reals);
    } else if (!integers.empty()) {
      dataset = h5::create_numbers(group_.get(), name, H5T_STD_I64LE, size, h5::Fill::zero);
      h5::write_all(dataset.get(), integers);
    } else {
      dataset = h5::create_strings(group_.get(), name, texts);
    }
    attach(dataset.get(), {"trial"});
    h5::set_attribute(dataset.get(), "key", table_.axes[axis]);
    add_coordinate(name);
  }

  void add_coordinate(const std::string& name) {
    coordinates_ += (coordinates_.empty() ? "" : " ") + name;
  }

  void attach(hid_t dataset, const std::vector<std::string>& dims) {
    for (std::size_t d = 0; d < dims.size(); ++d) {
      h5::check(H5DSattach_scale(dataset, scales_.at(dims[d]).get(), static_cast<unsigned>(d)),
                "attach dimension " + dims[d]);
    }
  }

  void describe(hid_t dataset, const std::vector<std::string>& dims, const std::string& units,
                const std::string& meaning) {
    attach(dataset, dims);
    if (!units.empty()) h5::set_attribute(dataset, "units", units);
    h5::set_attribute(dataset, "long_name", meaning);
    if (!coordinates_.empty()) h5::set_attribute(dataset, "coordinates", coordinates_);
  }

  h5::Id group_;
  const ResultsTable& table_;
  std::map<std::string, h5::Id> scales_;
  std::string coordinates_;
};

void write_tables(hid_t file, const ResultsTable& t) {
  GroupWriter trials(file, "trials", t, {"trial"});
  trials.numbers("state", {"trial"}, H5T_STD_U8LE, t.state, "", "what became of the trial");
  {
    const h5::Id state = h5::open_dataset(trials.id(), "state");
    h5::set_attribute(state.get(), "flag_values", std::vector<std::uint8_t>{0, 1, 2, 3, 4});
    h5::set_attribute(state.get(), "flag_meanings",
                      std::string("pending running done failed quarantined"));
  }
  trials.numbers("attempts", {"trial"}, H5T_STD_I32LE, t.attempts, "1",
                 "times its training was started");
  trials.numbers("seconds", {"trial"}, H5T_IEEE_F64LE, t.seconds, "s",
                 "training and recording time");
  trials.numbers("recorded_rows", {"trial"}, H5T_STD_I64LE, t.recorded_rows, "1",
                 "rows N of its snapshots");
  trials.numbers("train_rows", {"trial"}, H5T_STD_I64LE, t.train_rows, "1", "rows it trains on");
  trials.numbers("parameters", {"trial"}, H5T_STD_I64LE, t.parameters, "1",
                 "trainable numbers of the network");
  trials.numbers("H_Y", {"trial"}, H5T_IEEE_F64LE, t.label_entropy, "bits",
                 "entropy of the labels of the recorded rows: ceiling of I(T;Y)");
  trials.numbers("trained_epochs", {"trial"}, H5T_STD_I64LE, t.trained_epochs, "1",
                 "epochs trained, once done; fewer than planned where it stopped early");
  trials.strings("failure", {"trial"}, t.failure, "why the trial failed");

  GroupWriter layers(file, "layers", t, {"trial", "layer"});
  layers.numbers(
      "position", {"trial", "layer"}, H5T_STD_I32LE, t.layer_position, "1",
      "place of the layer in the network from the input side, 0 the first; -1: not in this trial");
  layers.numbers("features", {"trial", "layer"}, H5T_STD_I64LE, t.features, "1",
                 "features H of its snapshots");
  layers.strings("kind", {"trial", "layer"}, t.layer_kind, "what the layer is");
  layers.strings("shape", {"trial", "layer"}, t.layer_shape,
                 "shape of one row before it is flattened");
  layers.numbers("follows", {"trial", "layer"}, H5T_STD_U8LE, t.layer_follows, "1",
                 "1: a row follows from the same row of the layer before, so that the "
                 "data-processing inequality holds between them");

  GroupWriter metrics(file, "metrics", t, {"trial", "epoch"});
  const std::vector<std::string> by_epoch{"trial", "epoch"};
  metrics.numbers("train_loss", by_epoch, H5T_IEEE_F64LE, t.train_loss, "nats",
                  "mean cross-entropy, training rows");
  metrics.numbers("train_accuracy", by_epoch, H5T_IEEE_F64LE, t.train_accuracy, "1",
                  "share of training rows classified right");
  metrics.numbers("validation_loss", by_epoch, H5T_IEEE_F64LE, t.validation_loss, "nats",
                  "mean cross-entropy, validation rows");
  metrics.numbers("validation_accuracy", by_epoch, H5T_IEEE_F64LE, t.validation_accuracy, "1",
                  "share of validation rows classified right");
  metrics.numbers("test_loss", by_epoch, H5T_IEEE_F64LE, t.test_loss, "nats",
                  "mean cross-entropy, test rows");
  metrics.numbers("test_accuracy", by_epoch, H5T_IEEE_F64LE, t.test_accuracy, "1",
                  "share of test rows classified right");

  const std::vector<std::string> by_snapshot{"trial", "epoch", "layer"};
  GroupWriter gradients(file, "gradients", t, by_snapshot);
  gradients.numbers("mean", by_snapshot, H5T_IEEE_F64LE, t.gradient_mean, "1",
                    "Frobenius norm of the mean of the gradients of the layer's weights over the "
                    "mini-batches (or the training examples) of the epoch");
  gradients.numbers("std", by_snapshot, H5T_IEEE_F64LE, t.gradient_deviation, "1",
                    "square root of the trace of their covariance; undefined for one gradient");
  gradients.numbers("weight_norm", by_snapshot, H5T_IEEE_F64LE, t.weight_norm, "1",
                    "Frobenius norm of the weights at the end of the epoch: mean and std over it "
                    "are the normalised ones");
  gradients.numbers("count", by_snapshot, H5T_IEEE_F64LE, t.gradient_count, "1",
                    "gradients that were averaged");

  const std::vector<std::string> by_all{"trial", "epoch", "layer", "sigma2", "bound"};
  GroupWriter pairwise(file, "pairwise", t, by_all);
  pairwise.noise_coordinate();
  pairwise.numbers("I_XT", by_all, H5T_IEEE_F64LE, t.i_xt, "bits",
                   "mutual information of input and layer");
  pairwise.numbers("I_TY", by_all, H5T_IEEE_F64LE, t.i_ty, "bits",
                   "mutual information of layer and label");
  const std::vector<std::string> by_noise{"trial", "epoch", "layer", "sigma2"};
  pairwise.numbers("sigma2_used", by_noise, H5T_IEEE_F64LE, t.sigma2_used, "1",
                   "noise variance of the estimates: what the number, list or rule gave");
  pairwise.numbers("error_bits", by_noise, H5T_IEEE_F64LE, t.error_bits, "bits",
                   "bound on the numerical error of each of the estimates");

  GroupWriter distances(file, "distances", t, {"trial", "epoch", "layer", "quantile", "bin"});
  distances.numbers("quantiles", {"trial", "epoch", "layer", "quantile"}, H5T_IEEE_F64LE,
                    t.distance_quantiles, "1",
                    "quantiles of the squared distances between two rows of the snapshot");
  distances.numbers("histogram", {"trial", "epoch", "layer", "bin"}, H5T_IEEE_F32LE,
                    t.distance_histogram, "1",
                    "share of the pairs of rows whose squared distance lies in the bin");
  distances.numbers("mean", by_snapshot, H5T_IEEE_F64LE, t.distance_mean, "1",
                    "mean squared distance of all pairs of rows, never sampled; "
                    "tr Cov(h) = mean (N - 1) / (2 N)");
  distances.numbers("rank_error", by_snapshot, H5T_IEEE_F64LE, t.distance_rank_error, "1",
                    "quantiles and histogram are of all pairs where it is 0; else of a sample, and "
                    "the share of pairs below a quantile is off by this at most, with a "
                    "probability of 99.9 %");
}

/// Union of the trials' layers, in an order every trial's own order agrees with where that is
/// possible: by the farthest position a layer has, output layers last.
std::vector<std::string> union_of_layers(const RunLayout& layout) {
  std::map<std::string, std::pair<bool, std::size_t>>
      place;  // (is the output of some trial, position)
  std::vector<std::string> names;
  for (const TrialLayout& trial : layout.trials) {
    for (std::size_t l = 0; l < trial.layers.size(); ++l) {
      const auto [entry, inserted] = place.try_emplace(trial.layers[l].name, false, 0);
      if (inserted) names.push_back(trial.layers[l].name);
      entry->second.first |= l + 1 == trial.layers.size();
      entry->second.second = std::max(entry->second.second, l);
    }
  }
  std::stable_sort(names.begin(), names.end(),
                   [&](const std::string& a, const std::string& b) { return place[a] < place[b]; });
  return names;
}

std::vector<Setting> read_param(hid_t dataset) {
  std::vector<Setting> settings;
  const h5::Id type = h5::type_id(H5Dget_type(dataset));
  switch (H5Tget_class(type.get())) {
    case H5T_FLOAT:
      for (const double value : h5::read_all<double>(dataset)) settings.emplace_back(value);
      break;
    case H5T_INTEGER:
      for (const std::int64_t value : h5::read_all<std::int64_t>(dataset))
        settings.emplace_back(value);
      break;
    default:
      for (std::string& value : h5::read_strings(dataset)) settings.emplace_back(std::move(value));
  }
  return settings;
}

void read_params(hid_t group, ResultsTable& table) {
  table.varied.resize(table.trials.size());
  std::vector<std::string> names;
  const auto collect = [](hid_t, const char* name, const H5L_info_t*, void* out) -> herr_t {
    if (std::string(name).substr(0, 6) == "param_")
      static_cast<std::vector<std::string>*>(out)->emplace_back(name);
    return 0;
  };
  hsize_t position = 0;
  h5::check(H5Literate(group, H5_INDEX_CRT_ORDER, H5_ITER_INC, &position, collect, &names),
            "list coordinates");
  for (const std::string& name : names) {
    const h5::Id dataset = h5::open_dataset(group, name);
    table.axes.push_back(h5::string_attribute(dataset.get(), "key"));
    const std::vector<Setting> settings = read_param(dataset.get());
    if (settings.size() != table.trials.size())
      throw h5::Failure(name + " has not one value per trial");
    for (std::size_t t = 0; t < settings.size(); ++t) table.varied[t].push_back(settings[t]);
  }
}

std::vector<Noise> read_noise(hid_t pairwise) {
  if (!h5::has_link(pairwise, "noise")) {
    throw h5::Failure(
        "it has no pairwise/noise, as an infoplane without noise rules wrote it: run its sweep "
        "again in another --out");
  }
  const std::size_t count = h5::read_all<double>(pairwise, "sigma2").size();
  const std::vector<std::string> texts =
      h5::read_strings(h5::open_dataset(pairwise, "noise").get());
  if (texts.size() != count) throw h5::Failure("noise has not one entry for each sigma2");
  std::vector<Noise> noise;
  for (const std::string& text : texts) {
    try {
      noise.push_back(Noise::from_text(text));
    } catch (const std::invalid_argument&) {
      throw h5::Failure("pairwise/noise has \"" + text + "\", which is no noise variance");
    }
  }
  return noise;
}

/// Reads a variable and makes sure that its size is what its axes say.
template <class T>
std::vector<T> read_sized(hid_t group, const std::string& name, std::size_t size) {
  const h5::Id dataset = h5::open_dataset(group, name);
  std::size_t count = 1;
  for (const hsize_t n : h5::shape_of(dataset.get())) count *= n;
  if (count != size)
    throw h5::Failure(fmt::format("{} has {} values where {} belong", name, count, size));
  return h5::read_all<T>(dataset.get());
}

std::vector<std::string> read_texts(hid_t group, const std::string& name, std::size_t size) {
  const h5::Id dataset = h5::open_dataset(group, name);
  std::vector<std::string> texts = h5::read_strings(dataset.get());
  if (texts.size() != size)
    throw h5::Failure(fmt::format("{} has {} texts where {} belong", name, texts.size(), size));
  return texts;
}

ResultsTable read_tables(hid_t file) {
  ResultsTable t;
  t.provenance = read_provenance(file);
  const h5::Id pairwise = h5::open_group(file, "pairwise");
  t.trials = h5::read_strings(h5::open_dataset(pairwise.get(), "trial").get());
  t.epochs = h5::read_all<std::int64_t>(pairwise.get(), "epoch");
  t.layers = h5::read_strings(h5::open_dataset(pairwise.get(), "layer").get());
  t.sigma2 = read_noise(pairwise.get());
  t.bounds = h5::read_strings(h5::open_dataset(pairwise.get(), "bound").get());
  read_params(pairwise.get(), t);
  const std::size_t trials_count = t.trials.size();
  const std::size_t estimates =
      trials_count * t.epochs.size() * t.layers.size() * t.sigma2.size() * t.bounds.size();
  t.i_xt = read_sized<double>(pairwise.get(), "I_XT", estimates);
  t.i_ty = read_sized<double>(pairwise.get(), "I_TY", estimates);
  const std::size_t snapshots = trials_count * t.epochs.size() * t.layers.size();
  t.sigma2_used = read_sized<double>(pairwise.get(), "sigma2_used", snapshots * t.sigma2.size());
  t.error_bits = read_sized<double>(pairwise.get(), "error_bits", snapshots * t.sigma2.size());

  const h5::Id distances = h5::open_group(file, "distances");
  t.distance_quantiles =
      read_sized<double>(distances.get(), "quantiles", snapshots * distance_percents.size());
  t.distance_histogram = read_sized<float>(distances.get(), "histogram", snapshots * distance_bins);
  t.distance_mean = read_sized<double>(distances.get(), "mean", snapshots);
  t.distance_rank_error = read_sized<double>(distances.get(), "rank_error", snapshots);

  const h5::Id trials = h5::open_group(file, "trials");
  t.state = read_sized<std::uint8_t>(trials.get(), "state", trials_count);
  t.attempts = read_sized<std::int32_t>(trials.get(), "attempts", trials_count);
  t.seconds = read_sized<double>(trials.get(), "seconds", trials_count);
  t.trained_epochs = read_sized<std::int64_t>(trials.get(), "trained_epochs", trials_count);
  t.recorded_rows = read_sized<std::int64_t>(trials.get(), "recorded_rows", trials_count);
  t.train_rows = read_sized<std::int64_t>(trials.get(), "train_rows", trials_count);
  t.parameters = read_sized<std::int64_t>(trials.get(), "parameters", trials_count);
  t.label_entropy = read_sized<double>(trials.get(), "H_Y", trials_count);
  t.failure = read_texts(trials.get(), "failure", trials_count);
  for (const std::uint8_t state : t.state) {
    if (state > static_cast<std::uint8_t>(last_trial_state)) {
      throw h5::Failure(fmt::format("a trial is in state {}, which does not exist", state));
    }
  }

  const h5::Id layers = h5::open_group(file, "layers");
  t.layer_position =
      read_sized<std::int32_t>(layers.get(), "position", trials_count * t.layers.size());
  const std::size_t by_layer = trials_count * t.layers.size();
  t.features = read_sized<std::int64_t>(layers.get(), "features", by_layer);
  t.layer_kind = read_texts(layers.get(), "kind", by_layer);
  t.layer_shape = read_texts(layers.get(), "shape", by_layer);
  t.layer_follows = read_sized<std::uint8_t>(layers.get(), "follows", by_layer);

  const h5::Id metrics = h5::open_group(file, "metrics");
  const std::size_t by_epoch = trials_count * t.epochs.size();
  t.train_loss = read_sized<double>(metrics.get(), "train_loss", by_epoch);
  t.train_accuracy = read_sized<double>(metrics.get(), "train_accuracy", by_epoch);
  t.validation_loss = read_sized<double>(metrics.get(), "validation_loss", by_epoch);
  t.validation_accuracy = read_sized<double>(metrics.get(), "validation_accuracy", by_epoch);
  t.test_loss = read_sized<double>(metrics.get(), "test_loss", by_epoch);
  t.test_accuracy = read_sized<double>(metrics.get(), "test_accuracy", by_epoch);

  const h5::Id gradients = h5::open_group(file, "gradients");
  t.gradient_mean = read_sized<double>(gradients.get(), "mean", snapshots);
  t.gradient_deviation = read_sized<double>(gradients.get(), "std", snapshots);
  t.weight_norm = read_sized<double>(gradients.get(), "weight_norm", snapshots);
  t.gradient_count = read_sized<double>(gradients.get(), "count", snapshots);
  return t;
}

}  // namespace

ResultsTable empty_results(const RunLayout& layout, const std::vector<double>& label_entropy,
                           const std::vector<Noise>& sigma2, const std::vector<Bound>& bounds,
                           const Provenance& provenance) {
  ResultsTable table;
  table.provenance = provenance;
  table.sigma2 = sigma2;
  for (const Bound bound : bounds) table.bounds.push_back(name_of(bound));
  table.axes = layout.axes;
  table.layers = union_of_layers(layout);
  std::set<std::int64_t> epochs;
  for (const TrialLayout& trial : layout.trials) {
    table.trials.push_back(trial.id);
    table.varied.push_back(trial.varied);
    table.recorded_rows.push_back(static_cast<std::int64_t>(layout.rows_of(trial)));
    table.train_rows.push_back(trial.train_rows);
    table.parameters.push_back(trial.parameters);
    table.label_entropy.push_back(label_entropy.at(trial.row_set));
    epochs.insert(trial.epochs.begin(), trial.epochs.end());
    for (const std::string& name : table.layers) {
      const auto found = std::find_if(trial.layers.begin(), trial.layers.end(),
                                      [&](const LayerLayout& layer) { return layer.name == name; });
      const bool has = found != trial.layers.end();
      table.layer_position.push_back(has ? static_cast<std::int32_t>(found - trial.layers.begin())
                                         : -1);
      table.features.push_back(has ? found->features : 0);
      table.layer_kind.push_back(has ? found->kind : "");
      table.layer_shape.push_back(has ? shape_text(found->shape) : "");
      table.layer_follows.push_back(has && found->follows ? 1 : 0);
    }
  }
  table.epochs.assign(epochs.begin(), epochs.end());
  return table;
}

void write_results(const std::filesystem::path& path, const ResultsTable& table) {
  write_atomically(path, [&](const std::filesystem::path& temporary) {
    const h5::Id file = h5::create_file(temporary);
    write_provenance(file.get(), table.provenance);
    h5::set_attribute(file.get(), "title", std::string(title));
    h5::set_attribute(file.get(), "format_version", format_version);
    write_tables(file.get(), table);
    create_seal(file.get());
    // As it will be read: what was empty is NaN there.
    write_seal(file.get(), content_checksum(read_tables(file.get())));
    h5::flush(file.get(), path);
  });
}

std::uint64_t bytes_of(const ResultsTable& table) {
  constexpr std::uint64_t text = 64 << 10;
  constexpr std::uint64_t metrics = 6;
  constexpr std::uint64_t gradients = 4;
  const std::uint64_t pairwise = table.sigma2.size() * (2 * table.bounds.size() + 2);
  // The histogram is float32.
  const std::uint64_t distances = distance_percents.size() + distance_bins / 2 + 2;
  const std::uint64_t of_an_epoch =
      metrics + table.layers.size() * (gradients + pairwise + distances);
  return text + 8 * table.trials.size() * table.epochs.size() * of_an_epoch;
}

namespace {

/// Nothing where the numbers do not have their checksum.
std::optional<ResultsTable> read_whole(const std::filesystem::path& path) {
  const h5::Id file = h5::open_file(path, h5::Access::read, Communicator::serial());
  require_format(file.get(), title);
  ResultsTable table = read_tables(file.get());
  const std::uint64_t seal = read_seal(file.get());
  table.sealed = seal != open_seal;
  if (table.sealed && seal != content_checksum(table)) return std::nullopt;
  return table;
}

}  // namespace

ResultsTable read_results(const std::filesystem::path& path) {
  try {
    // A network file system may give newer numbers with an older seal until the file is opened
    // again.
    for (int tries = 0; tries < 2; ++tries) {
      if (std::optional<ResultsTable> table = read_whole(path)) return std::move(*table);
    }
    throw h5::Failure(
        "its numbers do not have their checksum; take a copy of it, or run its sweep again in "
        "another --out");
  } catch (const h5::Failure& failure) {
    throw h5::damaged(path, failure);
  }
}

}  // namespace infoplane
