#include "store/last_words_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <system_error>

#include "core/last_words.hpp"

namespace infoplane {
namespace {

std::filesystem::path path_of(const std::filesystem::path& run, const std::string& trial) {
  return run / "checkpoints" / trial / "last_words";
}

}  // namespace

LastWordsFile::LastWordsFile(const std::filesystem::path& run, const std::string& trial)
    : path_(path_of(run, trial)) {
  std::error_code ignored;
  std::filesystem::create_directories(path_.parent_path(), ignored);
  file_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  catch_crashes();
  say_last_words_to(file_);
}

LastWordsFile::~LastWordsFile() {
  say_last_words_to(-1);
  if (file_ < 0) return;
  ::close(file_);
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
  std::filesystem::remove(path_.parent_path(), ignored);  // unless there are checkpoints
}

AttemptEnd LastWordsFile::read(const std::filesystem::path& run, const std::string& trial) {
  std::ifstream file(path_of(run, trial));
  std::string word;
  file >> word;
  if (word == "told") return AttemptEnd::told_to_end;
  if (word == "crashed:") return AttemptEnd::crashed;
  return AttemptEnd::silent;
}

}  // namespace infoplane
