#include "analysis/fixed_settings.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "store/sweep_lines.hpp"

namespace infoplane {
namespace {

template <class Number>
std::optional<Number> whole_text_as(const std::string& text) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stop == end ? std::optional(number) : std::nullopt;
}

/// Takes a quoted string of TOML off the front of `text`.
std::string take_string(std::string_view& text) {
  std::string plain;
  text.remove_prefix(1);
  while (!text.empty() && text.front() != '"') {
    if (text.front() == '\\' && text.size() > 1) text.remove_prefix(1);  // of '"' and '\\'
    plain += text.front();
    text.remove_prefix(1);
  }
  if (!text.empty()) text.remove_prefix(1);
  return plain;
}

/// Numbers with '-' between them, words with "; ", as the grid has them.
std::string list_of(std::string_view text) {
  const bool words = text.find('"') != std::string_view::npos;
  std::string list;
  for (text.remove_prefix(1); !text.empty() && text.front() != ']';) {
    if (text.front() == '"') {
      list += take_string(text);
    } else {
      const char c = text.front();
      if (c == ',') {
        list += words ? "; " : "-";
      } else if (c != ' ') {
        list += c;
      }
      text.remove_prefix(1);
    }
  }
  return list;
}

/// A value as the resolved sweep writes it, on one line.
Setting setting_of(const std::string& text) {
  if (const auto whole = whole_text_as<std::int64_t>(text)) return *whole;
  if (const auto real = whole_text_as<double>(text)) return *real;
  std::string_view rest = text;
  if (text.front() == '[') return list_of(rest);
  return text.front() == '"' ? take_string(rest) : text;
}

std::string sweep_of(const ResultsTable& table) {
  for (const auto& [name, value] : table.provenance) {
    if (name == "sweep") return to_string(value);
  }
  return "";
}

/// Whether a line of [grid], an axis over tables of a section, names the key in one of them.
bool is_named_in(const std::string& tables, const std::string& key) {
  for (std::size_t at = tables.find(key + " = "); at != std::string::npos;
       at = tables.find(key + " = ", at + 1)) {
    if (at > 0 && (tables[at - 1] == ' ' || tables[at - 1] == '{')) return true;
  }
  return false;
}

}  // namespace

std::map<std::string, Setting> fixed_settings(const ResultsTable& table) {
  const std::vector<SweepLine> lines = sweep_lines(sweep_of(table));
  const auto varies = [&](const SweepLine& line) {
    for (const std::string& axis : table.axes) {
      if (axis == line.section + "." + line.key) return true;
    }
    return std::any_of(lines.begin(), lines.end(), [&](const SweepLine& other) {
      return other.section == "grid" && other.key == '"' + line.section + '"' &&
             is_named_in(other.value, line.key);
    });
  };
  std::map<std::string, Setting> settings;
  for (const SweepLine& line : lines) {
    if (line.section != "grid" && !line.value.empty() && !varies(line))
      settings.emplace(line.section + "." + line.key, setting_of(line.value));
  }
  return settings;
}

}  // namespace infoplane
