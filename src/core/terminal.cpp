#include "core/terminal.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>

namespace infoplane {
namespace {

int find_terminal_behind_stderr() {
  if (isatty(STDERR_FILENO) == 1) return STDERR_FILENO;
  if (std::getenv("OMPI_COMM_WORLD_RANK") == nullptr) return -1;
  const std::string launchers = "/proc/" + std::to_string(getppid()) + "/fd/2";
  const int descriptor = open(launchers.c_str(), O_WRONLY | O_NOCTTY | O_CLOEXEC);
  if (descriptor >= 0 && isatty(descriptor) == 1) return descriptor;
  if (descriptor >= 0) close(descriptor);
  return -1;
}

}  // namespace

int terminal_columns(int file_descriptor) {
  winsize size{};
  if (ioctl(file_descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  const char* const wanted = std::getenv("COLUMNS");
  const int columns = wanted == nullptr ? 0 : std::atoi(wanted);
  return columns > 0 ? columns : 80;
}

bool wants_colour(int file_descriptor) {
  const char* no_colour = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  return isatty(file_descriptor) == 1 && (no_colour == nullptr || *no_colour == '\0') &&
         (terminal == nullptr || std::string_view(terminal) != "dumb");
}

int terminal_behind_stderr() {
  static const int descriptor = find_terminal_behind_stderr();
  return descriptor;
}

}  // namespace infoplane
