#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>

#include "comm/mpi.hpp"
#include "core/log.hpp"
#include "jobs/commands.hpp"

namespace {

using namespace infoplane;

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

int main(int argc, char** argv) {
  jobs::pin_threads(argc, argv);
  jobs::watch_for_signals(argc, argv);
  MpiSession mpi(argc, argv);
  const Communicator comm = mpi.world();
  try {
    const jobs::Command command = jobs::parse_command_line(argc, argv);
    const auto perform = [&](const auto& chosen) { return jobs::perform(chosen, comm); };
    const ExitCode code = std::visit(perform, command);
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
