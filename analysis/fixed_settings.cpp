#include "analysis/fixed_settings.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <sstream>
#include <vector>

#include "core/text.hpp"

namespace infoplane {
namespace {

template <class Number>
std::optional<Number> whole_text_as(const std::string& text) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stop == end ? std::optional(number) : std::nullopt;
}

/// A value as the resolved sweep writes it, on one line.
Setting setting_of(const std::string& text) {
  if (const auto whole = whole_text_as<std::int64_t>(text)) return *whole;
  if (const auto real = whole_text_as<double>(text)) return *real;
  std::string plain = text;
  const bool is_list = plain.front() == '[';
  plain.erase(std::remove_if(plain.begin(), plain.end(),
                             [&](char c) {
                               return c == '"' || (is_list && (c == '[' || c == ']' || c == ' '));
                             }),
              plain.end());
  if (is_list) std::replace(plain.begin(), plain.end(), ',', '-');
  return plain;
}

std::string sweep_of(const ResultsTable& table) {
  for (const auto& [name, value] : table.provenance) {
    if (name == "sweep") return to_string(value);
  }
  return "";
}

}  // namespace

std::map<std::string, Setting> fixed_settings(const ResultsTable& table) {
  std::map<std::string, Setting> settings;
  std::istringstream lines(sweep_of(table));
  std::string section;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    if (line[0] == '[') {
      section = line.substr(1, line.find(']') - 1);
      continue;
    }
    const std::size_t equals = line.find(" = ");
    if (section == "grid" || equals == std::string::npos || equals + 3 == line.size()) continue;
    const std::string key = section + "." + line.substr(0, equals);
    // An axis over a whole section has other keys in every table.
    const bool varies =
        std::any_of(table.axes.begin(), table.axes.end(),
                    [&](const std::string& axis) { return axis == key || axis == section; });
    if (!varies) settings.emplace(key, setting_of(line.substr(equals + 3)));
  }
  return settings;
}

}  // namespace infoplane
