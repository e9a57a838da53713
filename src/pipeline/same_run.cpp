#include "pipeline/same_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "core/log.hpp"
#include "pipeline/provenance.hpp"
#include "store/activations_file.hpp"
#include "store/atomic_file.hpp"
#include "store/sweep_lines.hpp"

namespace infoplane {
namespace {

/// "training.epochs = 6" for every key of a resolved sweep, in its order, but for where its data
/// lie: a run may be resumed on another machine.
std::vector<std::string> dotted_lines(const std::string& resolved) {
  std::vector<std::string> lines;
  for (const SweepLine& line : sweep_lines(resolved)) {
    const std::string key = line.section + "." + line.key;
    if (key != "data.root") lines.push_back(key + " = " + line.value);
  }
  return lines;
}

std::vector<std::string> without(const std::vector<std::string>& lines,
                                 const std::vector<std::string>& others) {
  std::vector<std::string> rest;
  for (const std::string& line : lines) {
    if (std::find(others.begin(), others.end(), line) == others.end()) rest.push_back(line);
  }
  return rest;
}

const Setting* find_fact(const Provenance& provenance, const std::string& name) {
  for (const auto& [key, value] : provenance) {
    if (key == name) return &value;
  }
  return nullptr;
}

/// Without those that decide which trials there are.
std::vector<std::string> same_for_all_trials(const std::vector<std::string>& lines) {
  std::vector<std::string> rest;
  for (const std::string& line : lines) {
    for (const char* section : {"sweep.", "record.", "estimate."}) {
      if (line.rfind(section, 0) == 0) rest.push_back(line);
    }
  }
  return rest;
}

}  // namespace

std::string resolved_text(const config::SweepFile& sweep) {
  return "# The sweep of this run as it was executed, every default filled in.\n\n" +
         sweep.resolved();
}

bool is_same_sweep(const config::SweepFile& sweep, const RunDirectory& run) {
  return dotted_lines(read_text(run.sweep())) == dotted_lines(sweep.resolved());
}

void refuse_other_settings(const config::SweepFile& sweep, const RunDirectory& run) {
  if (same_for_all_trials(dotted_lines(read_text(run.sweep()))) !=
      same_for_all_trials(dotted_lines(sweep.resolved()))) {
    refuse_another_sweep(sweep, run);
  }
}

void refuse_orphans(const RunDirectory& run) {
  const auto refuse = [&](const std::filesystem::path& file) {
    throw InputError(fmt::format(
        "{} has trials that were trained, and {} is gone, which said of what sweep: no run is "
        "begun over them. Choose another --out, or put it back: results.nc has its text in the "
        "attribute `sweep`",
        file.string(), run.sweep().string()));
  };
  if (std::filesystem::exists(run.results())) {
    const ResultsTable table = read_results(run.results());
    for (std::size_t t = 0; t < table.trials.size(); ++t) {
      if (table.attempts[t] > 0 || is_finished(table.state_of(t))) refuse(run.results());
    }
  }
  if (std::filesystem::exists(run.activations())) {
    const ActivationsFile file(run.activations(), ActivationsFile::Access::read,
                               Communicator::serial());
    for (const LedgerEntry& entry : file.ledger()) {
      if (entry.attempts > 0 || is_finished(entry.state)) refuse(run.activations());
    }
  }
}

void refuse_another_sweep(const config::SweepFile& sweep, const RunDirectory& run,
                          const std::string& what_helps) {
  const std::vector<std::string> there = dotted_lines(read_text(run.sweep()));
  const std::vector<std::string> here = dotted_lines(sweep.resolved());
  if (there == here) return;
  const std::vector<std::string> only_there = without(there, here);
  const std::vector<std::string> only_here = without(here, there);
  const std::string path = run.path().string();
  if (only_there.empty() && only_here.empty()) {
    throw UsageError(path +
                     " holds a run of this sweep with the lines of [grid] in another order: "
                     "keep their order, it is that of the trials in the files");
  }
  std::string shown;
  for (const std::string& line : only_there) shown += "\n  - " + line;
  for (const std::string& line : only_here) shown += "\n  + " + line;
  const bool only_sigma2 = only_there.size() == 1 && only_here.size() == 1 &&
                           only_there[0].rfind("estimate.sigma2", 0) == 0;
  throw UsageError(fmt::format(
      "{} holds a run of another sweep; it differs in (- there, + here):{}\n{}", path, shown,
      !what_helps.empty() ? what_helps
      : only_sigma2
          ? "infoplane estimate " + run.word() + " --sigma2 ... adds other noise to that run"
          : "give another --out, or run the sweep that is there (--extend adds the trials "
            "of a larger grid)"));
}

void require_same_arithmetic(const ResultsTable& table, const Provenance& now,
                             const RunDirectory& run) {
  for (const char* name :
       {"threads_per_rank", "infoplane_version", "git_state", "build", "libtorch", "blas",
        "vector_code", "processor", "estimate_device", "plugins"}) {
    const Setting* there = find_fact(table.provenance, name);
    const Setting* here = find_fact(now, name);
    if (there == nullptr || here == nullptr || *there == *here) continue;
    // Who estimates reads what was recorded, and has no use for networks.
    if (std::string(name) == "plugins" && to_string(*here) == no_plugins) continue;
    if (std::string(name) == "threads_per_rank") {
      throw UsageError(fmt::format(
          "{} was made with {} threads per rank, this job has {}: results would not have the same "
          "bits (use --threads {})",
          run.path().string(), to_string(*there), to_string(*here), to_string(*there)));
    }
    log_warning("{} was made with {} {}, this is {}: the last bits may differ", run.path().string(),
                name, to_string(*there), to_string(*here));
  }
}

}  // namespace infoplane
