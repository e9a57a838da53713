#pragma once

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/errors.hpp"

// What the fuzz targets share. A target gives bytes to one reader, which may read them or refuse
// them; anything else ends the process, and libFuzzer keeps the bytes.

namespace infoplane::fuzz {

[[noreturn]] inline void broken(const char* promise, const std::string& why = {}) {
  std::fprintf(stderr, "broken promise: %s %s\n", promise, why.c_str());
  std::abort();
}

/// Whether a refusal says where: file:line, a byte or a row, or that the file as a whole is wrong.
inline bool names_place(const std::string& message, const std::vector<std::string>& files) {
  for (const std::string& file : files) {
    const std::size_t at = message.find(file);
    if (at == std::string::npos) continue;
    const std::string rest = message.substr(at + file.size());
    if (rest.size() > 1 && rest[0] == ':' && rest[1] >= '1' && rest[1] <= '9') return true;
    for (const char* const word :
         {"byte", " row ", " is empty", " has no ", " no HDF5 file", ":/", " dimensions"}) {
      if (rest.find(word) != std::string::npos) return true;
    }
  }
  return false;
}

/// Runs a reader. Whether it read; if not, its message names one of `files` and a place in it.
template <class Read>
bool reads(const std::vector<std::string>& files, Read&& read) {
  try {
    read();
    return true;
  } catch (const Error& error) {
    if (error.code() != ExitCode::bad_input) broken("exit code 4", error.what());
    if (!names_place(error.what(), files)) broken("a message with file and place", error.what());
    return false;
  }
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Whether there are bytes that UTF-8 never has.
inline bool is_never_utf8(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char letter) {
    const auto byte = static_cast<std::uint8_t>(letter);
    return byte == 0xC0 || byte == 0xC1 || byte >= 0xF5;
  });
}

/// A file for readers that take a path, in memory where the system offers that.
class InputFile {
 public:
  InputFile() {
    const bool memory = access("/dev/shm", W_OK) == 0;
    path_ = memory ? "/dev/shm" : std::filesystem::temp_directory_path().string();
    path_ += "/infoplane-fuzz-XXXXXX";
    file_ = mkstemp(path_.data());
    if (file_ < 0) broken("a file for the input", path_);
  }
  ~InputFile() {
    close(file_);
    unlink(path_.c_str());
  }
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  const std::string& path() const { return path_; }
  void put(const std::uint8_t* data, std::size_t size) {
    if (ftruncate(file_, 0) != 0 || pwrite(file_, data, size, 0) != static_cast<ssize_t>(size))
      broken("space for the input", path_);
  }
  int descriptor() const { return file_; }

 private:
  std::string path_;
  int file_ = -1;
};

}  // namespace infoplane::fuzz

#define FUZZ_EXPECT(promise) \
  ((promise) ? static_cast<void>(0) : ::infoplane::fuzz::broken(#promise))
