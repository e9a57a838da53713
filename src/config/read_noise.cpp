#include "config/read_noise.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>

#include "config/read_settings.hpp"

namespace infoplane::config::detail {
namespace {

struct RangeForm {
  const char* word;
  bool has_count;
  const char* form;
};

constexpr RangeForm range_forms[] = {
    {"log", true, "\"log:from:to:count\", for example \"log:1e-4:1e1:12\""},
    {"lin", true, "\"lin:from:to:count\", for example \"lin:0.1:1:10\""},
    {"x2", false,
     "\"x2:from:to\", for example \"x2:1e-3:10\": each twice the one before, which is cheap to "
     "estimate"},
};

[[noreturn]] void refuse(const std::string& key, const Value& value, const std::string& why) {
  throw ConfigError(key + " = " + value.text(), value.where, why);
}

/// 0.3 for 0.30000000000000004, which nobody types: a short number that is as near as rounding.
double as_typed(double number) {
  constexpr double rounding = 4 * std::numeric_limits<double>::epsilon();
  const std::string text = fmt::format("{:.12g}", number);
  double typed = 0;
  std::from_chars(text.data(), text.data() + text.size(), typed);
  return std::abs(typed - number) <= rounding * number ? typed : number;
}

std::vector<double> even_numbers(double from, double to, std::int64_t count) {
  std::vector<double> numbers;
  const double step = (to - from) / static_cast<double>(count - 1);
  for (std::int64_t i = 0; i + 1 < count; ++i)
    numbers.push_back(from + step * static_cast<double>(i));
  numbers.push_back(to);
  return numbers;
}

/// In decades, so that 1e-4, 1e-3, ... come out as such.
std::vector<double> log_numbers(double from, double to, std::int64_t count) {
  std::vector<double> numbers = even_numbers(std::log10(from), std::log10(to), count);
  for (double& number : numbers) number = std::pow(10.0, number);
  numbers.front() = from;
  numbers.back() = to;
  return numbers;
}

std::vector<double> doublings(double from, double to) {
  std::vector<double> numbers;
  // The nudge lets a typed end in: 1.024 is 0.001 times 2^10 but for rounding.
  for (double number = from; std::isfinite(number) && number <= to * (1 + 1e-12); number *= 2)
    numbers.push_back(number);
  return numbers;
}

std::vector<double> range_numbers(const RangeForm& range, const std::string& key,
                                  const Value& value) {
  const std::string& text = *value.as<std::string>();
  const char* at = text.data() + std::string(range.word).size();
  const char* const end = text.data() + text.size();
  const auto take = [&](auto& number) {
    if (at == end || *at != ':') refuse(key, value, std::string("must be ") + range.form);
    const auto [after, error] = std::from_chars(at + 1, end, number);
    if (error != std::errc()) refuse(key, value, std::string("must be ") + range.form);
    at = after;
  };
  double from = 0;
  double to = 0;
  std::int64_t count = 0;
  take(from);
  take(to);
  if (range.has_count) take(count);
  if (at != end) refuse(key, value, std::string("must be ") + range.form);
  if (!(from > 0) || !(to > from) || !std::isfinite(to)) {
    refuse(key, value, "must run from a positive number to a larger one");
  }
  if (!range.has_count) return doublings(from, to);
  if (count < 2 || count > 10'000) refuse(key, value, "must have a count from 2 to 10000");
  std::vector<double> numbers = range.word == std::string("log") ? log_numbers(from, to, count)
                                                                 : even_numbers(from, to, count);
  std::transform(numbers.begin() + 1, numbers.end() - 1, numbers.begin() + 1, as_typed);
  return numbers;
}

std::vector<Noise> entry_of_text(const std::string& key, const Value& value) {
  const std::string& text = *value.as<std::string>();
  const std::string first = text.substr(0, text.find(':'));
  for (const RangeForm& range : range_forms) {
    if (first != range.word) continue;
    const std::vector<double> numbers = range_numbers(range, key, value);
    return {numbers.begin(), numbers.end()};
  }
  try {
    return {Noise::of_rule(text)};
  } catch (const std::invalid_argument& error) {
    refuse(key, value, error.what());
  }
}

double variance_of(const std::string& key, const Value& value, const std::string& expected) {
  double number = 0;
  if (!value.as<double>() && !value.as<std::int64_t>()) wrong_type(key, value, expected);
  read_scalar(key, value, number);
  check_value(key, value, number, positive());
  return number;
}

std::vector<Noise> entry_of(const std::string& key, const Value& value) {
  if (value.as<std::string>()) return entry_of_text(key, value);
  if (const auto* layers = value.as<Value::Array>()) {
    const std::string expected = "a number: an inner list has one for each layer";
    if (layers->empty()) refuse(key, value, "an inner list has one number for each layer");
    std::vector<double> numbers;
    for (const Value& layer : *layers) numbers.push_back(variance_of(key, layer, expected));
    return {Noise::of_layers(numbers)};
  }
  return {Noise(variance_of(key, value, noise_forms))};
}

}  // namespace

std::vector<PlacedNoise> read_noise(const std::string& key, const Value& value) {
  std::vector<PlacedNoise> found;
  const auto take = [&](const Value& entry) {
    for (const Noise& noise : entry_of(key, entry)) found.push_back({noise, entry.where});
  };
  if (value.as<Value::Array>()) {
    for (const Value& entry : non_empty_list(key, value, "noise variances")) take(entry);
  } else {
    take(value);
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const PlacedNoise& a, const PlacedNoise& b) { return a.noise < b.noise; });
  for (std::size_t i = 1; i < found.size(); ++i) {
    if (found[i].noise == found[i - 1].noise) {
      throw ConfigError(key + " names " + to_string(found[i].noise) + " twice", found[i].where,
                        "each once");
    }
  }
  return found;
}

}  // namespace infoplane::config::detail
