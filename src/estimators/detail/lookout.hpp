#pragma once

#include <algorithm>
#include <cstddef>

namespace infoplane::detail {

/// Whether a quick look shall be taken at what may then need no work: not for a while after looks
/// that saved little, and for longer as long as they go on to. The work finds whatever a look does,
/// so that no result depends on it.
class Lookout {
 public:
  /// A look that saves work makes up for `worth` of them. It is judged by `watched` looks at a
  /// time, and `without` occasions go without one after those that were not worth it; twice as many
  /// after the next ones that are not, and so on to `longest` times as many.
  Lookout(std::size_t worth, std::size_t watched, std::size_t without)
      : worth_(worth), watched_(watched), without_(without), next_without_(without) {}
  static constexpr std::size_t longest = 8;

  /// To be asked at every occasion.
  bool is_due() {
    if (to_skip_ == 0) return true;
    --to_skip_;
    return false;
  }
  /// Of `looks` at what was due `saved` told that nothing had to be done.
  void found(std::size_t saved, std::size_t looks) {
    saved_ += saved;
    looks_ += looks;
    if (looks_ < watched_) return;
    if (saved_ * worth_ < looks_) {
      to_skip_ = next_without_;
      next_without_ = std::min(2 * next_without_, longest * without_);
    } else {
      next_without_ = without_;
    }
    saved_ = looks_ = 0;
  }

 private:
  std::size_t worth_, watched_, without_;
  std::size_t next_without_;
  std::size_t saved_ = 0, looks_ = 0, to_skip_ = 0;
};

}  // namespace infoplane::detail
