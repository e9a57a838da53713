#pragma once

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/enum_names.hpp"

namespace infoplane {

enum class LogLevel { error, warning, info, debug };

template <>
struct EnumNames<LogLevel> {
  static constexpr std::array<std::string_view, 4> names{"error", "warning", "info", "debug"};
};

/// Lines for a person on stderr, with the progress bar (core/progress.hpp) kept below them. Safe to
/// call from several threads. Level `info` unless set.
void set_log_level(LogLevel level);
/// Put before every line, for example "rank 3: ".
void set_log_prefix(const std::string& prefix);
/// From now on every line, those of level `debug` too, is also appended to this file, with date and
/// level. The folder is made. Throws InputError when it cannot be written.
void log_to_file(const std::filesystem::path& path);
void log_line(LogLevel level, std::string_view text);

template <class... Args>
void log_debug(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::debug, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::info, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_warning(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::warning, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_error(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::error, fmt::format(format, std::forward<Args>(args)...));
}

namespace detail {
/// The line that stays at the bottom of a terminal. Empty takes it away.
void show_status_line(const std::string& text);
}  // namespace detail

}  // namespace infoplane
