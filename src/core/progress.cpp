#include "core/progress.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/log.hpp"
#include "core/terminal.hpp"
#include "core/text.hpp"

namespace infoplane {
namespace {

constexpr auto redraw_after = std::chrono::milliseconds(100);
constexpr auto batch_log_line_after = std::chrono::seconds(30);
constexpr int bar_width = 24;

double seconds_between(std::chrono::steady_clock::time_point a,
                       std::chrono::steady_clock::time_point b) {
  return std::chrono::duration<double>(b - a).count();
}

}  // namespace

Progress::Progress(std::string what, std::int64_t total_items, double total_work)
    : what_(std::move(what)),
      total_items_(total_items),
      total_work_(std::max(total_work, 1e-300)),
      terminal_(terminal_behind_stderr() >= 0),
      start_(Clock::now()),
      shown_(start_) {
  if (terminal_) show(start_, 0);
}

Progress::~Progress() {
  if (terminal_) detail::show_status_line("");
}

void Progress::advance(std::int64_t items, double work) {
  const std::lock_guard<std::mutex> lock(mutex_);
  items_ += items;
  work_ += work;
  if (items_ < total_items_) show_if_due(0);
}

void Progress::tick(double work_of_the_unfinished) {
  const std::lock_guard<std::mutex> lock(mutex_);
  show_if_due(work_of_the_unfinished);
}

void Progress::show_if_due(double work_of_the_unfinished) {
  const Clock::time_point now = Clock::now();
  const bool due = terminal_ ? now - shown_ > redraw_after : now - shown_ > batch_log_line_after;
  if (due) show(now, work_ + work_of_the_unfinished);
}

void Progress::show(Clock::time_point now, double work) {
  shown_ = now;
  const double fraction = std::clamp(work / total_work_, 0.0, 1.0);
  const double elapsed = seconds_between(start_, now);
  const std::string left =
      fraction > 0 ? format_seconds(elapsed * (1 - fraction) / fraction) + " left" : "";
  if (!terminal_) {
    log_info("{}: {} of {} ({:.0f} %), {}", what_, items_, total_items_, 100 * fraction, left);
    return;
  }
  const int filled = static_cast<int>(fraction * bar_width + 0.5);
  const std::string line =
      fmt::format("{} [{}{}] {:3.0f} %  {} of {}  {}", what_, std::string(filled, '='),
                  std::string(bar_width - filled, ' '), 100 * fraction, items_, total_items_, left);
  detail::show_status_line(
      line.substr(0, static_cast<std::size_t>(terminal_columns(terminal_behind_stderr()) - 1)));
}

}  // namespace infoplane
