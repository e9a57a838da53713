#include "core/log.hpp"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <mutex>

#include "core/errors.hpp"
#include "core/terminal.hpp"

namespace infoplane {
namespace {

/// Writes log lines to stderr and redraws the status line, if there is one, below them.
class TerminalSink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  void show_status(const std::string& text) {
    const std::lock_guard<std::mutex> lock(mutex_);
    erase_status();
    status_ = text;
    draw_status();
  }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    const std::string text =
        word_of(message.level) + std::string(message.payload.data(), message.payload.size());
    spdlog::details::log_msg worded = message;
    worded.payload = text;
    formatter_->format(worded, line);
    erase_status();
    std::fwrite(line.data(), 1, line.size(), stderr);
    draw_status();
  }
  void flush_() override { std::fflush(stderr); }

  /// Which lines matter; the others need no word.
  static std::string word_of(spdlog::level::level_enum level) {
    const bool colour = wants_colour(terminal_behind_stderr());
    if (level == spdlog::level::err) return colour ? "\x1b[31merror:\x1b[0m " : "error: ";
    if (level == spdlog::level::warn) return colour ? "\x1b[33mwarning:\x1b[0m " : "warning: ";
    return "";
  }

  void erase_status() {
    if (!status_.empty()) std::fputs("\r\x1b[K", stderr);
  }
  void draw_status() {
    std::fputs(status_.c_str(), stderr);
    std::fflush(stderr);
  }

  std::string status_;
};

struct Logger {
  std::shared_ptr<TerminalSink> sink = std::make_shared<TerminalSink>();
  spdlog::logger logger{"infoplane", sink};

  Logger() {
    set_prefix("");
    logger.set_level(spdlog::level::trace);  // each sink has its own
    sink->set_level(spdlog::level::info);
    logger.flush_on(spdlog::level::trace);
  }
  void set_prefix(const std::string& prefix) {
    std::string escaped;
    for (const char c : prefix) escaped += c == '%' ? std::string("%%") : std::string(1, c);
    sink->set_pattern("%H:%M:%S " + escaped + "%v");
  }
};

Logger& logger() {
  static Logger instance;
  return instance;
}

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::error:
      return spdlog::level::err;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::debug:
      return spdlog::level::debug;
  }
  return spdlog::level::info;
}

}  // namespace

void set_log_level(LogLevel level) { logger().sink->set_level(spdlog_level(level)); }

void set_log_prefix(const std::string& prefix) { logger().set_prefix(prefix); }

void log_to_file(const std::filesystem::path& path) {
  try {
    auto file = std::make_shared<spdlog::sinks::basic_file_sink_mt>(path.string());
    file->set_pattern("%Y-%m-%d %H:%M:%S.%e %l: %v");
    logger().logger.sinks().push_back(std::move(file));
  } catch (const spdlog::spdlog_ex& error) {
    throw InputError("cannot log to " + path.string() + " (" + error.what() + ")");
  }
}

void log_line(LogLevel level, std::string_view text) {
  logger().logger.log(spdlog_level(level), "{}", text);
}

void detail::show_status_line(const std::string& text) { logger().sink->show_status(text); }

}  // namespace infoplane
