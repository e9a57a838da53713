#include "store/run_directory.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <set>
#include <sstream>

#include "core/errors.hpp"
#include "core/log.hpp"
#include "core/text.hpp"
#include "store/hdf5.hpp"
#include "store/provenance.hpp"

namespace infoplane {

namespace {

/// What stands at `path`. Throws InputError when that may not be seen.
std::filesystem::file_status status_of(const std::filesystem::path& path) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::none) {
    throw InputError(fmt::format("cannot look at {} ({})", path.string(), error.message()));
  }
  return status;
}

/// Options without which a run made with them is not gone on with; none where they cannot be read.
std::string options_of(const std::filesystem::path& results) {
  std::string options;
  try {
    const h5::Id file = h5::open_file(results, h5::Access::read, Communicator::serial());
    for (const auto& [name, value] : read_provenance(file.get())) {
      const bool is_usual = to_string(value) == "1" && std::getenv("INFOPLANE_THREADS") == nullptr;
      if (name == "threads_per_rank" && !is_usual) options += " --threads " + to_string(value);
      if (name != "plugin_paths") continue;
      std::istringstream paths(to_string(value));
      for (std::string path; std::getline(paths, path);) options += " --plugin " + shell_word(path);
    }
  } catch (const Error&) {
  }
  return options;
}

}  // namespace

bool RunDirectory::holds_run() const { return std::filesystem::exists(status_of(sweep())); }

void RunDirectory::prepare() const {
  std::error_code error;
  const std::filesystem::file_status found = status_of(path_);
  if (std::filesystem::exists(found) && !std::filesystem::is_directory(found)) {
    throw InputError(
        fmt::format("{} is a file, not a folder for a run (choose another --out)", path_.string()));
  }
  std::filesystem::create_directories(path_, error);
  if (error)
    throw InputError(
        fmt::format("cannot make the folder {} ({})", path_.string(), error.message()));
  if (access(path_.c_str(), W_OK | X_OK) != 0) {
    throw InputError(
        fmt::format("cannot write into the folder {} ({})", path_.string(), std::strerror(errno)));
  }
  const std::set<std::string> ours{"activations.h5",
                                   "activations.h5.tmp",
                                   "results.nc",
                                   "results.nc.tmp",
                                   "sweep.toml.tmp",
                                   "lock",
                                   "log",
                                   "status.json",
                                   "status.json.tmp",
                                   "stop"};
  const std::filesystem::directory_iterator entries(path_, error);
  if (error) {
    throw InputError(
        fmt::format("cannot list the folder {} ({})", path_.string(), error.message()));
  }
  for (const auto& entry : entries) {
    const std::string name = entry.path().filename().string();
    if (ours.count(name) == 0) {
      throw UsageError(
          fmt::format("the folder {} holds other things (such as {}) and no run: give --out a new "
                      "or empty folder",
                      path_.string(), name));
    }
  }
}

std::string RunDirectory::word() const { return shell_word(path_.string()); }

std::string RunDirectory::run_command() const {
  return fmt::format("infoplane run {} --out {}{}", shell_word(sweep().string()), word(),
                     options_of(results()));
}

void RunDirectory::require_run() const {
  if (holds_run()) return;
  const std::filesystem::file_status found = status_of(path_);
  const std::string path = path_.string();
  if (std::filesystem::exists(found) && !std::filesystem::is_directory(found)) {
    throw InputError(path +
                     " is a file, and a run directory is needed (the folder that infoplane "
                     "run has made)");
  }
  if (std::filesystem::exists(status_of(results()))) {
    throw InputError(fmt::format(
        "{} holds results.nc, but no sweep.toml: that is enough for infoplane compare and plot; "
        "copy the whole run directory for the rest",
        path));
  }
  const char* const why =
      !std::filesystem::exists(found) ? "no such folder" : "no sweep.toml in it";
  throw InputError(fmt::format(
      "{} is not a run directory ({}); infoplane run SWEEP --out {} makes one", path, why, word()));
}

void RunDirectory::require_results() const {
  const std::filesystem::file_status found = status_of(path_);
  if (std::filesystem::is_directory(found) && std::filesystem::exists(status_of(results()))) return;
  require_run();
}

RunLock::RunLock(const RunDirectory& run, Use use) {
  const std::string path = run.lock().string();
  descriptor_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor_ < 0 && use == Use::read) {
    // Somebody else's run: who may write there is kept out, where there is a file to lock.
    if (errno == EACCES || errno == EROFS || errno == EPERM)
      descriptor_ = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor_ < 0 && errno == ENOENT) return;
  }
  if (descriptor_ < 0)
    throw InputError(fmt::format("cannot open {} ({})", path, std::strerror(errno)));
  const int how = (use == Use::read ? LOCK_SH : LOCK_EX) | LOCK_NB;
  if (flock(descriptor_, how) != 0) {
    if (errno != EWOULDBLOCK) {
      // Some parallel file systems have no locks. Better to run than to refuse everything there.
      log_warning("cannot lock {} ({}): take care that no two jobs write into it",
                  run.path().string(), std::strerror(errno));
      return;
    }
    char holder[256] = "";
    const ssize_t count = read(descriptor_, holder, sizeof holder - 1);
    close(descriptor_);
    throw InputError(fmt::format("{} is being written by another job ({}); wait for it, or end it",
                                 run.path().string(), count > 0 ? holder : "unknown"));
  }
  if (use == Use::read) return;
  char host[128] = "";
  gethostname(host, sizeof host - 1);
  const std::string text = fmt::format("process {} on {}", getpid(), host);
  // Only a help for people: a lock that cannot be labelled still locks.
  if (ftruncate(descriptor_, 0) != 0 || write(descriptor_, text.data(), text.size()) < 0) errno = 0;
}

RunLock::~RunLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace infoplane
