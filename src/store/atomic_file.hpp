#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace infoplane {

/// Makes a file that is there whole or not at all, also after a kill or a power cut: `write` fills
/// a temporary name beside `path`, which is synced and then renamed. A failure leaves no temporary
/// file. Throws InputError naming the path and the reason (full disk, read-only folder).
void write_atomically(const std::filesystem::path& path,
                      const std::function<void(const std::filesystem::path& temporary)>& write);

void write_text_atomically(const std::filesystem::path& path, std::string_view text);

/// The text of a file. Throws InputError naming the path and the reason.
std::string read_text(const std::filesystem::path& path);

/// Reserves the disk space of a file that is larger than what was written into it, so that a disk
/// that is too small shows now and not in the middle of a run. Throws InputError with the bytes
/// needed and free; does nothing on file systems that cannot reserve.
void reserve_space(const std::filesystem::path& path);

/// Everything written to the file so far is on the disk when this returns.
void sync_file(const std::filesystem::path& path);

}  // namespace infoplane
