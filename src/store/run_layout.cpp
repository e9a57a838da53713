#include "store/run_layout.hpp"

namespace infoplane {

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
