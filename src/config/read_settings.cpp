#include "config/read_settings.hpp"

#include <charconv>
#include <cmath>

namespace infoplane::config::detail {

std::vector<double> log_range(const std::string& key, const Value& value) {
  const std::string& text = *value.as<std::string>();
  const auto fail = [&](const std::string& why) {
    throw ConfigError(key + " = " + value.text(), value.where, why);
  };
  double ends[2] = {0, 0};
  std::int64_t count = 0;
  const char* at = text.data();
  const char* const end = text.data() + text.size();
  bool well_formed = text.substr(0, 4) == "log:";
  if (well_formed) at += 4;
  for (double& number : ends) {
    if (!well_formed) break;
    const auto [after, error] = std::from_chars(at, end, number);
    well_formed = error == std::errc() && after != end && *after == ':';
    at = after + 1;
  }
  if (well_formed) {
    const auto [after, error] = std::from_chars(at, end, count);
    well_formed = error == std::errc() && after == end;
  }
  if (!well_formed)
    fail("must be a number or a range \"log:from:to:count\", for example \"log:1e-4:1e1:12\"");
  if (!(ends[0] > 0) || !(ends[1] > ends[0]) || !std::isfinite(ends[1])) {
    fail("must run from a positive number to a larger one");
  }
  if (count < 2 || count > 10'000) fail("must have a count from 2 to 10000");
  std::vector<double> numbers;
  // In decades, so that 1e-4, 1e-3, ... come out as such.
  const double from = std::log10(ends[0]);
  const double step = (std::log10(ends[1]) - from) / static_cast<double>(count - 1);
  for (std::int64_t i = 0; i < count; ++i) {
    numbers.push_back(i == 0           ? ends[0]
                      : i + 1 == count ? ends[1]
                                       : std::pow(10.0, from + step * static_cast<double>(i)));
  }
  return numbers;
}

}  // namespace infoplane::config::detail
