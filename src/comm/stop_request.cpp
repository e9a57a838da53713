#include "comm/stop_request.hpp"

#include <algorithm>
#include <csignal>
#include <utility>
#include <vector>

#include "comm/serialized.hpp"
#include "core/stop_signals.hpp"

namespace infoplane {
namespace {

constexpr std::size_t causes = 7;
constexpr auto file_every =
    std::chrono::seconds(1);  // a parallel file system is not to be asked often

StopCause cause_of_signal(int signal) {
  switch (signal) {
    case 0:
      return StopCause::none;
    case SIGUSR1:
      return StopCause::sigusr1;
    case SIGINT:
      return StopCause::sigint;
    case SIGHUP:
      return StopCause::sighup;
    default:
      return StopCause::sigterm;
  }
}

}  // namespace

StopRequest::StopRequest(const Communicator& comm, StopSettings settings)
    : settings_(std::move(settings)), is_root_(comm.is_root()), catches_signals_(true) {}

bool StopRequest::look() {
  if (requested()) return true;
  if (!catches_signals_) return false;
  request(cause_of_signal(caught_stop_signal()));
  if (is_root_ && left_s() <= 0) request(StopCause::time);
  if (is_root_ && !requested() && file_is_there()) request(StopCause::file);
  return requested();
}

void StopRequest::request(StopCause cause) {
  std::int32_t none = 0;
  cause_.compare_exchange_strong(none, static_cast<std::int32_t>(cause));
}

double StopRequest::left_s() const {
  return budget_s() - std::chrono::duration<double>(Clock::now() - start_).count();
}

double StopRequest::reserve_s() const {
  if (settings_.budget_s == std::numeric_limits<double>::infinity()) return 0;
  return std::clamp(0.02 * settings_.budget_s, 1.0, 60.0);
}

bool StopRequest::file_is_there() {
  if (settings_.file.empty()) return false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const Clock::time_point now = Clock::now();
    if (now - looked_ < file_every) return false;
    looked_ = now;
  }
  std::error_code ignored;
  return std::filesystem::exists(settings_.file, ignored);
}

bool StopRequest::agree(const Communicator& comm) {
  look();
  std::vector<std::int64_t> ranks_with(causes, 0);
  ranks_with[static_cast<std::size_t>(cause())] = 1;
  comm.sum(ranks_with);
  std::int32_t cause = 0;
  for (std::size_t c = causes; c-- > 1;) {
    if (ranks_with[c] > 0) cause = static_cast<std::int32_t>(c);
  }
  if (requested()) cause = static_cast<std::int32_t>(this->cause());
  broadcast(comm, cause);
  request(static_cast<StopCause>(cause));
  return requested();
}

std::string describe(StopCause cause) {
  switch (cause) {
    case StopCause::none:
      break;
    case StopCause::sigterm:
      return "stopped by SIGTERM";
    case StopCause::sigusr1:
      return "stopped by SIGUSR1";
    case StopCause::sigint:
      return "stopped by SIGINT";
    case StopCause::sighup:
      return "stopped by SIGHUP";
    case StopCause::file:
      return "stopped by the file stop";
    case StopCause::time:
      return "stopped, as the time is up";
  }
  return "not stopped";
}

}  // namespace infoplane
