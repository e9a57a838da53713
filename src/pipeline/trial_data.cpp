#include "pipeline/trial_data.hpp"

#include <mutex>
#include <numeric>

#include "core/hashing.hpp"

namespace infoplane {

namespace {

struct CheckedDataset {
  Dataset data;
  std::uint64_t checksum = 0;
};

/// Of all values; equal on every machine, for a data set takes no arithmetic that is not.
std::uint64_t checksum_of_values(const Dataset& data) {
  Checksum checksum;
  for (const torch::Tensor& values : {data.inputs, data.labels, data.edges}) {
    if (!values.defined()) continue;
    const torch::Tensor dense = values.contiguous();
    const auto shape = dense.sizes().vec();
    checksum.add(shape.data(), shape.size() * sizeof shape[0]);
    checksum.add(dense.data_ptr(), dense.nbytes());
  }
  return checksum.value();
}

/// What decides how rows are parted leaves the data set as it is, but for the published test rows.
DataSettings dataset_settings(const Trial& trial) {
  DataSettings settings = trial.settings.data;
  settings.train_fraction = 1;
  settings.validation_fraction = 0;
  settings.train_rows = settings.validation_rows = 0;
  settings.sampling_rate = 1;
  if (settings.split.kind != SplitKind::published) settings.split = {};
  return settings;
}

/// The data set of a trial. The last one is kept: the trials of a sweep mostly share it, and images
/// take a second to unpack.
CheckedDataset dataset_of(const Trial& trial, const config::SweepFile& sweep) {
  const std::string text = dataset_key(trial, sweep);
  static std::mutex guard;
  static std::string kept_text;
  static CheckedDataset kept;
  const std::lock_guard<std::mutex> lock(guard);
  if (kept_text != text) {
    kept_text.clear();
    kept = {};
    kept.data = load_dataset(dataset_settings(trial), sweep.data_places(),
                             {trial.seeds.labels, sweep_seed(sweep, "data set rows")});
    kept.checksum = checksum_of_values(kept.data);
    kept_text = text;
  }
  return kept;
}

}  // namespace

std::string dataset_key(const Trial& trial, const config::SweepFile& sweep) {
  TrialSettings key;
  key.data = dataset_settings(trial);
  const bool drawn = key.data.set == DataSet::szt && key.data.label_gamma > 0;
  return config::canonical_text(key) + sweep.data_places().root +
         std::to_string(sweep_seed(sweep, "data set rows")) +
         std::to_string(drawn ? trial.seeds.labels : 0);
}

TrialData load_trial_data(const Trial& trial, const config::SweepFile& sweep) {
  const RecordRows& rows = sweep.record().rows;
  const DataSettings& settings = trial.settings.data;
  TrialData out;
  CheckedDataset dataset = dataset_of(trial, sweep);
  out.data = std::move(dataset.data);
  out.data_checksum = dataset.checksum;
  Split split = split_rows(out.data, settings, trial.seeds.split);
  out.train = sample_rows(out.data, split.train, settings.sampling_rate, trial.seeds.subset);
  out.validation = std::move(split.validation);
  out.test = std::move(split.test);
  switch (rows.set) {
    case RowSet::all:
      out.recorded.resize(static_cast<std::size_t>(out.data.rows()));
      std::iota(out.recorded.begin(), out.recorded.end(), std::int64_t{0});
      break;
    case RowSet::train:
      out.recorded = out.train;
      break;
    case RowSet::validation:
      out.recorded = out.validation;
      break;
    case RowSet::test:
      out.recorded = out.test;
      break;
    case RowSet::number:
      out.recorded = draw_rows(out.data.rows(), std::min(rows.count, out.data.rows()),
                               sweep_seed(sweep, "recorded rows"));
      break;
  }
  return out;
}

}  // namespace infoplane
