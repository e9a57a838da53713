#include "pipeline/merge.hpp"

#include <fmt/format.h>

#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "comm/communicator.hpp"
#include "core/log.hpp"
#include "core/text.hpp"
#include "pipeline/provenance.hpp"
#include "pipeline/same_run.hpp"
#include "pipeline/trial_states.hpp"
#include "store/activations_file.hpp"
#include "store/atomic_file.hpp"
#include "store/merge_results.hpp"
#include "sweep/expand.hpp"

namespace infoplane {
namespace {

const char* const resolved_header =
    "# The sweep of this run as it was executed, every default filled in.\n\n";

/// The runs to merge, held so that no job writes into them meanwhile.
struct Parts {
  std::vector<RunDirectory> runs;
  std::vector<std::string> names;
  std::vector<std::unique_ptr<RunLock>> locks;
  std::vector<ResultsTable> tables;
};

config::SweepFile sweep_of(const RunDirectory& run, const Shard& shard) {
  return config::SweepFile::parse(read_text(run.sweep()), run.sweep().string(),
                                  {"sweep.shard=" + to_string(shard)});
}

Shard shard_of(const RunDirectory& run) {
  return config::SweepFile::parse(read_text(run.sweep()), run.sweep().string()).shard();
}

/// Runs of one sweep differ in nothing but their shard.
void require_one_sweep(const std::vector<RunDirectory>& runs) {
  for (std::size_t p = 1; p < runs.size(); ++p) {
    try {
      refuse_another_sweep(sweep_of(runs[0], shard_of(runs[p])), runs[p]);
    } catch (const UsageError& error) {
      // Its last line is what to do about a run that is resumed.
      const std::string what = error.what();
      throw UsageError(fmt::format("{}\nonly shards of one sweep can be merged; + is {}",
                                   what.substr(0, what.rfind('\n')), runs[0].path().string()));
    }
  }
}

void require_all_shards(const std::vector<RunDirectory>& runs) {
  const std::int64_t count = shard_of(runs[0]).count;
  std::vector<bool> there(static_cast<std::size_t>(count), false);
  for (const RunDirectory& run : runs) {
    const Shard shard = shard_of(run);
    if (shard.count != count) {
      throw UsageError(fmt::format("{} is shard {} and {} is shard {}: they do not fit together",
                                   runs[0].path().string(), to_string(shard_of(runs[0])),
                                   run.path().string(), to_string(shard)));
    }
    there[static_cast<std::size_t>(shard.index - 1)] = true;
  }
  std::vector<std::string> missing;
  for (std::int64_t i = 0; i < count; ++i) {
    if (!there[static_cast<std::size_t>(i)]) missing.push_back(to_string(Shard{i + 1, count}));
  }
  if (!missing.empty()) throw UsageError(fmt::format("no run of shard {} is given", join(missing)));
}

Parts open_parts(const std::vector<RunDirectory>& runs) {
  Parts parts;
  parts.runs = runs;
  std::set<std::filesystem::path> seen;
  for (const RunDirectory& run : runs) {
    run.require_run();
    if (!seen.insert(std::filesystem::canonical(run.path())).second)
      throw UsageError(run.path().string() + " is given twice");
    parts.names.push_back(run.path().string());
    parts.locks.push_back(std::make_unique<RunLock>(run, RunLock::Use::read));
  }
  require_one_sweep(runs);
  require_all_shards(runs);
  for (const RunDirectory& run : runs) {
    parts.tables.push_back(read_results(run.results()));
    require_same_arithmetic(parts.tables.back(), parts.tables.front().provenance, run);
  }
  return parts;
}

/// Whether activations are to be merged. Some runs with and some without are refused.
bool all_have_activations(const std::vector<RunDirectory>& runs) {
  std::vector<std::string> with;
  std::vector<std::string> without;
  for (const RunDirectory& run : runs)
    (std::filesystem::exists(run.activations()) ? with : without).push_back(run.path().string());
  if (!with.empty() && !without.empty()) {
    throw UsageError(
        fmt::format("{} has no activations.h5, {} has: --results-only merges the "
                    "results alone",
                    without[0], with[0]));
  }
  return !with.empty();
}

/// The layout of the merged activations; rows that trials of several parts have are there once.
RunLayout joint_layout(const std::vector<ActivationsFile>& files,
                       const std::vector<TrialPlace>& places) {
  RunLayout joint;
  std::map<std::pair<std::vector<std::int64_t>, std::vector<std::int32_t>>, std::size_t> row_sets;
  for (const TrialPlace& place : places) {
    const RunLayout& part = files[place.part].layout();
    TrialLayout trial = part.trials.at(place.trial);
    const RowSetLayout& rows = part.row_sets.at(trial.row_set);
    const auto [entry, is_new] =
        row_sets.try_emplace({rows.rows, rows.labels}, joint.row_sets.size());
    if (is_new) joint.row_sets.push_back(rows);
    trial.row_set = entry->second;
    joint.trials.push_back(std::move(trial));
  }
  return joint;
}

/// Copies a finished trial's slab; refuses one that is not what its ledger entry says.
void copy_slab(const ActivationsFile& from, std::size_t trial, const LedgerEntry& entry,
               ActivationsFile& to, std::size_t as, const RunDirectory& run) {
  const TrialLayout& layout = from.layout().trials[trial];
  const std::size_t rows = from.layout().rows_of(layout);
  SlabChecksum checksum(layout.layers.size());
  std::vector<float> values;
  for (std::size_t e = 0; e < recorded_epochs(layout.epochs, entry.epochs); ++e) {
    for (std::size_t l = 0; l < layout.layers.size(); ++l) {
      from.read_snapshot(trial, e, l, values);
      const MatrixView<const float> snapshot(values.data(), rows,
                                             static_cast<std::size_t>(layout.layers[l].features));
      checksum.add(e, l, snapshot);
      to.write_snapshot(as, e, l, snapshot);
    }
  }
  if (checksum.value() != entry.checksum) {
    throw InputError(fmt::format("{}: the activations of trial {} are damaged; {} trains it again",
                                 run.path().string(), layout.id, run.run_command()));
  }
}

/// Its checkpoints stay where they are: it begins anew, and so does the count of its attempts.
void begin_anew(ResultsTable& table, std::size_t trial) {
  table.state[trial] = static_cast<std::uint8_t>(TrialState::pending);
  table.attempts[trial] = 0;
  table.seconds[trial] = std::numeric_limits<double>::quiet_NaN();
  table.failure[trial].clear();
}

/// Trials that name the same files of the user's own have seen the same values.
void require_same_files(const std::vector<ActivationsFile>& files, const Parts& parts,
                        const std::vector<TrialPlace>& places, const std::vector<Trial>& trials) {
  std::map<std::pair<std::string, std::string>, std::pair<std::uint64_t, std::size_t>> known;
  for (std::size_t t = 0; t < trials.size(); ++t) {
    const DataSettings& data = trials[t].settings.data;
    const std::uint64_t checksum =
        files[places[t].part].layout().trials[places[t].trial].data_checksum;
    if (data.set != DataSet::file || checksum == 0) continue;
    const auto [entry, is_new] =
        known.try_emplace({data.inputs, data.labels}, checksum, places[t].part);
    if (is_new || entry->second.first == checksum) continue;
    throw InputError(fmt::format("{} and {} were trained on other values of {} and {}",
                                 parts.names[entry->second.second], parts.names[places[t].part],
                                 data.inputs, data.labels));
  }
}

/// What the ledgers know better goes into the results.
void merge_activations(const Parts& parts, const std::vector<TrialPlace>& places,
                       const std::vector<Trial>& trials, ResultsTable& table,
                       const RunDirectory& out) {
  std::vector<ActivationsFile> files;
  for (std::size_t p = 0; p < parts.runs.size(); ++p) {
    files.emplace_back(parts.runs[p].activations(), ActivationsFile::Access::read,
                       Communicator::serial());
    files.back().require_trials(parts.tables[p].trials);
  }
  require_same_files(files, parts, places, trials);
  ActivationsFile::create(out.activations(), joint_layout(files, places), table.provenance);
  ActivationsFile merged(out.activations(), ActivationsFile::Access::write, Communicator::serial());
  for (std::size_t t = 0; t < places.size(); ++t) {
    const ActivationsFile& from = files[places[t].part];
    LedgerEntry entry = from.ledger(places[t].trial);
    if (was_cut_off(parts.tables[places[t].part].state_of(places[t].trial), entry)) {
      const RunDirectory& part = parts.runs[places[t].part];
      throw InputError(
          fmt::format("{}: the activations of trial {} are not complete, though its results are; "
                      "{} trains it again",
                      part.path().string(), parts.tables[places[t].part].trials[places[t].trial],
                      part.run_command()));
    }
    if (entry.state == TrialState::done) {
      copy_slab(from, places[t].trial, entry, merged, t, parts.runs[places[t].part]);
      merged.write_ledger(t, entry);
      if (merged.slab_checksum(t) != entry.checksum) {
        throw InputError(fmt::format("{} does not read back what was written into it (trial {})",
                                     out.activations().string(),
                                     parts.tables[places[t].part].trials[places[t].trial]));
      }
    } else if (is_finished(entry.state)) {
      merged.write_ledger(t, entry);
      table.failure[t] = entry.reason;
    } else {
      begin_anew(table, t);
    }
  }
  merged.sync();
}

/// That of the first part, for the whole sweep, with the histories of all.
Provenance joint_provenance(const Parts& parts, const config::SweepFile& sweep) {
  Provenance joint = parts.tables[0].provenance;
  std::string histories;
  for (std::size_t p = 0; p < parts.tables.size(); ++p) {
    for (const auto& [name, value] : parts.tables[p].provenance) {
      if (name != "history") continue;
      const std::string text = std::get<std::string>(value);
      for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        histories += fmt::format("{}shard {}: {}", histories.empty() ? "" : "\n",
                                 to_string(shard_of(parts.runs[p])), text.substr(at, end - at));
        at = end + 1;
      }
    }
  }
  for (auto& [name, value] : joint) {
    if (name == "sweep") value = sweep.resolved();
    if (name == "history") value = histories;
    if (name == "created") value = utc_time();
  }
  append_history(joint,
                 "merged from " + count_of(static_cast<std::int64_t>(parts.runs.size()), "run"),
                 Communicator::serial());
  return joint;
}

}  // namespace

