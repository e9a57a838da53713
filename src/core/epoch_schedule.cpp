#include "core/epoch_schedule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <stdexcept>

namespace infoplane {
namespace {

constexpr std::string_view allowed =
    "a list of epochs, \"every:k\", \"log:n\", \"shwartz-ziv-tishby\" or \"saxe\"";

constexpr std::int64_t most_log_epochs = 1'000'000;

std::int64_t positive_count(std::string_view digits, std::string_view text) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  if (error != std::errc() || end != digits.data() + digits.size() || count < 1) {
    throw std::invalid_argument(
        fmt::format("\"{}\" needs a positive whole number after the colon", text));
  }
  return count;
}

/// `count` values of 2^x for x evenly spaced on [0, log2(last)], each times `nudge` and rounded
/// down. The arithmetic is numpy's logspace, 2^(i step), whose rounding the published schedule
/// carries.
std::vector<std::int64_t> floored_log_space(std::int64_t last, std::int64_t count, double nudge) {
  std::vector<std::int64_t> values;
  const double step = std::log2(static_cast<double>(last)) / static_cast<double>(count - 1);
  for (std::int64_t i = 0; i < count; ++i) {
    // The end point is set, not computed: 2^log2(n) may round below n.
    const double value = i + 1 == count ? static_cast<double>(last)
                                        : std::exp2(static_cast<double>(i) * step) * nudge;
    values.push_back(static_cast<std::int64_t>(std::floor(value)));
  }
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

void append_last(std::vector<std::int64_t>& epochs, std::int64_t total) {
  if (epochs.empty() || epochs.back() < total) epochs.push_back(total);
}

}  // namespace

EpochSchedule EpochSchedule::from_text(std::string_view text) {
  EpochSchedule schedule;
  schedule.text_ = text;
  if (text == "shwartz-ziv-tishby") {
    schedule.kind_ = Kind::shwartz_ziv_tishby;
  } else if (text == "saxe") {
    schedule.kind_ = Kind::saxe;
  } else if (text.substr(0, 6) == "every:") {
    schedule.kind_ = Kind::every;
    schedule.count_ = positive_count(text.substr(6), text);
  } else if (text.substr(0, 4) == "log:") {
    schedule.kind_ = Kind::log;
    schedule.count_ = positive_count(text.substr(4), text);
    if (schedule.count_ < 3) {
      throw std::invalid_argument(fmt::format(
          "\"{}\" is too short: 0, 1 and the last epoch are always recorded, so n is at least 3",
          text));
    }
    if (schedule.count_ > most_log_epochs) {
      throw std::invalid_argument(
          fmt::format("\"{}\" is too long: n is at most {}", text, most_log_epochs));
    }
  } else {
    throw std::invalid_argument(fmt::format("must be {}", allowed));
  }
  return schedule;
}

EpochSchedule EpochSchedule::from_list(std::vector<std::int64_t> epochs) {
  if (epochs.empty()) throw std::invalid_argument("names no epoch at all");
  for (std::size_t i = 0; i < epochs.size(); ++i) {
    if (epochs[i] < 0) throw std::invalid_argument("epochs start at 0, the untrained network");
    if (i > 0 && epochs[i] <= epochs[i - 1]) {
      throw std::invalid_argument("epochs must increase, each named once");
    }
  }
  EpochSchedule schedule;
  schedule.list_ = std::move(epochs);
  return schedule;
}

std::vector<std::int64_t> EpochSchedule::epochs(std::int64_t total) const {
  std::vector<std::int64_t> epochs;
  switch (kind_) {
    case Kind::list:
      epochs = list_;
      break;
    case Kind::every:
      for (std::int64_t epoch = 0; epoch <= total; epoch += count_) epochs.push_back(epoch);
      append_last(epochs, total);
      break;
    case Kind::log:
      epochs.push_back(0);
      if (total >= 1) {
        // The nudge keeps whole powers whole: 10, not floor(9.999...).
        for (const std::int64_t epoch : floored_log_space(total, count_ - 1, 1 + 1e-12))
          epochs.push_back(epoch);
      }
      break;
    case Kind::shwartz_ziv_tishby:
      for (const std::int64_t epoch : floored_log_space(8000, 400, 1)) epochs.push_back(epoch - 1);
      break;
    case Kind::saxe:
      for (std::int64_t epoch = 0; epoch <= total; epoch += epoch < 20     ? 1
                                                            : epoch < 100  ? 5
                                                            : epoch < 2000 ? 20
                                                                           : 100) {
        epochs.push_back(epoch);
      }
      break;
  }
  epochs.erase(std::upper_bound(epochs.begin(), epochs.end(), total), epochs.end());
  return epochs;
}

}  // namespace infoplane
