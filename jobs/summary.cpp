#include "jobs/summary.hpp"

#include "core/log.hpp"
#include "core/text.hpp"

namespace infoplane::jobs {

ExitCode conclude(const Communicator& comm, const RunDirectory& run, const RunSummary& summary) {
  if (comm.is_root()) {
    const std::string path = run.path().string();
    if (summary.trained_now == 0 && summary.estimated_now == 0) {
      log_info("{}: nothing left to do", path);
    } else {
      log_info("{}: trained {}, estimated {}", path,
               count_of(static_cast<std::int64_t>(summary.trained_now), "trial"),
               count_of(summary.estimated_now, "snapshot"));
    }
    if (summary.unfinished > 0) {
      log_warning("{} of {} trials are not trained yet; infoplane run {} --out {} goes on",
                  summary.unfinished, summary.trials, run.sweep().string(), path);
    }
    if (summary.failed > 0)
      log_warning("{} of {} trials failed; infoplane compare {} says why", summary.failed,
                  summary.trials, path);
    log_info("see: infoplane compare {}   infoplane plot {}", path, path);
  }
  return summary.failed > 0 ? ExitCode::trials_failed : ExitCode::done;
}

}  // namespace infoplane::jobs
