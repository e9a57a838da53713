#include "jobs/set_up_log.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "comm/guard.hpp"
#include "comm/serialized.hpp"

namespace infoplane::jobs {

void set_up_log(const Communicator& comm, const RunDirectory& run, const LogChoice& choice) {
  set_log_level(choice.level);
  if (!choice.files) return;
  on_root(comm, [&] {
    if (!run.holds_run()) run.prepare();
  });
  alone_or_abort(comm, [&] {
    log_to_file(run.log_folder() / fmt::format("rank-{:04}.log", comm.rank()));
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    log_debug("rank {} of {} is process {} on {}", comm.rank(), comm.size(), getpid(), host);
  });
}

}  // namespace infoplane::jobs
