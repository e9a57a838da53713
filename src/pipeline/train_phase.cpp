#include "pipeline/train_phase.hpp"

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <numeric>
#include <optional>

#include "comm/guard.hpp"
#include "comm/ticket_service.hpp"
#include "core/log.hpp"
#include "core/progress.hpp"
#include "core/text.hpp"
#include "models/make_network.hpp"
#include "pipeline/early_estimates.hpp"
#include "pipeline/job_status.hpp"
#include "pipeline/snapshot_estimator.hpp"
#include "pipeline/trial_checkpoints.hpp"
#include "pipeline/trial_data.hpp"
#include "pipeline/trial_states.hpp"
#include "store/activations_file.hpp"
#include "store/last_words_file.hpp"
#include "store/results_file.hpp"
#include "training/diverged.hpp"
#include "training/evaluate.hpp"
#include "training/gradient_statistics.hpp"
#include "training/recorder.hpp"
#include "training/train.hpp"

namespace infoplane {
namespace {

double seconds_since_1970() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// " (tanh, 0.001, 3)": its place in the grid, in the order of the axes.
std::string varied_text(const TrialGrid& grid, std::size_t trial) {
  std::vector<std::string> words;
  for (const Setting& setting : grid.trials[trial].varied) words.push_back(to_string(setting));
  return words.empty() ? "" : " (" + join(words) + ")";
}

/// "auto" is the processor: small networks train faster there. The ranks of a node go round its
/// devices.
torch::Device training_device(DeviceChoice choice) {
  if (choice != DeviceChoice::cuda) return torch::kCPU;
  if (!torch::cuda::is_available()) {
    throw InputError(
        "training.device = \"cuda\", and LibTorch sees no CUDA device here; \"cpu\" "
        "trains on the processor");
  }
  const ComputeDevice device =
      device_of_rank(ComputeDevice::Kind::cuda, local_rank(), visible_cuda_devices());
  return {torch::kCUDA, static_cast<c10::DeviceIndex>(device.index)};
}

/// Trains one trial after another into the two files of a run.
class TrialRunner {
 public:
  TrialRunner(const RunPlan& plan, const RunDirectory& run, const JobControl& job,
              ActivationsFile& activations, ResultsFile& results, TicketService& service,
              Progress* progress)
      : plan_(plan),
        run_(run),
        job_(job),
        axes_(empty_results(plan.layout, plan.row_set_entropy, {}, {}, {})),
        activations_(activations),
        results_(results),
        service_(service),
        progress_(progress) {}

  /// Returns whether the trial failed, or was left for a later job.
  bool operator()(std::size_t trial) {
    LedgerEntry entry = activations_.ledger(trial);
    entry.state = TrialState::running;
    entry.attempts += 1;
    entry.started = entry.ended = seconds_since_1970();
    write_state(activations_, results_, trial, entry);
    log_debug("trial {}{}: attempt {}, {} rows to train on, {} parameters, {} epochs to record",
              plan_.grid.trials[trial].id, varied_text(plan_.grid, trial), entry.attempts,
              plan_.layout.trials[trial].train_rows, plan_.layout.trials[trial].parameters,
              plan_.layout.trials[trial].epochs.size());
    TrialCheckpoints checkpoints(CheckpointFiles(run_.path(), plan_.grid.trials[trial].id),
                                 activations_, results_, trial, job_.checkpoint_every_s);
    // Until its state is on the disk: who dies then has not died of the trial.
    const LastWordsFile last_words(run_.path(), plan_.grid.trials[trial].id);
    std::size_t epochs_recorded = 0;
    try {
      const Recorded recorded = train_and_record(trial, entry, checkpoints, epochs_recorded);
      entry.epochs = recorded.epochs;
      entry.checksum = recorded.checksum;
      entry.state = TrialState::done;
      entry.reason.clear();
    } catch (const StoppedEarly&) {
      return true;
    } catch (const InternalError&) {
      throw;
    } catch (const InputError&) {
      put_back_if_possible(trial, entry);
      throw;  // a full disk is no result about the trial: the job ends, and a later one trains it
    } catch (const std::bad_alloc&) {
      put_back_if_possible(trial, entry);
      throw;
    } catch (const Diverged& error) {
      fail(trial, entry, error.what());
    } catch (const std::exception& error) {
      const std::string what = first_line(error.what());
      // LibTorch's allocator of the processor has no type for it. How many ranks share a node or a
      // device is no result either.
      if (what.find("allocate memory") != std::string::npos ||
          dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr) {
        put_back_if_possible(trial, entry);
        throw InputError("trial " + plan_.grid.trials[trial].id + ": " + what);
      }
      fail(trial, entry, what);
    } catch (...) {
      fail(trial, entry, "its network threw something that is no std::exception");
    }
    forget_epochs(trial, epochs_recorded);
    entry.ended = seconds_since_1970();
    write_state(activations_, results_, trial, entry);
    checkpoints.remove();
    log_debug("trial {}{}: {} in {}, {} epochs trained, checksum {:016x}",
              plan_.grid.trials[trial].id, varied_text(plan_.grid, trial), name_of(entry.state),
              format_seconds(entry.ended - entry.started), entry.epochs, entry.checksum);
    return entry.state == TrialState::failed;
  }

