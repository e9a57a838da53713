#include "core/last_words.hpp"

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstddef>
#include <mutex>

namespace infoplane {
namespace {

struct Crash {
  int signal;
  const char* words;
  std::size_t length;
};

template <std::size_t size>
constexpr Crash crash(int signal, const char (&words)[size]) {
  return {signal, words, size - 1};
}

constexpr Crash crashes[] = {crash(SIGSEGV, "crashed: SIGSEGV\n"),
                             crash(SIGBUS, "crashed: SIGBUS\n"), crash(SIGFPE, "crashed: SIGFPE\n"),
                             crash(SIGILL, "crashed: SIGILL\n"),
                             crash(SIGABRT, "crashed: SIGABRT\n")};
constexpr std::size_t crash_count = sizeof crashes / sizeof crashes[0];

std::atomic<int> listener{-1};
std::atomic<bool> told_to_end{false};
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<bool>::is_always_lock_free,
              "used in signal handlers");
struct sigaction before[crash_count];

void say(const char* words, std::size_t length) {
  const int file = listener.exchange(-1);
  if (file < 0) return;
  // Nothing can be done where it fails.
  [[maybe_unused]] const ssize_t written = ::write(file, words, length);
}

extern "C" void say_crash(int signal) {
  for (std::size_t c = 0; c < crash_count; ++c) {
    if (crashes[c].signal != signal) continue;
    say(crashes[c].words, crashes[c].length);
    sigaction(signal, &before[c], nullptr);
  }
  raise(signal);  // held back until this returns
}

}  // namespace

// Each sets its own and then looks at the other's: whoever comes second says it.
void say_last_words_to(int file) {
  listener = file;
  if (told_to_end) say_told_to_end();
}

void say_told_to_end() {
  constexpr char words[] = "told to end\n";
  told_to_end = true;
  say(words, sizeof words - 1);
}

void catch_crashes() {
  static std::once_flag once;
  std::call_once(once, [] {
    // A stack that has run out has no room for a handler.
    static char stack[64 * 1024];
    stack_t other{};
    other.ss_sp = stack;
    other.ss_size = sizeof stack;
    const bool has_stack = sigaltstack(&other, nullptr) == 0;
    for (std::size_t c = 0; c < crash_count; ++c) {
      struct sigaction action {};
      action.sa_handler = say_crash;
      sigemptyset(&action.sa_mask);
      action.sa_flags = has_stack ? SA_ONSTACK : 0;
      sigaction(crashes[c].signal, &action, &before[c]);
    }
  });
}

}  // namespace infoplane
