#include "jobs/program.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <optional>
#include <string>

#include "comm/mpi.hpp"
#include "core/log.hpp"

namespace infoplane::jobs {
namespace {

/// An error that every rank meets is reported once, and all leave with the same code. When the
/// others do not come, this rank was alone with it: they would wait for ever, so the job is ended.
int report(const Communicator& comm, ExitCode code, const std::string& what) {
  constexpr double patience_s = 5;
  if (comm.is_root()) log_error("{}", what);
  if (!comm.barrier_within(patience_s)) {
    if (!comm.is_root()) log_error("rank {}: {}", comm.rank(), what);
    comm.abort(static_cast<int>(code));
  }
  return static_cast<int>(code);
}

/// Descriptors 0 to 2 are there, whatever started the program: one that is closed would be given to
/// the next file that is opened, and log lines would be written into it. Reading and writing still
/// fail. And a file that may not grow is an error, not a death.
void take_safe_descriptors() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(descriptor, F_GETFD) == -1 && errno == EBADF)
      open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);  // gets this number
  }
  std::signal(SIGXFSZ, SIG_IGN);
}

}  // namespace

int run_program(
    int argc, char** argv, const std::function<void()>& at_start,
    const std::function<void(const Command& command)>& before,
    const std::function<ExitCode(const Command& command, const Communicator& comm)>& perform) {
  take_safe_descriptors();
  std::optional<Command> command;
  std::exception_ptr wrong;
  try {
    at_start();
    command = parse_command_line(argc, argv);
    before(*command);
  } catch (...) {
    wrong = std::current_exception();  // only with MPI can one rank say it for all
  }
  MpiSession mpi(argc, argv);
  const Communicator comm = mpi.world();
  try {
    if (wrong) std::rethrow_exception(wrong);
    const ExitCode code = perform(*command, comm);
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
      throw InputError(std::string("cannot write to stdout (") + std::strerror(errno) + ")");
    }
    return static_cast<int>(code);
  } catch (const Error& error) {
    return report(comm, error.code(), error.what());
  } catch (const std::exception& error) {
    return report(comm, ExitCode::internal_failure, error.what());
  } catch (...) {
    return report(comm, ExitCode::internal_failure,
                  "something was thrown that is no std::exception, perhaps by a plugin");
  }
}

}  // namespace infoplane::jobs