 private:
  struct Recorded {
    std::uint32_t epochs;  ///< trained
    std::uint64_t checksum;
  };

  /// Moves the start of `entry` back by what was spent on the trial before. Throws StoppedEarly
  /// when the job is to end: then all is saved. `epoch_index`: how many epochs are recorded, of
  /// those that are to be; right also where it throws.
  Recorded train_and_record(std::size_t index, LedgerEntry& entry, TrialCheckpoints& checkpoints,
                            std::size_t& epoch_index) {
    const double started = seconds_since_1970();
    const Trial& trial = plan_.grid.trials[index];
    const TrainingSettings& settings = trial.settings.training;
    TrialData rows = load_trial_data(trial, plan_.sweep);
    const std::shared_ptr<Network> network =
        make_network(trial.settings.model, rows.data, trial.seeds.weights);
    const torch::Device device = training_device(settings.device);
    network->to(device);
    rows.data.inputs = rows.data.inputs.to(device);
    rows.data.labels = rows.data.labels.to(device);
    const Split split{rows.train, rows.validation, rows.test};
    Recorder record(*network, rows.data, rows.recorded);
    SlabChecksum checksum(record.layers().size());
    GradientStatistics gradients(*network, record.layers());

    const std::optional<TrialCheckpoint> from = checkpoints.restore(*network, gradients);
    double share_before = -1;  // known with the first batch
    double share = 0;
    if (from) {
      epoch_index = from->recorded;
      checksum.go_to(from->slab_parts);
      entry.started -= from->seconds;
      log_info("trial {} goes on at its checkpoint, {} recorded and {} spent on it before",
               trial.id, count_of(static_cast<std::int64_t>(from->recorded), "epoch"),
               format_seconds(from->seconds));
    }

    TrainingHooks hooks;
    hooks.between_batches = [&](double done) {
      share = done;
      if (share_before < 0) share_before = from ? done : 0;
      if (progress_ != nullptr) progress_->tick(done * plan_.predicted_trial_s[index]);
    };
    hooks.at_pause = [&](const std::function<TrainingState()>& state) {
      const double spent = seconds_since_1970() - started;
      const bool stop =
          service_.stop_wanted((share - share_before) / std::max(1e-9, 1 - share_before), spent);
      if (!stop && !checkpoints.is_due()) return;
      if (stop)
        put_back(activations_, results_, index,
                 entry);  // first: who is told to end has a second, or less
      checkpoints.save({entry.attempts, share},
                       {state(), gradients.state(), epoch_index, checksum.parts(),
                        spent + (from ? from->seconds : 0)});
      if (stop) throw StoppedEarly();
    };
    switch (plan_.sweep.record().gradients) {
      case GradientRecording::none:
        break;
      case GradientRecording::batches:
        hooks.on_gradient = [&] { gradients.add_batch(); };
        break;
      case GradientRecording::examples:
        hooks.on_losses = [&](const torch::Tensor& losses) { gradients.add_examples(losses); };
        break;
    }
    hooks.at_epoch = [&](std::int64_t epoch) {
      const SplitEvaluation result = evaluate(*network, rows.data, split);
      if (!std::isfinite(result.train.loss)) {
        throw Diverged::by_loss(result.train.loss, fmt::format(" after epoch {}", epoch));
      }
      record(epoch, [&](std::size_t layer, MatrixView<const float> snapshot) {
        activations_.write_snapshot(index, epoch_index, layer, snapshot);
        checksum.add(epoch_index, layer, snapshot);
      });
      results_.write_metrics(
          index, axis_epoch(epoch),
          {result.train.loss, result.train.accuracy, result.test.loss, result.test.accuracy,
           result.validation.loss, result.validation.accuracy});
      write_gradients(index, axis_epoch(epoch), record.layers(), gradients.take());
      ++epoch_index;
    };
    const TrainingEnd end =
        train(*network, rows.data, split, settings, {trial.seeds.batches, trial.seeds.layers},
              trial.epochs, hooks, from ? &from->training : nullptr);
    return {static_cast<std::uint32_t>(end.epochs), checksum.value()};
  }

  /// Of those from one on: an attempt before may have come further than this one.
  void forget_epochs(std::size_t trial, std::size_t from) {
    const std::vector<std::int64_t>& epochs = plan_.layout.trials[trial].epochs;
    for (std::size_t e = from; e < epochs.size(); ++e)
      results_.forget_epoch(trial, axis_epoch(epochs[e]));
  }

  void write_gradients(std::size_t trial, std::size_t axis_epoch,
                       const std::vector<LayerShape>& layers,
                       const std::vector<LayerGradients>& gradients) {
    for (const LayerGradients& of : gradients) {
      const auto layer = std::find(axes_.layers.begin(), axes_.layers.end(), layers[of.layer].name);
      results_.write_gradients(trial, axis_epoch,
                               static_cast<std::size_t>(layer - axes_.layers.begin()),
                               {of.mean, of.deviation, of.weight_norm, of.count});
    }
  }

