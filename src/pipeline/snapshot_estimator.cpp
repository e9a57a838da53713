#include "pipeline/snapshot_estimator.hpp"

#include <fmt/format.h>

namespace infoplane {

void SnapshotEstimator::operator()(const SnapshotWork& work) {
  const RunLayout& layout = activations_.layout();
  const TrialLayout& trial = layout.trials[work.trial];
  const RowSetLayout& rows = layout.row_sets[trial.row_set];
  activations_.read_snapshot(work.trial, work.epoch, work.layer, values_);
  const MatrixView<const float> snapshot(
      values_.data(), rows.rows.size(),
      static_cast<std::size_t>(trial.layers[work.layer].features));
  std::vector<double> wanted;
  for (const std::uint64_t s : work.sigma2) wanted.push_back(sigma2_[s]);
  const std::vector<PairwiseEstimate> estimates =
      estimate(snapshot, rows.labels, wanted, trial, work);
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

std::vector<PairwiseEstimate> SnapshotEstimator::estimate(MatrixView<const float> snapshot,
                                                          const std::vector<std::int32_t>& labels,
                                                          const std::vector<double>& sigma2,
                                                          const TrialLayout& trial,
                                                          const SnapshotWork& work) const {
  const auto place = [&] {
    return fmt::format("trial {}, layer {}, epoch {}", trial.id, trial.layers[work.layer].name,
                       trial.epochs[work.epoch]);
  };
  try {
    return pairwise_information(snapshot, labels, sigma2);
  } catch (const SnapshotError& error) {
    throw InputError(
        fmt::format("the snapshot of {} in activations.h5 is damaged: {}", place(), error.what()));
  } catch (const InternalError& error) {
    throw InternalError(fmt::format("{} ({})", error.what(), place()));
  }
}

}  // namespace infoplane
