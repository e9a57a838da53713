#include "store/run_layout.hpp"

#include <algorithm>

namespace infoplane {

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text;
  for (const std::int64_t n : shape) text += (text.empty() ? "" : "x") + std::to_string(n);
  return text;
}

std::size_t recorded_epochs(const std::vector<std::int64_t>& epochs, std::int64_t trained) {
  return static_cast<std::size_t>(std::upper_bound(epochs.begin(), epochs.end(), trained) -
                                  epochs.begin());
}

bool same_slab(const RunLayout& run, const TrialLayout& trial, const RunLayout& other_run,
               const TrialLayout& other) {
  const auto same_layer = [](const LayerLayout& l, const LayerLayout& m) {
    return l.name == m.name && l.features == m.features;
  };
  const RowSetLayout& rows = run.row_sets[trial.row_set];
  const RowSetLayout& other_rows = other_run.row_sets[other.row_set];
  const bool same_data = trial.data_checksum == 0 || other.data_checksum == 0 ||
                         trial.data_checksum == other.data_checksum;
  return same_data && trial.epochs == other.epochs && rows.rows == other_rows.rows &&
         rows.labels == other_rows.labels &&
         std::equal(trial.layers.begin(), trial.layers.end(), other.layers.begin(),
                    other.layers.end(), same_layer);
}

std::uint64_t epoch_bytes(const RunLayout& run, const TrialLayout& trial) {
  std::uint64_t features = 0;
  for (const LayerLayout& layer : trial.layers)
    features += static_cast<std::uint64_t>(layer.features);
  return sizeof(float) * features * run.rows_of(trial);
}

std::uint64_t slab_bytes(const RunLayout& run, const TrialLayout& trial) {
  return epoch_bytes(run, trial) * trial.epochs.size();
}

}  // namespace infoplane
