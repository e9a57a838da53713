#include "pipeline/run.hpp"

#include <ATen/Parallel.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>
#include <optional>
#include <stdexcept>
#include <utility>

#include "comm/serialized.hpp"
#include "core/log.hpp"
#include "core/text.hpp"
#include "estimators/noise/rule.hpp"
#include "pipeline/agree_device.hpp"
#include "pipeline/busy_table.hpp"
#include "pipeline/check_noise.hpp"
#include "pipeline/cores_of_ranks.hpp"
#include "pipeline/disk_space.hpp"
#include "pipeline/estimate_phase.hpp"
#include "pipeline/extend_run.hpp"
#include "pipeline/job_status.hpp"
#include "pipeline/provenance.hpp"
#include "pipeline/resume.hpp"
#include "pipeline/run_plan.hpp"
#include "pipeline/same_run.hpp"
#include "pipeline/snapshot_work.hpp"
#include "pipeline/train_phase.hpp"
#include "pipeline/trial_states.hpp"
#include "pipeline/unlike_processors.hpp"
#include "store/activations_file.hpp"
#include "store/atomic_file.hpp"
#include "store/change_estimates.hpp"
#include "store/pack.hpp"
#include "store/results_table.hpp"

namespace infoplane {
namespace {

void create_run(const RunPlan& plan, const RunDirectory& run, const Provenance& provenance) {
  ActivationsFile::create(run.activations(), plan.layout, provenance);
  const EstimateSettings& estimate = plan.sweep.estimate();
  write_results(run.results(), empty_results(plan.layout, plan.row_set_entropy, estimate.sigma2,
                                             estimate.bounds, provenance));
  write_text_atomically(run.sweep(), resolved_text(plan.sweep));
  if (const std::string left_out = epochs_left_out(plan); !left_out.empty())
    log_warning("{}", left_out);
  log_info("{}: {}, {} of activations, {} to estimate at {}", run.path().string(),
           count_of(static_cast<std::int64_t>(plan.layout.trials.size()), "trial"),
           format_bytes(plan.activations_bytes()), count_of(plan.snapshot_count(), "snapshot"),
           count_of(static_cast<std::int64_t>(estimate.sigma2.size()), "noise variance"));
}

using FileTime = std::optional<std::filesystem::file_time_type>;

/// The time by which the file system of a run dates files, which may not be this machine's; nothing
/// where there is no run yet.
FileTime file_system_now(const RunDirectory& run) {
  if (utimensat(AT_FDCWD, run.lock().c_str(), nullptr, 0) != 0) return std::nullopt;
  std::error_code error;
  const auto time = std::filesystem::last_write_time(run.lock(), error);
  return error ? FileTime{} : time;
}

/// A `stop` file ended the job before this one; it stays until then, for scripts to see. One made
/// since `job_start` is meant for this job.
void forget_old_stop(const RunDirectory& run, const FileTime& job_start) {
  std::error_code ignored;
  const auto made = std::filesystem::last_write_time(run.stop(), ignored);
  const FileTime now = file_system_now(run);
  if (job_start && now && !ignored && made > *job_start && made <= *now) return;
  if (std::filesystem::remove(run.stop(), ignored))
    log_info("removed {}, which ended the job before", run.stop().string());
}

/// On rank 0, when nobody writes any more: what only rank 0 may write, text, goes into the results.
/// The reasons are compared, not only copied after work: a job may have been killed before this.
void finish_results(const Communicator& comm, const RunDirectory& run, const RunSummary& summary,
                    ResultsTable& table) {
  const bool worked = summary.trained_now > 0 || summary.estimated_now > 0;
  bool changed = worked || !table.sealed;
  if (std::filesystem::exists(run.activations())) {
    const ActivationsFile file(run.activations(), ActivationsFile::Access::read,
                               Communicator::serial());
    file.require_trials(table.trials);
    const std::vector<LedgerEntry> ledger = file.ledger();
    for (std::size_t t = 0; t < ledger.size(); ++t) {
      changed = changed || table.failure[t] != ledger[t].reason;
      table.failure[t] = ledger[t].reason;
    }
  }
  if (!changed) return;
  if (worked)
    append_history(
        table.provenance,
        fmt::format("trained {}, estimated {}{}",
                    count_of(static_cast<std::int64_t>(summary.trained_now), "trial"),
                    count_of(summary.estimated_now, "snapshot"),
                    summary.device == ComputeDevice::Kind::cuda ? " on CUDA devices" : ""),
        comm);
  write_results(run.results(), table);
}

void estimate_rest(const Communicator& comm, const RunDirectory& run, const SpreadSettings& spread,
                   const ComputeDevice& device, const JobControl& job, RunSummary& summary) {
  EstimateOutcome estimated;
  if (job.stop == nullptr || !job.stop->agree(comm))
    estimated = estimate_outstanding(comm, run, spread, device, job.stop, job.status);
  if (job.stop != nullptr) summary.stopped = job.stop->cause();
  summary.estimated_now += estimated.snapshots;
  summary.device = device.kind;
  summary.estimating = std::move(estimated.busy);
  if (!comm.is_root()) return;
  for (const std::string& line : busy_table(summary.training, summary.estimating))
    log_info("{}", line);
}

/// `tried`: the trials this job was to train, positions in the plan.
RunSummary conclude(const Communicator& comm, const RunDirectory& run, RunSummary summary,
                    const std::vector<std::size_t>& tried = {}) {
  on_root(comm, [&] {
    std::error_code ignored;
    std::filesystem::remove(run.checkpoints(), ignored);  // unless a trial has left some
    ResultsTable table = read_results(run.results());
    for (const std::size_t t : tried)
      summary.trained_now += is_finished(table.state_of(t)) ? 1U : 0U;
    finish_results(comm, run, summary, table);
    summary.trials = table.trials.size();
    for (std::size_t t = 0; t < table.trials.size(); ++t) {
      const TrialState state = table.state_of(t);
      summary.failed += state == TrialState::failed ? 1U : 0U;
      summary.quarantined += state == TrialState::quarantined ? 1U : 0U;
      summary.unfinished += is_finished(state) ? 0U : 1U;
    }
    summary.outstanding = find_outstanding(table).size();
  });
  broadcast(comm, summary.trials);
  broadcast(comm, summary.failed);
  broadcast(comm, summary.quarantined);
  broadcast(comm, summary.unfinished);
  broadcast(comm, summary.outstanding);
  broadcast(comm, summary.trained_now);
  broadcast(comm, summary.estimated_now);
  return summary;
}

/// Does the work of a job, and says in status.json how it ended.
template <class Work>
RunSummary with_status(const Communicator& comm, const RunDirectory& run, const JobControl& job,
                       Work&& work) {
  JobStatus status(comm, run);
  JobControl watched = job;
  watched.status = &status;
  try {
    const RunSummary summary = work(watched);
    status.end(summary.ended_early() ? JobPhase::stopped : JobPhase::finished);
    return summary;
  } catch (const std::exception& error) {
    status.end(JobPhase::failed, error.what());
    throw;
  }
}

RunSummary run_watched(const Communicator& comm, const config::SweepFile& sweep,
                       const RunDirectory& run, int threads, const SpreadSettings& spread,
                       const JobControl& job) {
  require_cores(comm, threads);
  at::set_num_threads(threads);
  const FileTime job_start = comm.is_root() ? file_system_now(run) : std::nullopt;
  const RunPlan plan = make_plan(sweep, comm.is_root() ? ShowProgress::yes : ShowProgress::no);
  const ComputeDevice device = agree_device(comm, sweep.estimate().device);
  if (device.kind == ComputeDevice::Kind::cpu) warn_of_unlike_processors(comm);
  std::optional<RunLock> lock;
  on_root(comm, [&] {
    if (!run.holds_run()) {
      run.prepare();
    } else if (!job.extend && !is_being_extended(run)) {
      refuse_another_sweep(sweep, run);
    }
    lock.emplace(run);
    forget_old_stop(run, job_start);
    finish_extension(run);
    if (job.extend && run.holds_run()) extend_run(comm, plan, run);
    require_disk_space(plan, run, comm.size());
    // Asked again: another job may have made and finished the run before this one had the lock.
    const Provenance provenance = provenance_of(sweep, comm, threads, device.kind);
    if (!run.holds_run()) {
      refuse_orphans(run);
      create_run(plan, run, provenance);
    } else {
      refuse_another_sweep(sweep, run);
      require_same_arithmetic(read_results(run.results()), provenance, run);
    }
    job.status->begin(sweep.name(), threads);
    job.status->trials(read_results(run.results()).state);  // what follows may refuse to go on
  });

  RunSummary summary;
  const std::optional<std::vector<std::size_t>> found = find_todo(comm, plan, run, job);
  summary.looked_through = found.has_value();
  const std::vector<std::size_t> todo = found.value_or(std::vector<std::size_t>{});
  on_root(comm, [&] { job.status->trials(read_results(run.results()).state); });
  if (!todo.empty()) {
    TrainOutcome trained = train_trials(comm, plan, run, todo, device, job);
    summary.training = std::move(trained.busy);
    summary.estimated_now = trained.estimated;
  }
  estimate_rest(comm, run, spread, device, job, summary);
  return conclude(comm, run, summary, todo);
}

/// As they stand in the results, layers by their place in the network.
std::vector<LayersOfTrial> layers_of_trials(const ResultsTable& table) {
  std::vector<LayersOfTrial> trials;
  for (std::size_t t = 0; t < table.trials.size(); ++t) {
    std::map<std::int32_t, std::string> layers;
    for (std::size_t l = 0; l < table.layers.size(); ++l) {
      const std::int32_t position = table.layer_position[table.at_layer(t, l)];
      if (position >= 0) layers.emplace(position, table.layers[l]);
    }
    LayersOfTrial trial{table.trials[t], {}};
    for (const auto& [position, name] : layers) trial.layers.push_back(name);
    trials.push_back(std::move(trial));
  }
  return trials;
}

/// Of trials that are done nothing may be missing, beside what was found torn.
void require_whole(const RunDirectory& run, const ResultsTable& table,
                   std::vector<std::size_t> torn) {
  const ActivationsFile file(run.activations(), ActivationsFile::Access::read,
                             Communicator::serial());
  const std::vector<LedgerEntry> ledger = file.ledger();
  for (std::size_t t = 0; t < ledger.size(); ++t) {
    if (was_cut_off(table.state_of(t), ledger[t])) torn.push_back(t);
  }
  if (torn.empty()) return;
  throw InputError(
      fmt::format("{}: the activations of trial {} are damaged or not complete; {} trains it again",
                  run.path().string(), table.trials.at(torn[0]), run.run_command()));
}

/// Of noise that a message names.
constexpr std::size_t most_listed = 8;

bool is_in(const std::vector<Noise>& all, const Noise& noise) {
  return std::any_of(all.begin(), all.end(),
                     [&](const Noise& other) { return is_same_noise(other, noise); });
}

std::string texts_of(const std::vector<Noise>& all) {
  std::vector<std::string> texts;
  for (const Noise& noise : all) texts.push_back(to_string(noise));
  return join_some(texts, most_listed);
}

/// A rule that does not exist, and that no other version gave the run, is a slip of the pen.
void require_rules(const std::vector<Noise>& dropped, const ResultsTable& table) {
  for (const Noise& noise : dropped) {
    if (noise.kind != Noise::Kind::rule || is_in(table.sigma2, noise)) continue;
    try {
      make_noise_rule(noise.rule);
    } catch (const std::invalid_argument& error) {
      throw UsageError(fmt::format("--drop {} ({})", to_string(noise), error.what()));
    }
  }
}

/// Those of the noise to drop that the table has. What it has no longer an interrupted call of the
/// same command took away; what the sweep asks for stays, for a range may contain some of it.
std::vector<Noise> droppable(const ResultsTable& table, const NoiseChange& change,
                             const std::vector<Noise>& of_sweep) {
  std::vector<Noise> there;
  std::vector<std::string> kept;
  std::vector<std::string> others;
  for (const Noise& noise : change.drop) {
    if (is_in(change.add, noise)) {
      throw UsageError("--drop " + to_string(noise) + ": it is to be added, too");
    }
    if (is_in(of_sweep, noise)) {
      kept.push_back(to_string(noise));
    } else if (is_in(table.sigma2, noise)) {
      there.push_back(noise);
    } else {
      others.push_back(to_string(noise));
    }
  }
  if (!kept.empty() && kept.size() == change.drop.size()) {
    throw UsageError(fmt::format(
        "--drop {}: in the run's own sweep, whose noise stays; make a run of a sweep without",
        join_some(kept, most_listed)));
  }
  if (!kept.empty()) log_warning("kept {}: in the run's own sweep", join_some(kept, most_listed));
  if (!others.empty())
    log_warning("the run has no noise {} to drop", join_some(others, most_listed));
  return there;
}

/// Writes the results with other noise. The new columns are there, as NaN, before anything is
/// estimated: a kill loses no old number, and the same command goes on.
void change_noise(const RunDirectory& run, ResultsTable& table, const NoiseChange& change,
                  const std::vector<Noise>& of_sweep, const Communicator& comm) {
  const std::vector<Noise> drop = droppable(table, change, of_sweep);
  const std::string dropped =
      "dropped " + count_of(static_cast<std::int64_t>(drop.size()), "noise variance");
  if (!drop.empty()) {
    drop_sigma2(table, drop);
    append_history(table.provenance, dropped + ": " + texts_of(drop), comm);
  }
  std::vector<Noise> before = table.sigma2;
  const bool extended = extend_sigma2(table, change.add);
  if (extended && !std::filesystem::exists(run.activations())) {
    throw InputError(fmt::format(
        "{} is gone: without activations there is nothing to estimate at other noise. The results "
        "stay as they are",
        run.activations().string()));
  }
  if (!extended && drop.empty()) return;
  if (extended) {
    std::vector<Noise> added;
    std::copy_if(table.sigma2.begin(), table.sigma2.end(), std::back_inserter(added),
                 [&](const Noise& noise) { return !is_in(before, noise); });
    append_history(table.provenance,
                   "added " + count_of(static_cast<std::int64_t>(added.size()), "noise variance") +
                       ": " + texts_of(added),
                   comm);
  }
  require_disk_space(table, run);
  write_results(run.results(), table);
  if (!drop.empty()) log_info("{}: {}, with their estimates", run.path().string(), dropped);
}

RunSummary estimate_watched(const Communicator& comm, const RunDirectory& run,
                            const NoiseChange& noise, int threads, const SpreadSettings& spread,
                            std::optional<DeviceChoice> device, const JobControl& job) {
  require_cores(comm, threads);
  at::set_num_threads(threads);
  std::optional<RunLock> lock;
  ResultsTable table;
  std::optional<config::SweepFile> sweep;
  DeviceChoice choice = DeviceChoice::automatic;
  bool has_activations = false;
  on_root(comm, [&] {
    run.require_run();
    const FileTime job_start = file_system_now(run);
    lock.emplace(run);
    forget_old_stop(run, job_start);
    finish_extension(run);
    table = read_results(run.results());
    sweep = config::SweepFile::parse(read_text(run.sweep()), run.sweep().string());
    choice = device.value_or(sweep->estimate().device);
    check_noise(noise.add, layers_of_trials(table), [](const Noise& entry) {
      return config::Source{"--sigma2 " + to_string(entry), 0, 0};
    });
    require_rules(noise.drop, table);
    has_activations = std::filesystem::exists(run.activations());
    if (has_activations) {
      ActivationsFile(run.activations(), ActivationsFile::Access::read, Communicator::serial())
          .require_trials(table.trials);
    }
  });
  broadcast(comm, has_activations);
  broadcast(comm, choice);
  const ComputeDevice on_device = agree_device(comm, choice);
  if (on_device.kind == ComputeDevice::Kind::cpu) warn_of_unlike_processors(comm);
  on_root(comm, [&] {
    require_same_arithmetic(table, provenance_of(*sweep, comm, threads, on_device.kind), run);
  });
  std::optional<std::vector<std::size_t>> torn{std::in_place};
  if (has_activations) torn = find_torn(comm, run, job);
  on_root(comm, [&] {
    if (torn && has_activations) require_whole(run, table, *torn);
    if (torn) change_noise(run, table, noise, sweep->estimate().sigma2, comm);
    job.status->begin(sweep->name(), threads);
    job.status->trials(table.state);
  });
  RunSummary summary;
  summary.looked_through = torn.has_value();
  if (!noise.add.empty() || !torn) estimate_rest(comm, run, spread, on_device, job, summary);
  return conclude(comm, run, summary);
}

}  // namespace

RunSummary run_sweep(const Communicator& comm, const config::SweepFile& sweep,
                     const RunDirectory& run, int threads, const SpreadSettings& spread,
                     const JobControl& job) {
  return with_status(comm, run, job, [&](const JobControl& watched) {
    return run_watched(comm, sweep, run, threads, spread, watched);
  });
}

RunSummary estimate_run(const Communicator& comm, const RunDirectory& run, const NoiseChange& noise,
                        int threads, const SpreadSettings& spread,
                        std::optional<DeviceChoice> device, const JobControl& job) {
  return with_status(comm, run, job, [&](const JobControl& watched) {
    return estimate_watched(comm, run, noise, threads, spread, device, watched);
  });
}

}  // namespace infoplane