  std::size_t axis_epoch(std::int64_t epoch) const {
    return static_cast<std::size_t>(
        std::lower_bound(axes_.epochs.begin(), axes_.epochs.end(), epoch) - axes_.epochs.begin());
  }

  void put_back_if_possible(std::size_t trial, LedgerEntry& entry) {
    try {
      put_back(activations_, results_, trial, entry);
    } catch (const InputError&) {  // the disk it was about: the attempt counts
    }
  }

  void fail(std::size_t trial, LedgerEntry& entry, const std::string& reason) const {
    entry.state = TrialState::failed;
    entry.reason = reason.empty() ? "an error without a message" : reason;
    service_.note(entry.reason);
    log_warning("trial {}{} failed: {}", plan_.grid.trials[trial].id,
                varied_text(plan_.grid, trial), entry.reason);
  }

  const RunPlan& plan_;
  const RunDirectory& run_;
  const JobControl& job_;
  const ResultsTable axes_;
  ActivationsFile& activations_;
  ResultsFile& results_;
  TicketService& service_;
  Progress* progress_;  ///< on rank 0
};

/// Estimates some snapshots while others train. Whatever goes wrong with them must not cost the
/// trials: it is left to the estimation phase, which will meet it again and say so. Returns whether
/// it went wrong.
bool failed_early(const std::vector<SnapshotWork>& snapshots, SnapshotEstimator& estimate,
                  TicketService& service) {
  bool failed = false;
  try {
    for (const SnapshotWork& snapshot : snapshots) {
      failed = !estimate(snapshot, [&] { return service.stop_wanted(); });
      if (failed) break;
    }
  } catch (const std::exception&) {
    failed = true;
  }
  service.count(estimate.take_count());
  return failed;
}

/// Predicted seconds of each trial, without what its checkpoint has behind it; that is for rank 0
/// to know.
std::vector<double> costs_left(const Communicator& comm, const RunPlan& plan,
                               const RunDirectory& run, const std::vector<std::size_t>& todo) {
  std::vector<double> costs;
  for (const std::size_t trial : todo) {
    double share = 0;
    if (comm.is_root())
      share = CheckpointFiles(run.path(), plan.grid.trials[trial].id).claimed_share();
    costs.push_back(plan.predicted_trial_s[trial] * (1 - share));
  }
  return costs;
}

}  // namespace

TrainOutcome train_trials(const Communicator& comm, const RunPlan& plan, const RunDirectory& run,
                          const std::vector<std::size_t>& todo, const ComputeDevice& device,
                          const JobControl& job) {
  const std::vector<double> costs = costs_left(comm, plan, run, todo);
  const double total = std::accumulate(costs.begin(), costs.end(), 0.0);
  const EarlyEstimates early(comm, plan, run, todo);
  std::unique_ptr<Progress> progress;
  if (comm.is_root())
    progress =
        std::make_unique<Progress>("training", static_cast<std::int64_t>(todo.size()), total);

  TrainOutcome outcome;
  JobStatus* const status = job.status;
  const auto last_words = [&](const std::string& what) {
    if (status != nullptr) status->end(JobPhase::failed, what);
  };
  // A rank that cannot open what the others can must not unwind: closing is collective.
  std::optional<ActivationsFile> activations;
  std::optional<ResultsFile> results;
  alone_or_abort(comm, last_words, [&] {
    activations.emplace(run.activations(), ActivationsFile::Access::write, comm);
    results.emplace(run.results(), comm);
    if (status != nullptr) {
      status->begin_training(plan, todo, costs,
                             {early.older_snapshots(), early.older_cost_s(), early.older_done()});
    }
    const auto on_report = [&](const TicketReport& report) {
      if (status != nullptr) status->came_back(report);
      const auto ticket = static_cast<std::size_t>(report.ticket);
      if (ticket >= todo.size()) {
        outcome.estimated += report.count;
        const WorkRange& range = early.range(ticket - todo.size());
        if (status != nullptr)
          status->estimates_came_back(report, range.end - range.begin, range.cost_s);
        return;
      }
      progress->advance(1, costs[ticket]);
    };
    TicketService service(comm, costs, on_report, early.fillers(), job.stop,
                          [&](std::size_t ticket, int rank) {
                            if (status != nullptr) status->handed_out(ticket, rank);
                          });
    TrialRunner run_trial(plan, run, job, *activations, *results, service, progress.get());
    SnapshotEstimator estimate(*activations, *results, early.sigma2(), early.bounds(), device);
    for_each_ticket(service, [&](std::size_t ticket) {
      if (ticket < todo.size()) return run_trial(todo[ticket]);
      return failed_early(early.work(ticket - todo.size()), estimate, service);
    });
    outcome.busy = service.busy_log();
  });
  if (job.stop != nullptr) job.stop->agree(comm);
  return outcome;
}

}  // namespace infoplane
