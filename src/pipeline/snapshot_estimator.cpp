#include "pipeline/snapshot_estimator.hpp"

#include "estimators/device/pairwise_on.hpp"

namespace infoplane {

void SnapshotEstimator::operator()(const SnapshotWork& work) {
  if (work.epoch >= activations_.recorded_epochs(work.trial)) return;  // training stopped before it
  const Snapshot snapshot = load(work);
  if (snapshot.sigma2.empty()) return write(work, {});
  write(work, naming(work, [&] {
          return device_.kind == ComputeDevice::Kind::cuda
                     ? pairwise_information_on(device_, snapshot.values, snapshot.labels,
                                               snapshot.sigma2)
                     : pairwise_information(snapshot.values, snapshot.labels, snapshot.sigma2);
        }));
}

SnapshotEstimator::Snapshot SnapshotEstimator::load(const SnapshotWork& work) {
  const RunLayout& layout = activations_.layout();
  const TrialLayout& trial = layout.trials[work.trial];
  const RowSetLayout& rows = layout.row_sets[trial.row_set];
  activations_.read_snapshot(work.trial, work.epoch, work.layer, values_);
  const MatrixView<const float> values(values_.data(), rows.rows.size(),
                                       static_cast<std::size_t>(trial.layers[work.layer].features));

  const SnapshotPlace place{work.trial, work.epoch, work.layer};
  std::optional<DistanceSummary> distances;
  if (!work.has_distances || noise_.needs_distances(work.sigma2))
    distances = noise_.distances(place, values);
  distances_.reset();
  if (!work.has_distances) {
    distances_ = {distances->quantiles(), distances->histogram(), distances->mean,
                  distances->rank_error};
  }
  std::vector<double> wanted;
  for (const std::uint64_t s : work.sigma2)
    wanted.push_back(noise_.variance(s, place, distances ? &*distances : nullptr));
  return {values, rows.labels, std::move(wanted)};
}

void SnapshotEstimator::write(const SnapshotWork& work,
                              const std::vector<PairwiseEstimate>& estimates) {
  if (distances_)
    results_.write_distances(work.trial, work.axis_epoch, work.axis_layer, *distances_);
  for (std::size_t i = 0; i < estimates.size(); ++i) {
    std::vector<double> i_xt;
    std::vector<double> i_ty;
    for (const std::string& bound : bounds_) {
      const MutualInformation& information =
          bound == name_of(Bound::kl) ? estimates[i].kl : estimates[i].bd;
      i_xt.push_back(information.xt);
      i_ty.push_back(information.ty);
    }
    results_.write_noise(work.trial, work.axis_epoch, work.axis_layer, work.sigma2[i],
                         estimates[i].sigma2, estimates[i].error_bits);
    results_.write_estimate(work.trial, work.axis_epoch, work.axis_layer, work.sigma2[i], i_xt,
                            i_ty);
  }
}

}  // namespace infoplane
