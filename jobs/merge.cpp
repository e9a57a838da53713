#include "pipeline/merge.hpp"

#include "comm/serialized.hpp"
#include "core/log.hpp"
#include "core/text.hpp"
#include "jobs/commands.hpp"

namespace infoplane::jobs {

ExitCode perform(const MergeCommand& command, const Communicator& comm) {
  const RunDirectory out(command.out);
  const std::vector<RunDirectory> runs(command.runs.begin(), command.runs.end());
  on_root(comm, [&] {
    const MergeSummary merged = merge_runs(
        out, runs, command.results_only ? MergeContent::results : MergeContent::everything);
    const std::string path = out.path().string();
    log_info("{}: {} of {}{}", path, count_of(static_cast<std::int64_t>(merged.trials), "trial"),
             count_of(static_cast<std::int64_t>(runs.size()), "run"),
             merged.has_activations ? "" : ", without activations");
    if (merged.failed > 0) {
      log_warning("{} of them failed; infoplane compare {} says why", merged.failed, out.word());
    }
    if (merged.unfinished > 0) {
      log_warning("{} of them are not trained yet; {}", merged.unfinished,
                  merged.has_activations ? out.run_command() + " goes on"
                                         : "the runs they are of can go on, to be merged again");
    }
  });
  return ExitCode::done;
}

}  // namespace infoplane::jobs
