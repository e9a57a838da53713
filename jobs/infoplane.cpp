// The program that users start: what needs no LibTorch, and the way to all else.

#include <type_traits>
#include <variant>

#include "jobs/commands.hpp"
#include "jobs/program.hpp"

namespace {

using namespace infoplane;
using namespace infoplane::jobs;

template <class T, class... Those>
constexpr bool is_one_of = (std::is_same_v<T, Those> || ...);

template <class T>
constexpr bool needs_torch = !is_one_of<T, CompareCommand, PlotCommand, VerifyCommand,
                                        StatusCommand, PackCommand, HelpCommand>;

void hand_on(const Command& command, char** argv) {
  std::visit(
      [&](const auto& chosen) {
        using T = std::decay_t<decltype(chosen)>;
        if constexpr (needs_torch<T>) become_infoplane_torch(argv, threads_of(chosen), computes<T>);
      },
      command);
}

ExitCode perform_here(const Command& command, const Communicator& comm) {
  return std::visit(
      [&](const auto& chosen) -> ExitCode {
        if constexpr (needs_torch<std::decay_t<decltype(chosen)>>) {
          throw InternalError("a command that needs LibTorch was not handed on");
        } else {
          return perform(chosen, comm);
        }
      },
      command);
}

}  // namespace

int main(int argc, char** argv) {
  return run_program(
      argc, argv, [] {}, [&](const Command& command) { hand_on(command, argv); }, perform_here);
}
