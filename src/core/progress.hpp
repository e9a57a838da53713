#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace infoplane {

/// Progress of one phase on stderr: a bar with the time left on a terminal; elsewhere (a batch log)
/// a line now and then. Safe to advance from several threads.
class Progress {
 public:
  /// `total_work` in any unit that grows evenly with time, such as predicted seconds.
  Progress(std::string what, std::int64_t total_items, double total_work);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void advance(std::int64_t items, double work);

  /// Shows, if it is time to, how far an item has come that is still being worked on. Cheap.
  void tick(double work_of_the_unfinished);

 private:
  using Clock = std::chrono::steady_clock;
  void show_if_due(double work_of_the_unfinished);
  void show(Clock::time_point now, double work);

  std::mutex mutex_;
  std::string what_;
  std::int64_t total_items_;
  double total_work_;
  std::int64_t items_ = 0;
  double work_ = 0;
  bool terminal_;
  Clock::time_point start_;
  Clock::time_point shown_;
};

}  // namespace infoplane
