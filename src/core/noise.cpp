#include "core/noise.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <ostream>
#include <stdexcept>
#include <tuple>

#include "core/text.hpp"

namespace infoplane {

const char* const noise_forms =
    "a number, a range \"log:from:to:count\", \"lin:from:to:count\" or \"x2:from:to\", a list "
    "[5, 2, 0.3] with one number for each layer, or a rule such as \"p90/1000\", \"scale:0.01\" "
    "or \"median@last\"";

namespace {

constexpr std::string_view last_suffix = "@last";

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_variance(double value) { return value > 0 && std::isfinite(value); }

/// Takes a finite number off the front of `text`.
bool take_number(std::string_view& text, double& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || !std::isfinite(value)) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

std::vector<double> list_of(std::string_view text) {
  const auto fail = [] {
    throw std::invalid_argument("a list has one positive number for each layer: [5, 2, 0.3]");
  };
  std::vector<double> values;
  text = text.substr(1, text.size() - 2);
  while (true) {
    text = trimmed(text);
    if (!take_number(text, values.emplace_back()) || !is_variance(values.back())) fail();
    text = trimmed(text);
    if (text.empty()) return values;
    if (text[0] != ',') fail();
    text.remove_prefix(1);
  }
}

}  // namespace

RuleText RuleText::parse(std::string_view text) {
  const auto fail = [] { throw std::invalid_argument(std::string("must be ") + noise_forms); };
  RuleText rule;
  std::size_t end = 0;
  while (end < text.size() &&
         (is_letter(text[end]) ||
          (end > 0 && text[end] == '-' && end + 1 < text.size() && is_letter(text[end + 1])))) {
    ++end;
  }
  if (end == 0) fail();
  rule.name = text.substr(0, end);
  for (std::string_view rest = text.substr(end); !rest.empty();) {
    char separator = 0;
    if (rest[0] == ':' || rest[0] == '/') {
      separator = rest[0];
      rest.remove_prefix(1);
    } else if (!rule.parameters.empty()) {
      fail();
    }
    double value = 0;
    if (!take_number(rest, value)) fail();
    rule.parameters.push_back({separator, value + 0.0});
  }
  return rule;
}

std::string RuleText::text() const {
  std::string text = name;
  for (const Parameter& parameter : parameters) {
    if (parameter.separator != 0) text += parameter.separator;
    text += fmt::format("{}", parameter.value);
  }
  return text;
}

Noise Noise::of_layers(std::vector<double> variances) {
  Noise noise;
  noise.kind = Kind::list;
  noise.list = std::move(variances);
  return noise;
}

Noise Noise::of_rule(std::string_view text) {
  Noise noise;
  noise.kind = Kind::rule;
  const std::size_t at = text.find('@');
  if (at != std::string_view::npos) {
    if (text.substr(at) != last_suffix) {
      const std::string near = nearest_word(text.substr(at), {std::string(last_suffix)});
      throw std::invalid_argument(fmt::format(
          "{}after a rule only \"@last\" may stand: its value at the last recorded epoch",
          near.empty() ? "" : fmt::format("did you mean \"{}{}\"? ", text.substr(0, at), near)));
    }
    noise.at_last = true;
    text = text.substr(0, at);
  }
  noise.rule = RuleText::parse(text).text();
  return noise;
}

Noise Noise::from_text(std::string_view text) {
  text = trimmed(text);
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') {
    return of_layers(list_of(text));
  }
  std::string_view rest = text;
  double value = 0;
  if (take_number(rest, value) && rest.empty()) {
    if (!is_variance(value)) throw std::invalid_argument("must be a positive number");
    return value;
  }
  return of_rule(text);
}

std::string to_string(const Noise& noise) {
  switch (noise.kind) {
    case Noise::Kind::number:
      return fmt::format("{}", noise.number);
    case Noise::Kind::list:
      return fmt::format("[{}]", fmt::join(noise.list, ", "));
    case Noise::Kind::rule:
      break;
  }
  return noise.rule + (noise.at_last ? std::string(last_suffix) : "");
}

namespace {

auto key_of(const Noise& noise) {
  return std::tie(noise.kind, noise.number, noise.list, noise.rule, noise.at_last);
}

}  // namespace

bool operator==(const Noise& a, const Noise& b) { return !(a < b) && !(b < a); }
bool operator!=(const Noise& a, const Noise& b) { return !(a == b); }

bool is_same_noise(const Noise& a, const Noise& b) {
  if (a.kind != Noise::Kind::number || b.kind != Noise::Kind::number) return a == b;
  return std::abs(a.number - b.number) <= 1e-9 * b.number;
}
bool operator<(const Noise& a, const Noise& b) { return key_of(a) < key_of(b); }
std::ostream& operator<<(std::ostream& out, const Noise& noise) { return out << to_string(noise); }

}  // namespace infoplane
