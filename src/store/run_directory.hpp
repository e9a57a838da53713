#pragma once

#include <filesystem>
#include <string>

namespace infoplane {

/// The folder of a run and the names of what is in it.
class RunDirectory {
 public:
  explicit RunDirectory(std::filesystem::path path) : path_(std::move(path)) {}

  const std::filesystem::path& path() const { return path_; }
  /// Its path as a shell reads it, for commands in messages.
  std::string word() const;
  /// The command that goes on with this run: "infoplane run RUN/sweep.toml --out RUN", with the
  /// threads and plugins that it was made with.
  std::string run_command() const;

  std::filesystem::path sweep() const { return path_ / "sweep.toml"; }
  std::filesystem::path activations() const { return path_ / "activations.h5"; }
  std::filesystem::path results() const { return path_ / "results.nc"; }
  std::filesystem::path lock() const { return path_ / "lock"; }
  std::filesystem::path status() const { return path_ / "status.json"; }
  std::filesystem::path log_folder() const { return path_ / "log"; }
  std::filesystem::path checkpoints() const { return path_ / "checkpoints"; }
  /// Whoever makes this file ends the job that holds the run, cleanly.
  std::filesystem::path stop() const { return path_ / "stop"; }

  /// sweep.toml is written last when a run is made: with it, everything is there. Throws InputError
  /// when the folder may not be looked into.
  bool holds_run() const;

  /// Makes the folder for a new run. A folder with foreign files in it is refused: UsageError. What
  /// a start that was killed left behind is not foreign. Throws InputError when it cannot be
  /// written.
  void prepare() const;

  /// Throws InputError with the command that makes one when this is no run directory.
  void require_run() const;
  /// The same where results.nc is all that is needed: a copy of it alone, in a folder, will do.
  void require_results() const;

 private:
  std::filesystem::path path_;
};

/// Holds a run directory for one job, so that two jobs never write into it at once. The lock ends
/// with the process, however that ends.
class RunLock {
 public:
  enum class Use {
    write,
    read,  ///< what must not change meanwhile; the folder may be one in which nothing can be
           ///< written
  };

  /// Throws InputError naming the holder when another job has it.
  explicit RunLock(const RunDirectory& run, Use use = Use::write);
  ~RunLock();
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

 private:
  int descriptor_ = -1;
};

}  // namespace infoplane
