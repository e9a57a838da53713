#include "core/duration.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace infoplane {
namespace {

/// A plain decimal number at `at`, which moves behind it.
std::optional<double> take_number(const std::string& text, std::size_t& at) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789.", at), text.size());
  const std::string digits = text.substr(at, end - at);
  if (digits.empty() || digits.find_first_of("0123456789") == std::string::npos)
    return std::nullopt;
  char* rest = nullptr;
  const double value = std::strtod(digits.c_str(), &rest);
  if (*rest != '\0' || !std::isfinite(value)) return std::nullopt;
  at = end;
  return value;
}

std::optional<double> seconds_of_unit(char unit) {
  switch (unit) {
    case 's':
      return 1;
    case 'm':
      return 60;
    case 'h':
      return 3600;
    case 'd':
      return 86400;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<double> parse_duration_s(const std::string& text) {
  double total = 0;
  double last_unit = std::numeric_limits<double>::infinity();
  if (text.empty()) return std::nullopt;
  for (std::size_t at = 0; at < text.size();) {
    const bool first = at == 0;
    const std::optional<double> number = take_number(text, at);
    if (!number) return std::nullopt;
    if (at == text.size()) return first ? number : std::nullopt;  // without a unit: seconds
    const std::optional<double> unit = seconds_of_unit(text[at++]);
    if (!unit || *unit >= last_unit) return std::nullopt;
    last_unit = *unit;
    total += *number * *unit;
  }
  return total;
}

std::optional<double> parse_slurm_time_s(const std::string& text) {
  const std::size_t dash = text.find('-');
  std::string clock = text;
  double days = 0;
  if (dash != std::string::npos) {
    std::size_t at = 0;
    const std::optional<double> number = take_number(text, at);
    if (!number || at != dash) return std::nullopt;
    days = *number;
    clock = text.substr(dash + 1);
  }
  double seconds = 0;
  int parts = 0;
  for (std::size_t at = 0; at < clock.size(); ++parts) {
    const std::optional<double> number = take_number(clock, at);
    if (!number) return std::nullopt;
    seconds = 60 * seconds + *number;
    if (at < clock.size() && clock[at++] != ':') return std::nullopt;
  }
  if (parts < 2 || parts > 3) return std::nullopt;
  return 86400 * days + seconds;
}

}  // namespace infoplane
