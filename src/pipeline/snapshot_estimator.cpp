#include "pipeline/snapshot_estimator.hpp"

namespace infoplane {

void SnapshotEstimator::operator()(const SnapshotWork& work) {
  const Snapshot snapshot = load(work);
  std::vector<PairwiseEstimate> estimates;
  if (!snapshot.sigma2.empty()) {
    estimates = naming(work, [&] {
      return pairwise_information(snapshot.values, snapshot.labels, snapshot.sigma2);
    });
  }
  write(work, snapshot, estimates);
}

SnapshotEstimator::Snapshot SnapshotEstimator::load(const SnapshotWork& work) {
  const RunLayout& layout = activations_.layout();
  const TrialLayout& trial = layout.trials[work.trial];
  const RowSetLayout& rows = layout.row_sets[trial.row_set];
  activations_.read_snapshot(work.trial, work.epoch, work.layer, values_);
  Snapshot snapshot{{values_.data(), rows.rows.size(),
                     static_cast<std::size_t>(trial.layers[work.layer].features)},
                    rows.labels,
                    {},
                    {}};
  const SnapshotPlace place{work.trial, work.epoch, work.layer};
  if (!work.has_distances || noise_.needs_distances(work.sigma2)) {
    snapshot.distances = noise_.distances(place, snapshot.values);
  }
  for (const std::uint64_t entry : work.sigma2) {
    snapshot.sigma2.push_back(
        noise_.variance(entry, place, snapshot.distances ? &*snapshot.distances : nullptr));
  }
  return snapshot;
}

void SnapshotEstimator::write(const SnapshotWork& work, const Snapshot& snapshot,
                              const std::vector<PairwiseEstimate>& estimates) {
  if (!work.has_distances) {
    const DistanceSummary& distances = *snapshot.distances;
    results_.write_distances(
        work.trial, work.axis_epoch, work.axis_layer,
        {distances.quantiles(), distances.histogram(), distances.mean, distances.rank_error});
  }
  for (std::size_t i = 0; i < estimates.size(); ++i) {
    std::vector<double> i_xt;
    std::vector<double> i_ty;
    for (const std::string& bound : bounds_) {
      const MutualInformation& information =
          bound == name_of(Bound::kl) ? estimates[i].kl : estimates[i].bd;
      i_xt.push_back(information.xt);
      i_ty.push_back(information.ty);
    }
    // The estimates go last: they say that the rest is written.
    results_.write_noise(work.trial, work.axis_epoch, work.axis_layer, work.sigma2[i],
                         snapshot.sigma2[i], estimates[i].error_bits);
    results_.write_estimate(work.trial, work.axis_epoch, work.axis_layer, work.sigma2[i], i_xt,
                            i_ty);
  }
}

}  // namespace infoplane
