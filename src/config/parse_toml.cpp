#include "config/parse_toml.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <sstream>

#include "core/text.hpp"

namespace infoplane::config {
namespace {

Source source_of(const toml::source_region& region, const std::string& file) {
  return {file, region.begin.line, region.begin.column};
}

bool stands_before(const Source& a, const Source& b) {
  return a.line != b.line ? a.line < b.line : a.column < b.column;
}

Value convert(const toml::node& node, const std::string& file) {
  Value value;
  value.where = source_of(node.source(), file);
  if (const toml::table* table = node.as_table()) {
    Value::Table members;
    for (const auto& [key, child] : *table) {
      members.push_back(
          {std::string(key.str()), source_of(key.source(), file), convert(child, file)});
    }
    // toml++ sorts by name; a person reads, and the grid varies, in the order of the file.
    std::stable_sort(members.begin(), members.end(),
                     [](const auto& a, const auto& b) { return stands_before(a.where, b.where); });
    value.data = std::move(members);
  } else if (const toml::array* array = node.as_array()) {
    Value::Array values;
    for (const toml::node& child : *array) values.push_back(convert(child, file));
    value.data = std::move(values);
  } else if (const auto* string = node.as_string()) {
    value.data = string->get();
  } else if (const auto* integer = node.as_integer()) {
    value.data = integer->get();
  } else if (const auto* number = node.as_floating_point()) {
    value.data = number->get();
  } else if (const auto* boolean = node.as_boolean()) {
    value.data = boolean->get();
  } else {
    std::ostringstream type;
    type << node.type();
    value.data = Value::Other{type.str()};
  }
  return value;
}

void set_source(Value& value, const Source& where) {
  value.where = where;
  if (auto* array = value.as<Value::Array>()) {
    for (Value& child : *array) set_source(child, where);
  } else if (auto* table = value.as<Value::Table>()) {
    for (Value::Member& member : *table) {
      member.where = where;
      set_source(member.value, where);
    }
  }
}

}  // namespace

Value parse_toml(std::string_view text, const std::string& file) {
  try {
    return convert(toml::parse(text, file), file);
  } catch (const toml::parse_error& error) {
    std::string why(error.description());
    if (why.find("value type") != std::string::npos) why += "; text needs quotes";
    throw ConfigError("not valid TOML", source_of(error.source(), file), why);
  }
}

namespace {

/// Throws unless a TOML file can hold it: a run's own sweep.toml is to be read again. A comment may
/// hold what a text may.
void require_plain_text(std::string_view text, const Source& where) {
  std::string comment = "# " + std::string(text);
  std::replace(comment.begin(), comment.end(), '\n', ' ');
  std::replace(comment.begin(), comment.end(), '\r', ' ');
  try {
    parse_toml(comment, where.file);
  } catch (const ConfigError&) {
    throw ConfigError("not text", where, "it must be UTF-8, and without control characters");
  }
}

/// ".8" and "9.", which people write and TOML does not know. Not "007": that may be a name.
std::optional<double> number_of(std::string_view text) {
  const std::string_view size = text.substr(text.substr(0, 1) == "-" ? 1 : 0);
  const bool leading_zero = size.size() > 1 && size[0] == '0' && size[1] != '.';
  if (size.find('.') == std::string_view::npos || leading_zero) return {};
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  return number;
}

}  // namespace

Value parse_toml_value(std::string_view text, const Source& where) {
  Value value;
  try {
    value = parse_toml("value = " + std::string(text), where.file);
  } catch (const ConfigError&) {
    require_plain_text(text, where);
    const std::string_view plain = trimmed(text);
    if (const std::optional<double> number = number_of(plain)) {
      value.data = *number;
    } else if (!plain.empty() && (plain.front() == '[' || plain.front() == '{')) {
      throw ConfigError(
          "not valid TOML", where,
          R"(it begins like a list or table, where text needs quotes: ["tanh", 0.5])");
    } else {
      value.data = std::string(text);
    }
  }
  if (auto* table = value.as<Value::Table>()) {
    if (table->size() != 1) {
      throw ConfigError("not one value", where, "write --set key=value once for each key");
    }
    value = Value(table->front().value);
  }
  set_source(value, where);
  return value;
}

}  // namespace infoplane::config
