#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "core/enum_names.hpp"

namespace infoplane {

enum class JobPhase { starting, training, estimating, finished, stopped, failed };

template <>
struct EnumNames<JobPhase> {
  static constexpr std::array<std::string_view, 6> names{"starting", "training", "estimating",
                                                         "finished", "stopped",  "failed"};
};

inline bool is_over(JobPhase phase) {
  return phase == JobPhase::finished || phase == JobPhase::stopped || phase == JobPhase::failed;
}

/// What status.json says of a run and of the job that works, or last worked, on it. Times are
/// seconds since 1970, durations seconds.
struct RunStatus {
  std::string name;  ///< of the sweep
  JobPhase phase = JobPhase::starting;
  std::string message;  ///< why it failed

  std::vector<std::pair<std::string, std::int64_t>> trials;  ///< state -> how many
  std::int64_t snapshots = 0;                                ///< that this phase, or job, estimates
  std::int64_t snapshots_done = 0;                           ///< of them

  struct Running {
    std::string trial, settings, host;
    int rank = 0;
    double since = 0;
  };
  std::vector<Running> running;

  struct Finished {
    std::string trial, settings;
    int rank = 0;
    double seconds = 0;
  };
  std::vector<Finished> slowest;  ///< longest first

  double left_s = std::numeric_limits<double>::quiet_NaN();  ///< until the job is over
  double core_hours_left = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> busy;         ///< share of the time since the start, by rank
  std::vector<std::string> errors;  ///< the last ones, oldest first

  int ranks = 1;
  std::string host;
  std::int64_t pid = 0;  ///< of rank 0 on `host`
  double started_at = 0;
  double written_at = 0;
};

/// Whole or not at all, at any time. Throws InputError.
void write_status(const std::filesystem::path& path, const RunStatus& status);

/// Throws InputError when it is missing, or no status file.
RunStatus read_status(const std::filesystem::path& path);

/// The text of the file.
std::string status_json(const RunStatus& status);

}  // namespace infoplane
