#include "store/job_alive.hpp"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

namespace infoplane {

JobLife life_of(const RunStatus& status, const std::string& host, double now, bool process_exists) {
  if (is_over(status.phase)) return JobLife::over;
  if (status.host == host && !process_exists) return JobLife::dead;
  return now - status.written_at > silent_after_s ? JobLife::silent : JobLife::working;
}

JobLife life_of(const RunStatus& status) {
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  const double now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  const bool exists = kill(static_cast<pid_t>(status.pid), 0) == 0 || errno == EPERM;
  return life_of(status, host, now, exists);
}

}  // namespace infoplane
