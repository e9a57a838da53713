#include "pipeline/extend_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>
#include <system_error>

#include "core/errors.hpp"
#include "core/log.hpp"
#include "core/text.hpp"
#include "pipeline/provenance.hpp"
#include "pipeline/same_run.hpp"
#include "store/activations_file.hpp"
#include "store/atomic_file.hpp"
#include "store/copy_trial.hpp"
#include "store/pack.hpp"
#include "store/results_table.hpp"

namespace infoplane {
namespace {

std::filesystem::path beside(std::filesystem::path path) { return path += ".extended"; }

/// In this order: the sweep is written last and renamed last. Where its new file is, all are
/// complete.
std::vector<std::filesystem::path> files_of(const RunDirectory& run) {
  return {run.activations(), run.results(), run.sweep()};
}

/// The place in the plan of each trial of the run. Throws UsageError.
std::vector<std::size_t> places_in(const RunPlan& plan, const ActivationsFile& old,
                                   const RunDirectory& run) {
  std::map<std::string, std::size_t> place;
  for (std::size_t t = 0; t < plan.layout.trials.size(); ++t)
    place.emplace(plan.layout.trials[t].id, t);
  std::vector<std::size_t> places;
  for (const TrialLayout& trial : old.layout().trials) {
    const auto found = place.find(trial.id);
    if (found == place.end()) {
      refuse_another_sweep(
          plan.sweep, run,
          fmt::format("--extend only adds trials, and trial {} of the run would be "
                      "none of this sweep's: keep what the grid had",
                      trial.id));
      throw UsageError(run.path().string() + " holds trial " + trial.id +
                       ", which is not one of this sweep");
    }
    if (!same_slab(old.layout(), trial, plan.layout, plan.layout.trials[found->second])) {
      throw InputError(
          fmt::format("trial {} of {} has other rows, labels or layers than the sweep gives it: {}",
                      trial.id, run.path().string(), data_or_plugin_changed));
    }
    places.push_back(found->second);
  }
  return places;
}

void copy_results(const RunPlan& plan, const ResultsTable& old,
                  const std::vector<std::size_t>& places, const Provenance& provenance,
                  const std::filesystem::path& path) {
  ResultsTable axes = empty_results(plan.layout, plan.row_set_entropy, old.sigma2, {}, provenance);
  axes.bounds = old.bounds;
  write_results(path, axes);
  ResultsTable table = read_results(path);  // with arrays of their full size
  for (std::size_t t = 0; t < places.size(); ++t) copy_trial(old, t, table, places[t]);
  write_results(path, table);
}

/// Returns how many trials they have more.
std::size_t write_larger_files(const Communicator& comm, const RunPlan& plan,
                               const RunDirectory& run) {
  const ResultsTable old_results = read_results(run.results());
  const ActivationsFile old(run.activations(), ActivationsFile::Access::read,
                            Communicator::serial());
  old.require_trials(old_results.trials);
  const std::vector<std::size_t> places = places_in(plan, old, run);
  const std::size_t trials = plan.layout.trials.size();
  Provenance provenance = old_results.provenance;
  for (auto& [name, value] : provenance) {
    if (name == "sweep") value = plan.sweep.resolved();
  }
  append_history(provenance,
                 fmt::format("extended from {} to {}", places.size(),
                             count_of(static_cast<std::int64_t>(trials), "trial")),
                 comm);
  RunLayout layout = plan.layout;
  for (std::size_t t = 0; t < places.size(); ++t)
    layout.trials[places[t]].data_checksum = old.layout().trials[t].data_checksum;
  ActivationsFile::create(beside(run.activations()), layout, provenance);
  ActivationsFile larger(beside(run.activations()), ActivationsFile::Access::write,
                         Communicator::serial());
  for (std::size_t t = 0; t < places.size(); ++t) copy_trial(old, t, larger, places[t]);
  larger.sync();
  copy_results(plan, old_results, places, provenance, beside(run.results()));
  return trials - places.size();
}

}  // namespace

std::size_t extend_run(const Communicator& comm, const RunPlan& plan, const RunDirectory& run) {
  if (is_same_sweep(plan.sweep, run)) return 0;
  require_unpacked(run);
  refuse_other_settings(plan.sweep, run);
  if (!std::filesystem::exists(run.activations())) {
    throw InputError(run.activations().string() +
                     " is gone, and without it nothing can be added to the run");
  }
  std::size_t added = 0;
  try {
    added = write_larger_files(comm, plan, run);
    write_text_atomically(beside(run.sweep()), resolved_text(plan.sweep));
  } catch (const Error&) {
    finish_extension(run);  // the space of what was written so far is needed
    throw;
  }
  finish_extension(run);
  log_info("{}: {} added", run.path().string(),
           count_of(static_cast<std::int64_t>(added), "trial"));
  return added;
}

bool is_being_extended(const RunDirectory& run) {
  std::error_code ignored;
  return std::filesystem::exists(beside(run.sweep()), ignored);
}

void finish_extension(const RunDirectory& run) {
  std::error_code ignored;
  if (!is_being_extended(run)) {
    for (const std::filesystem::path& path : files_of(run)) {
      std::filesystem::remove(beside(path), ignored);
      std::filesystem::remove(beside(path) += ".tmp", ignored);
      std::filesystem::remove(std::filesystem::path(path) += ".tmp", ignored);
    }
    return;
  }
  for (const std::filesystem::path& path : files_of(run)) {
    if (std::rename(beside(path).c_str(), path.c_str()) != 0 && errno != ENOENT) {
      throw InputError(fmt::format("cannot write {} ({})", path.string(), std::strerror(errno)));
    }
    // Each on the disk before the next: after a power cut too the sweep is the last.
    sync_file(run.path());
  }
}

}  // namespace infoplane
