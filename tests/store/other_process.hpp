#pragma once

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "core/errors.hpp"

namespace infoplane::test {

/// "exit code: message" of the Error that `work` throws, or "no error".
inline std::string message_of(const std::function<void()>& work) {
  try {
    work();
    return "no error";
  } catch (const Error& error) {
    return std::to_string(static_cast<int>(error.code())) + ": " + error.what();
  } catch (const std::exception& error) {
    return std::string("foreign error: ") + error.what();
  }
}

/// message_of(work) in a process of its own, after `prepare` there. Nothing when `prepare` cannot.
inline std::optional<std::string> message_in_other_process(const std::function<bool()>& prepare,
                                                           const std::function<void()>& work) {
  int ends[2];
  if (pipe(ends) != 0) return std::nullopt;
  const pid_t child = fork();
  if (child < 0) return std::nullopt;
  if (child == 0) {
    close(ends[0]);
    const bool prepared = prepare();
    const std::string message = prepared ? message_of(work) : "";
    const bool sent =
        write(ends[1], message.data(), message.size()) == static_cast<ssize_t>(message.size());
    _exit(prepared && sent ? 0 : 1);
  }
  close(ends[1]);
  std::string message;
  char part[4096];
  for (ssize_t count = 0; (count = read(ends[0], part, sizeof part)) > 0;) {
    message.append(part, static_cast<std::size_t>(count));
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) return "killed by signal " + std::to_string(WTERMSIG(status));
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return std::nullopt;
  return message;
}

/// message_of(work) where no file can grow beyond `bytes`, which stands for a full disk.
inline std::optional<std::string> message_with_room(std::uintmax_t bytes,
                                                    const std::function<void()>& work) {
  const auto limit_files = [bytes] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{bytes, bytes};
    return setrlimit(RLIMIT_FSIZE, &limit) == 0;
  };
  return message_in_other_process(limit_files, work);
}

/// message_of(work) for a user whom file permissions bind. Root is bound by none and becomes
/// nobody.
inline std::optional<std::string> message_as_user(const std::function<void()>& work) {
  if (geteuid() != 0) return message_of(work);
  constexpr uid_t nobody = 65534;
  return message_in_other_process([] { return setgid(nobody) == 0 && setuid(nobody) == 0; }, work);
}

}  // namespace infoplane::test
