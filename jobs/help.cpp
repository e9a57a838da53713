#include <cstdio>

#include "jobs/commands.hpp"

namespace infoplane::jobs {

ExitCode perform(const HelpCommand& command, const Communicator& comm) {
  if (comm.is_root()) std::fputs(command.text.c_str(), stdout);
  return ExitCode::done;
}

}  // namespace infoplane::jobs
