#include "pipeline/snapshot_estimator.hpp"

#include "estimators/device/pairwise_on.hpp"

namespace infoplane {

bool SnapshotEstimator::operator()(const SnapshotWork& work,
                                   const std::function<bool()>& stop_wanted) {
  if (work.epoch >= activations_.recorded_epochs(work.trial)) return true;  // stopped before it
  if (stop_wanted()) return false;
  const Snapshot snapshot = load(work);
  summarize(work);
  std::optional<std::vector<PairwiseEstimate>> estimates{std::in_place};
  if (!snapshot.sigma2.empty())
    estimates = naming(work, [&] { return estimate(snapshot, stop_wanted); });
  if (!estimates) return false;
  write(work, *estimates);
  ++count_;
  return true;
}

std::optional<std::vector<PairwiseEstimate>> SnapshotEstimator::estimate(
    const Snapshot& snapshot, const std::function<bool()>& stop_wanted) const {
  if (device_.kind == ComputeDevice::Kind::cuda)
    return pairwise_information_on(device_, snapshot.values, snapshot.labels, snapshot.sigma2);
  const PairwiseProblem problem(snapshot.values, snapshot.labels, snapshot.sigma2);
  PairwiseSums sums = problem.no_sums();
  for (std::size_t ticket = 0; ticket < problem.tickets(); ++ticket) {
    if (stop_wanted()) return std::nullopt;
    problem.add(ticket, sums);
  }
  return problem.finish(sums);
}

SnapshotEstimator::Snapshot SnapshotEstimator::load(const SnapshotWork& work) {
  const RowSetLayout& rows = rows_of(work);
  activations_.read_snapshot(work.trial, work.epoch, work.layer, values_);
  summary_.reset();
  if (noise_.needs_distances(work.sigma2)) summary_ = noise_.distances(place(work), values(work));
  std::vector<double> wanted;
  for (const std::uint64_t s : work.sigma2)
    wanted.push_back(noise_.variance(s, place(work), summary_ ? &*summary_ : nullptr));
  return {values(work), rows.labels, std::move(wanted)};
}

void SnapshotEstimator::summarize(const SnapshotWork& work) {
  if (!work.has_distances && !summary_) summary_ = noise_.distances(place(work), values(work));
}

const RowSetLayout& SnapshotEstimator::rows_of(const SnapshotWork& work) const {
  const RunLayout& layout = activations_.layout();
  return layout.row_sets[layout.trials[work.trial].row_set];
}

MatrixView<const float> SnapshotEstimator::values(const SnapshotWork& work) const {
  const TrialLayout& trial = activations_.layout().trials[work.trial];
  return {values_.data(), rows_of(work).rows.size(),
          static_cast<std::size_t>(trial.layers[work.layer].features)};
}

void SnapshotEstimator::write(const SnapshotWork& work,
                              const std::vector<PairwiseEstimate>& estimates) {
  if (!work.has_distances) {
    INFOPLANE_EXPECT(summary_.has_value());
    results_.write_distances(
        work.trial, work.axis_epoch, work.axis_layer,
        {summary_->quantiles(), summary_->histogram(), summary_->mean, summary_->rank_error});
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
    results_.write_noise(work.trial, work.axis_epoch, work.axis_layer, work.sigma2[i],
                         estimates[i].sigma2, estimates[i].error_bits);
    results_.write_estimate(work.trial, work.axis_epoch, work.axis_layer, work.sigma2[i], i_xt,
                            i_ty);
  }
}

}  // namespace infoplane
