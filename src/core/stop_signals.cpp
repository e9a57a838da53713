#include "core/stop_signals.hpp"

#include <cerrno>
#include <csignal>

#include "core/last_words.hpp"

namespace infoplane {
namespace {

volatile std::sig_atomic_t caught = 0;

extern "C" void remember_signal(int signal) {
  const int error = errno;
  if (caught == 0) caught = signal;
  say_told_to_end();
  errno = error;
}

constexpr int stop_signals[] = {SIGTERM, SIGUSR1, SIGINT, SIGHUP};

sigset_t set_of_stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : stop_signals) sigaddset(&set, signal);
  return set;
}

}  // namespace

void catch_stop_signals() {
  for (const int signal : stop_signals) {
    struct sigaction action {};
    // A shell lets jobs in the background ignore Ctrl-C, nohup the end of a terminal: theirs to
    // decide.
    if ((signal == SIGINT || signal == SIGHUP) && sigaction(signal, nullptr, &action) == 0 &&
        action.sa_handler == SIG_IGN) {
      continue;
    }
    action.sa_handler = remember_signal;
    sigemptyset(&action.sa_mask);
    // SA_RESTART: no write is cut short. The second SIGINT finds the default again.
    action.sa_flags = SA_RESTART | (signal == SIGINT ? static_cast<int>(SA_RESETHAND) : 0);
    sigaction(signal, &action, nullptr);
  }
  std::signal(SIGPIPE, SIG_IGN);
  release_stop_signals();
}

int caught_stop_signal() { return caught; }

void hold_stop_signals() {
  const sigset_t set = set_of_stop_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

void release_stop_signals() {
  const sigset_t set = set_of_stop_signals();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

const char* signal_name(int signal) {
  switch (signal) {
    case SIGTERM:
      return "SIGTERM";
    case SIGUSR1:
      return "SIGUSR1";
    case SIGINT:
      return "SIGINT";
    case SIGHUP:
      return "SIGHUP";
    default:
      return "a signal";
  }
}

}  // namespace infoplane
