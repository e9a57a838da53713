// What `infoplane` becomes for the commands that need LibTorch.

#include <sys/prctl.h>

#include <type_traits>
#include <variant>

#include "core/stop_signals.hpp"
#include "jobs/commands.hpp"
#include "jobs/program.hpp"

namespace {

using namespace infoplane;

void prepare(const jobs::Command& command) {
  prctl(PR_SET_NAME, "infoplane");  // under which pgrep, killall and top know it
  std::visit(
      [](const auto& chosen) {
        const int threads = jobs::threads_of(chosen);
        if (threads > 0 && !jobs::are_pinned_to(threads))
          throw UsageError("infoplane-torch is started by infoplane, which pins its threads");
        if constexpr (jobs::computes<std::decay_t<decltype(chosen)>>) catch_stop_signals();
      },
      command);
}

ExitCode perform(const jobs::Command& command, const Communicator& comm) {
  return std::visit([&](const auto& chosen) { return jobs::perform(chosen, comm); }, command);
}

}  // namespace

int main(int argc, char** argv) {
  return jobs::run_program(argc, argv, jobs::require_same_build, prepare, perform);
}
