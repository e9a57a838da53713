#include "jobs/program.hpp"

#include <cerrno>
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

}  // namespace

int run_program(
    int argc, char** argv, const std::function<void(const Command& command)>& before,
    const std::function<ExitCode(const Command& command, const Communicator& comm)>& perform) {
  std::optional<Command> command;
  std::exception_ptr wrong;
  try {
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
  }
}

}  // namespace infoplane::jobs
