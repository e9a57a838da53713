#include "store/atomic_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "core/errors.hpp"
#include "core/text.hpp"

namespace infoplane {
namespace {

[[noreturn]] void fail(const char* what, const std::filesystem::path& path, int error) {
  throw InputError(fmt::format("cannot {} {} ({})", what, path.string(), std::strerror(error)));
}

void sync_path(const std::filesystem::path& path, int flags) {
  const int descriptor = open(path.c_str(), flags);
  if (descriptor < 0) fail("open", path, errno);
  const int result = fsync(descriptor);
  const int error = errno;
  close(descriptor);
  if (result != 0 && error != EINVAL && error != EROFS) fail("sync", path, error);
}

}  // namespace

void sync_file(const std::filesystem::path& path) { sync_path(path, O_RDONLY); }

void reserve_space(const std::filesystem::path& path) {
  const auto bytes = std::filesystem::file_size(path);
  const int descriptor = open(path.c_str(), O_RDWR);
  if (descriptor < 0) fail("open", path, errno);
  const int result = fallocate(descriptor, 0, 0, static_cast<off_t>(bytes));
  const int error = errno;
  close(descriptor);
  if (result == 0 || (error != ENOSPC && error != EDQUOT && error != EFBIG)) return;
  std::error_code ignored;
  const auto space = std::filesystem::space(path, ignored);
  throw InputError(fmt::format(
      "{} needs {}, there are {} free ({}); free some, or give --out on another disk",
      path.string(), format_bytes(bytes), format_bytes(space.available), std::strerror(error)));
}

void write_atomically(const std::filesystem::path& path,
                      const std::function<void(const std::filesystem::path&)>& write) {
  std::filesystem::path temporary = path;
  temporary += ".tmp";
  try {
    write(temporary);
    sync_file(temporary);
    if (std::rename(temporary.c_str(), path.c_str()) != 0) fail("write", path, errno);
    const std::filesystem::path folder = path.parent_path();
    sync_path(folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY);
  } catch (...) {
    unlink(temporary.c_str());
    throw;
  }
}

void write_text_atomically(const std::filesystem::path& path, std::string_view text) {
  write_atomically(path, [&](const std::filesystem::path& temporary) {
    errno = 0;
    std::ofstream file(temporary, std::ios::binary);
    file << text;
    file.flush();
    if (!file) fail("write", path, errno);
  });
}

std::string read_text(const std::filesystem::path& path) {
  // Not by a stream, for which an error while it reads is the end of the file.
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) fail("read", path, errno);
  std::string text;
  char buffer[1 << 16];
  ssize_t count = 0;
  while ((count = read(descriptor, buffer, sizeof buffer)) != 0) {
    if (count > 0) {
      text.append(buffer, static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      const int error = errno;
      close(descriptor);
      fail("read", path, error);
    }
  }
  close(descriptor);
  return text;
}

}  // namespace infoplane
