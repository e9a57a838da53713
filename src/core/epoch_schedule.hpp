#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace infoplane {

/// The epochs at which a network is recorded. Epoch 0 is the untrained network, epoch e the network
/// after e passes over its training rows.
///
///   [0, 10, 100]        these, as far as the training goes
///   "every:10"          0, 10, 20, ... and the last
///   "log:200"           at most 200 epochs spaced evenly in log(epoch), with 0, 1 and the last
///   "shwartz-ziv-tishby"  unique(floor(2^linspace(0, log2 8000, 400))) - 1   (IDNNs code; 274
///   epochs) "saxe"              every epoch < 20, every 5th < 100, every 20th < 2000, then every
///   100th
class EpochSchedule {
 public:
  /// Throws std::invalid_argument with the reason when `text` is no schedule.
  static EpochSchedule from_text(std::string_view text);
  /// Throws std::invalid_argument unless `epochs` is strictly increasing, not empty, not negative.
  static EpochSchedule from_list(std::vector<std::int64_t> epochs);

  /// The recorded epochs of a training of `total` epochs: increasing, each in [0, total]. Empty
  /// when a list names only later epochs.
  std::vector<std::int64_t> epochs(std::int64_t total) const;

  bool is_list() const { return kind_ == Kind::list; }
  const std::vector<std::int64_t>& list() const { return list_; }
  /// The text that gives this schedule; meaningful unless is_list().
  const std::string& text() const { return text_; }

 private:
  enum class Kind { list, every, log, shwartz_ziv_tishby, saxe };
  EpochSchedule() = default;

  Kind kind_ = Kind::list;
  std::int64_t count_ = 0;
  std::vector<std::int64_t> list_;
  std::string text_;
};

}  // namespace infoplane
