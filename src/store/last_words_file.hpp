#pragma once

#include <filesystem>
#include <string>

namespace infoplane {

/// What is known of how an attempt at a trial ended that never came back.
enum class AttemptEnd {
  silent,       ///< nothing: SIGKILL, or the node is gone
  told_to_end,  ///< a stop signal came first: the batch system, or another rank died
  crashed,      ///< by itself
};

/// RUN/checkpoints/<trial id>/last_words while a trial is being trained, empty until the process
/// says something there (core/last_words.hpp). One at a time in a process; not collective.
class LastWordsFile {
 public:
  /// Throws nothing: where the file cannot be made, the end stays silent.
  LastWordsFile(const std::filesystem::path& run, const std::string& trial);
  ~LastWordsFile();
  LastWordsFile(const LastWordsFile&) = delete;
  LastWordsFile& operator=(const LastWordsFile&) = delete;

  static AttemptEnd read(const std::filesystem::path& run, const std::string& trial);

 private:
  std::filesystem::path path_;
  int file_ = -1;
};

}  // namespace infoplane
