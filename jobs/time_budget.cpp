#include "jobs/time_budget.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <limits>
#include <sstream>
#include <string>

#include "core/duration.hpp"
#include "core/log.hpp"
#include "core/text.hpp"

namespace infoplane::jobs {
namespace {

/// squeue's own answer for a job: "1-02:03:04", "UNLIMITED", or nothing where it cannot be asked.
/// One job of an array has the number of the whole array, for which squeue has a line for each of
/// its jobs, with their own numbers.
std::string ask_squeue(const std::string& job) {
  if (job.find_first_not_of("0123456789") != std::string::npos) return "";
  // The controller may be away: nobody waits for it for long.
  const std::string command = "timeout 20 squeue -h -j " + job + " -o '%A %L' 2>/dev/null";
  std::FILE* const pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return "";
  std::string left;
  char line[128] = "";
  while (std::fgets(line, sizeof line, pipe) != nullptr) {
    std::istringstream words(line);
    std::string number;
    std::string time;
    if (words >> number >> time && number == job) left = time;
  }
  pclose(pipe);
  return left;
}

std::optional<double> slurm_left_s() {
  if (const char* end = std::getenv("SLURM_JOB_END_TIME")) {
    const double left = std::atof(end) - static_cast<double>(std::time(nullptr));
    if (left > 0) return left;
  }
  const char* const job = std::getenv("SLURM_JOB_ID");
  return job == nullptr ? std::nullopt : parse_slurm_time_s(ask_squeue(job));
}

}  // namespace

double time_budget_s(const Communicator& comm, const std::optional<double>& asked_s) {
  constexpr double none = std::numeric_limits<double>::infinity();
  if (!comm.is_root()) return none;
  const double slurm_s = slurm_left_s().value_or(none);
  const double budget_s = std::min(slurm_s, asked_s.value_or(none));
  if (budget_s < none) {
    log_info("this job has {}{}", format_seconds(budget_s), budget_s == slurm_s ? " (SLURM)" : "");
  }
  return budget_s;
}

}  // namespace infoplane::jobs
