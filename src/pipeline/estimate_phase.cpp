#include "pipeline/estimate_phase.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <vector>

#include "comm/guard.hpp"
#include "comm/serialized.hpp"
#include "comm/ticket_service.hpp"
#include "core/log.hpp"
#include "core/progress.hpp"
#include "core/text.hpp"
#include "estimators/pairwise.hpp"
#include "store/activations_file.hpp"
#include "store/results_file.hpp"

namespace infoplane {
namespace {

/// One snapshot and the noise variances it has no estimate for. Epoch and layer twice: their place
/// in the trial's own lists, and on the axes of the results.
struct SnapshotWork {
  std::uint64_t trial = 0;
  std::uint64_t epoch = 0, axis_epoch = 0;
  std::uint64_t layer = 0, axis_layer = 0;
  std::vector<std::uint64_t> sigma2;
  double cost_s = 0;

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& trial& epoch& axis_epoch& layer& axis_layer& sigma2& cost_s;
  }
};

/// Tickets big enough that asking costs nothing and small enough to fill all ranks evenly.
constexpr double ticket_s = 0.5;

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

/// Needs no activations: which epochs a trial has recorded shows in its metrics.
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

/// Ranges [begin, end) of `work` of about ticket_s each.
struct Batch {
  std::size_t begin;
  std::size_t end;
  double cost_s;
};

std::vector<Batch> batches_of(const std::vector<SnapshotWork>& work) {
  std::vector<Batch> batches;
  for (std::size_t i = 0; i < work.size(); ++i) {
    if (batches.empty() || batches.back().cost_s >= ticket_s) batches.push_back({i, i, 0});
    batches.back().end = i + 1;
    batches.back().cost_s += work[i].cost_s;
  }
  return batches;
}

class SnapshotEstimator {
 public:
  SnapshotEstimator(const ActivationsFile& activations, ResultsFile& results,
                    std::vector<double> sigma2, std::vector<std::string> bounds)
      : activations_(activations),
        results_(results),
        sigma2_(std::move(sigma2)),
        bounds_(std::move(bounds)) {}

  void operator()(const SnapshotWork& work) {
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

 private:
  std::vector<PairwiseEstimate> estimate(MatrixView<const float> snapshot,
                                         const std::vector<std::int32_t>& labels,
                                         const std::vector<double>& sigma2,
                                         const TrialLayout& trial, const SnapshotWork& work) const {
    const auto place = [&] {
      return fmt::format("trial {}, layer {}, epoch {}", trial.id, trial.layers[work.layer].name,
                         trial.epochs[work.epoch]);
    };
    try {
      return pairwise_information(snapshot, labels, sigma2);
    } catch (const SnapshotError& error) {
      throw InputError(fmt::format("the snapshot of {} in activations.h5 is damaged: {}", place(),
                                   error.what()));
    } catch (const InternalError& error) {
      throw InternalError(fmt::format("{} ({})", error.what(), place()));
    }
  }

  const ActivationsFile& activations_;
  ResultsFile& results_;
  std::vector<double> sigma2_;
  std::vector<std::string> bounds_;
  std::vector<float> values_;
};

}  // namespace

std::int64_t estimate_outstanding(const Communicator& comm, const RunDirectory& run) {
  std::vector<SnapshotWork> work;
  std::vector<double> sigma2;
  std::vector<std::string> bounds;
  on_root(comm, [&] {
    const ResultsTable table = read_results(run.results());
    sigma2 = table.sigma2;
    bounds = table.bounds;
    work = find_outstanding(table);
    if (work.empty()) return;
    if (!std::filesystem::exists(run.activations())) {
      throw InputError(fmt::format(
          "{} is gone: {} snapshots have estimates missing, and without activations there is "
          "nothing to estimate",
          run.activations().string(), work.size()));
    }
    ActivationsFile(run.activations(), ActivationsFile::Access::read, Communicator::serial())
        .require_trials(table.trials);
  });
  broadcast(comm, work);
  broadcast(comm, sigma2);
  broadcast(comm, bounds);
  if (work.empty()) return 0;

  const std::vector<Batch> batches = batches_of(work);
  std::vector<double> costs;
  double total = 0;
  for (const Batch& batch : batches) {
    costs.push_back(batch.cost_s);
    total += batch.cost_s;
  }
  std::unique_ptr<Progress> progress;
  if (comm.is_root()) {
    log_info("estimating {}", count_of(static_cast<std::int64_t>(work.size()), "snapshot"));
    progress =
        std::make_unique<Progress>("estimating", static_cast<std::int64_t>(work.size()), total);
  }

  // A rank that cannot open what the others can must not unwind: closing is collective.
  std::optional<ActivationsFile> activations;
  std::optional<ResultsFile> results;
  alone_or_abort(comm, [&] {
    activations.emplace(run.activations(), ActivationsFile::Access::read, comm);
    results.emplace(run.results(), comm);
    SnapshotEstimator estimate(*activations, *results, sigma2, bounds);
    TicketService service(comm, costs, [&](const TicketReport& report) {
      const Batch& batch = batches[static_cast<std::size_t>(report.ticket)];
      progress->advance(static_cast<std::int64_t>(batch.end - batch.begin), batch.cost_s);
    });
    for_each_ticket(service, [&](std::size_t ticket) {
      for (std::size_t i = batches[ticket].begin; i < batches[ticket].end; ++i) {
        service.serve();
        estimate(work[i]);
      }
      return false;
    });
  });
  return static_cast<std::int64_t>(work.size());
}

}  // namespace infoplane
