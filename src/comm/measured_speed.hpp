#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace infoplane {

/// How much longer or shorter than predicted work takes: of tickets that are done, and of those
/// that ranks work on, as far as they are.
class MeasuredSpeed {
 public:
  explicit MeasuredSpeed(int ranks) : running_(static_cast<std::size_t>(ranks)) {}

  /// The rank has done `predicted_s` of its ticket's predicted seconds in `seconds`.
  void working(int rank, double predicted_s, double seconds) {
    running_.at(static_cast<std::size_t>(rank)) = {predicted_s, seconds};
  }
  void finished(int rank, double predicted_s, double seconds) {
    running_.at(static_cast<std::size_t>(rank)) = {};
    finished_.predicted_s += predicted_s;
    finished_.seconds += seconds;
  }

  /// Real seconds for a predicted one; nothing before there is a tenth of a second to judge by.
  std::optional<double> seconds_per_predicted() const {
    Part all = finished_;
    for (const Part& part : running_) {
      all.predicted_s += part.predicted_s;
      all.seconds += part.seconds;
    }
    constexpr double least_s = 0.1;
    if (all.seconds < least_s || all.predicted_s <= 0) return std::nullopt;
    return all.seconds / all.predicted_s;
  }

 private:
  struct Part {
    double predicted_s = 0;
    double seconds = 0;
  };
  Part finished_;
  std::vector<Part> running_;
};

}  // namespace infoplane
