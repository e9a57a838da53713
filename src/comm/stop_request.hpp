#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <mutex>
#include <string>

#include "comm/communicator.hpp"

namespace infoplane {

/// Why a job ends before its work does.
enum class StopCause : std::int32_t { none, sigterm, sigusr1, sigint, sighup, file, time };

struct StopSettings {
  std::filesystem::path file;  ///< ends the job when it is there; empty: no such file
  double budget_s = std::numeric_limits<double>::infinity();  ///< from construction on
};

/// Whether a job is to end early: one for a job, on every rank. Signals may reach any rank; file
/// and time are rank 0's. What one rank knows travels with the messages of the ticket service
/// (comm/ticket_service.hpp), so that all ranks end together.
class StopRequest {
 public:
  /// Never asks by itself.
  StopRequest() = default;
  /// Not collective.
  StopRequest(const Communicator& comm, StopSettings settings);

  /// Looks at the signals, on rank 0 also at the time and, at most once a second, at the file.
  /// Returns requested(). Cheap; any thread.
  bool look();

  bool requested() const { return cause() != StopCause::none; }
  StopCause cause() const { return static_cast<StopCause>(cause_.load()); }
  /// The first cause stays.
  void request(StopCause cause);

  /// What is left of the budget for work, seconds; infinite without one. What it takes to save and
  /// to leave has been taken off.
  double left_s() const;
  /// The same at the start.
  double budget_s() const { return settings_.budget_s - reserve_s(); }

  /// Collective: all ranks know what any of them knows. Returns requested().
  bool agree(const Communicator& comm);

 private:
  using Clock = std::chrono::steady_clock;
  double reserve_s() const;
  bool file_is_there();

  StopSettings settings_;
  bool is_root_ = true;
  bool catches_signals_ = false;
  Clock::time_point start_ = Clock::now();
  std::atomic<std::int32_t> cause_{0};
  std::mutex mutex_;  ///< of the next
  Clock::time_point looked_{};
};

/// "stopped by SIGUSR1", "the time is up", ...
std::string describe(StopCause cause);

}  // namespace infoplane
