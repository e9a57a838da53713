#include "config/overrides.hpp"

#include <algorithm>
#include <set>

#include "config/keys.hpp"
#include "config/parse_toml.hpp"
#include "config/sections.hpp"

namespace infoplane::config::detail {
namespace {

std::string without_quotes(std::string word) {
  word.erase(0, word.find_first_not_of(" \""));
  return word.erase(word.find_last_not_of(" \"") + 1);
}

void set_axis(Value& root, const std::string& key, const Value& values) {
  if (!root.find("grid")) root.set("grid", Value{Value::Table{}, values.where}, values.where);
  for (Value::Member& member : *root.as<Value::Table>()) {
    if (member.key == "grid" && member.value.as<Value::Table>())
      member.value.set(key, values, values.where);
  }
}

/// Takes a key out of the tables of an axis over its whole section. Tables that then say the same
/// are one; no table that says anything is no axis: returns whether one is left.
bool remain_without(Value& tables, const std::string& name) {
  auto* list = tables.as<Value::Array>();
  if (!list) return true;  // refused later
  Value::Array rest;
  std::set<std::string> seen;
  bool found = false;
  for (Value table : *list) {
    if (auto* members = table.as<Value::Table>()) {
      const auto end = std::remove_if(members->begin(), members->end(),
                                      [&](const auto& member) { return member.key == name; });
      found = found || end != members->end();
      members->erase(end, members->end());
    }
    if (seen.insert(table.text()).second) rest.push_back(std::move(table));
  }
  if (!found) return true;
  *list = rest;
  return rest.size() > 1 || !rest[0].as<Value::Table>() || !rest[0].as<Value::Table>()->empty();
}

void remove_from_grid(Value& root, const std::string& key) {
  for (Value::Member& member : *root.as<Value::Table>()) {
    if (member.key != "grid") continue;
    auto& axes = *member.value.as<Value::Table>();
    const auto is_gone = [&](Value::Member& axis) {
      if (axis.key == key) return true;
      return axis.key == section_of(key) &&
             !remain_without(axis.value, key.substr(key.find('.') + 1));
    };
    axes.erase(std::remove_if(axes.begin(), axes.end(), is_gone), axes.end());
  }
}

}  // namespace

void apply_override(Value& root, const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw UsageError("--set " + text + " is not key=value (for example --set training.epochs=100)");
  }
  const std::string key = without_quotes(text.substr(0, equals));
  const Source where{"--set " + text, 0, 0};
  const Value value = parse_toml_value(text.substr(equals + 1), where);
  if (key.substr(0, 5) == "grid.") return set_axis(root, without_quotes(key.substr(5)), value);
  if (!contains(dotted_keys(false), key)) {
    throw ConfigError("unknown key \"" + key + "\"", where, unknown_key_hint(key, false));
  }
  put(root, key, value);
  remove_from_grid(root, key);
}

}  // namespace infoplane::config::detail
