#include "jobs/summary.hpp"

#include "core/log.hpp"
#include "core/text.hpp"

namespace infoplane::jobs {

ExitCode conclude(const Communicator& comm, const RunDirectory& run, const RunSummary& summary) {
  const bool stopped = summary.ended_early();
  if (comm.is_root() && stopped && !summary.looked_through) {
    log_warning("{} before it was known what is left to do; the same command goes on",
                describe(summary.stopped));
  } else if (comm.is_root() && stopped) {
    log_warning(
        "{}: {} of {} trials are trained, {} of these left to estimate; all is saved, the same "
        "command "
        "goes on",
        describe(summary.stopped), summary.trials - summary.unfinished, summary.trials,
        count_of(static_cast<std::int64_t>(summary.outstanding), "snapshot"));
  } else if (comm.is_root()) {
    const std::string path = run.path().string();
    if (summary.trained_now == 0 && summary.estimated_now == 0) {
      log_info("{}: nothing left to do", path);
    } else {
      log_info("{}: trained {}, estimated {}", path,
               count_of(static_cast<std::int64_t>(summary.trained_now), "trial"),
               count_of(summary.estimated_now, "snapshot"));
    }
    if (summary.unfinished > 0) {
      log_warning("{} of {} trials are not trained yet; {} goes on", summary.unfinished,
                  summary.trials, run.run_command());
    }
    if (summary.failed > 0)
      log_warning("{} of {} trials failed; infoplane compare {} says why", summary.failed,
                  summary.trials, run.word());
    if (summary.quarantined > 0)
      log_warning("{} of {} trials are in quarantine; infoplane compare {} says why",
                  summary.quarantined, summary.trials, run.word());
    log_info("see: infoplane compare {}", run.word());
    if (summary.unfinished + summary.failed + summary.quarantined < summary.trials)
      log_info("see: infoplane plot {}", run.word());
  }
  if (stopped) return ExitCode::stopped;
  return summary.failed + summary.quarantined > 0 ? ExitCode::trials_failed : ExitCode::done;
}

}  // namespace infoplane::jobs