MergeSummary merge_runs(const RunDirectory& out, const std::vector<RunDirectory>& runs,
                        MergeContent content) {
  if (out.holds_run()) {
    throw UsageError(
        fmt::format("{} holds a run already: give a new or empty folder", out.path().string()));
  }
  const Parts parts = open_parts(runs);
  const config::SweepFile sweep = sweep_of(runs[0], Shard{});
  std::vector<std::string> ids;
  const std::vector<Trial> trials = expand(sweep).trials;
  for (const Trial& trial : trials) ids.push_back(trial.id);

  ResultsTable merged = merge_results(parts.tables, parts.names, ids);
  merged.provenance = joint_provenance(parts, sweep);
  MergeSummary summary;
  summary.trials = ids.size();
  summary.has_activations = content == MergeContent::everything && all_have_activations(parts.runs);
  for (std::size_t t = 0; t < ids.size(); ++t) {
    const TrialState state = merged.state_of(t);
    if (!is_finished(state)) begin_anew(merged, t);
  }

  out.prepare();
  const RunLock lock(out);
  if (summary.has_activations)
    merge_activations(parts, places_of(parts.tables, parts.names, ids), trials, merged, out);
  for (std::size_t t = 0; t < ids.size(); ++t) {
    const TrialState state = merged.state_of(t);
    summary.unfinished += is_finished(state) ? 0U : 1U;
    summary.failed += is_finished(state) && state != TrialState::done ? 1U : 0U;
  }
  write_results(out.results(), merged);
  // The last: with it the run is whole.
  write_text_atomically(out.sweep(), resolved_header + sweep.resolved());
  return summary;
}

}  // namespace infoplane
