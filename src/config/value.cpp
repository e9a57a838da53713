#include "config/value.hpp"

#include <fmt/format.h>

#include "core/text.hpp"

namespace infoplane::config {
namespace {

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<int>(c));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

struct TypeName {
  std::string operator()(bool) const { return "a boolean"; }
  std::string operator()(std::int64_t) const { return "a whole number"; }
  std::string operator()(double) const { return "a number"; }
  std::string operator()(const std::string&) const { return "a string"; }
  std::string operator()(const Value::Array&) const { return "a list"; }
  std::string operator()(const Value::Table&) const { return "a table"; }
  std::string operator()(const Value::Other& other) const { return "a " + other.type; }
};

struct Text {
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const { return format_double(value); }
  std::string operator()(const std::string& value) const { return quoted(value); }
  std::string operator()(const Value::Array& array) const {
    std::vector<std::string> words;
    for (const Value& value : array) words.push_back(value.text());
    return "[" + join(words) + "]";
  }
  std::string operator()(const Value::Table& table) const {
    std::vector<std::string> words;
    for (const Value::Member& member : table)
      words.push_back(member.key + " = " + member.value.text());
    return "{ " + join(words) + " }";
  }
  std::string operator()(const Value::Other& other) const { return "<" + other.type + ">"; }
};

}  // namespace

std::string Source::text() const {
  return line == 0 ? file : fmt::format("{}:{}:{}", file, line, column);
}

ConfigError::ConfigError(const std::string& problem, const Source& where, const std::string& why)
    : UsageError(fmt::format("{} at {} ({})", problem, where.text(), why)), where_(where) {}

const Value* Value::find(const std::string& key) const {
  for (const Member& member : std::get<Table>(data)) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

void Value::set(const std::string& key, Value value, const Source& key_where) {
  Table& table = std::get<Table>(data);
  for (Member& member : table) {
    if (member.key == key) {
      member.value = std::move(value);
      member.where = key_where;
      return;
    }
  }
  table.push_back({key, key_where, std::move(value)});
}

std::string Value::type_name() const { return std::visit(TypeName{}, data); }

std::string Value::text() const { return std::visit(Text{}, data); }

}  // namespace infoplane::config
