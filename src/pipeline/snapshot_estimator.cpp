#include "pipeline/snapshot_estimator.hpp"

#include <fmt/format.h>

namespace infoplane {

void SnapshotEstimator::operator()(const SnapshotWork& work) {
  const Snapshot snapshot = load(work);
  write(work, naming(work, [&] {
          return pairwise_information(snapshot.values, snapshot.labels, snapshot.sigma2);
        }));
}

SnapshotEstimator::Snapshot SnapshotEstimator::load(const SnapshotWork& work) {
  const RunLayout& layout = activations_.layout();
  const TrialLayout& trial = layout.trials[work.trial];
  const RowSetLayout& rows = layout.row_sets[trial.row_set];
  activations_.read_snapshot(work.trial, work.epoch, work.layer, values_);
  std::vector<double> wanted;
  for (const std::uint64_t s : work.sigma2) wanted.push_back(sigma2_[s]);
  return {{values_.data(), rows.rows.size(),
           static_cast<std::size_t>(trial.layers[work.layer].features)},
          rows.labels,
          std::move(wanted)};
}

void SnapshotEstimator::write(const SnapshotWork& work,
                              const std::vector<PairwiseEstimate>& estimates) {
  for (std::size_t i = 0; i < estimates.size(); ++i) {
    std::vector<double> i_xt;
    std::vector<double> i_ty;
    for (const std::string& bound : bounds_) {
      const MutualInformation& information =
          bound == name_of(Bound::kl) ? estimates[i].kl : estimates[i].bd;
      i_xt.push_back(information.xt);
      i_ty.push_back(information.ty);
    }
    results_.write_estimate(work.trial, work.axis_epoch, work.axis_layer, work.sigma2[i], i_xt,
                            i_ty);
  }
}

std::string SnapshotEstimator::place_of(const SnapshotWork& work) const {
  const TrialLayout& trial = activations_.layout().trials[work.trial];
  return fmt::format("trial {}, layer {}, epoch {}", trial.id, trial.layers[work.layer].name,
                     trial.epochs[work.epoch]);
}

}  // namespace infoplane
