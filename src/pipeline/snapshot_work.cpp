#include "pipeline/snapshot_work.hpp"

#include <cmath>

#include "estimators/pairwise.hpp"

namespace infoplane {
namespace {

std::vector<std::uint64_t> missing_sigma2(const ResultsTable& table, std::size_t trial,
                                          std::size_t epoch, std::size_t layer) {
  std::vector<std::uint64_t> missing;
  for (std::size_t s = 0; s < table.sigma2.size(); ++s) {
    bool complete = true;
    for (std::size_t b = 0; b < table.bounds.size(); ++b) {
      const std::size_t at = table.at_estimate(trial, epoch, layer, s, b);
      complete = complete && !std::isnan(table.i_xt[at]) && !std::isnan(table.i_ty[at]);
    }
    if (!complete) missing.push_back(s);
  }
  return missing;
}

}  // namespace

std::vector<SnapshotWork> find_outstanding(const ResultsTable& table) {
  std::vector<SnapshotWork> work;
  for (std::size_t t = 0; t < table.trials.size(); ++t) {
    if (table.state_of(t) != TrialState::done) continue;
    for (std::size_t l = 0; l < table.layers.size(); ++l) {
      const std::int32_t position = table.layer_position[table.at_layer(t, l)];
      if (position < 0) continue;
      std::uint64_t epoch = 0;
      for (std::size_t e = 0; e < table.epochs.size(); ++e) {
        if (std::isnan(table.train_loss[table.at_epoch(t, e)])) continue;
        std::vector<std::uint64_t> missing = missing_sigma2(table, t, e, l);
        if (!missing.empty()) {
          const double cost = pairwise_cost_s(
              static_cast<std::size_t>(table.recorded_rows[t]),
              static_cast<std::size_t>(table.features[table.at_layer(t, l)]), missing.size());
          work.push_back(
              {t, epoch, e, static_cast<std::uint64_t>(position), l, std::move(missing), cost});
        }
        ++epoch;
      }
    }
  }
  return work;
}

}  // namespace infoplane
