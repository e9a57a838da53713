#include "config/sections.hpp"

#include "config/schema.hpp"

namespace infoplane::config::detail {

const Value& table_or_empty(const Value& root, const std::string& name) {
  static const Value empty{Value::Table{}, {}};
  const Value* table = root.find(name);
  return table ? *table : empty;
}

const Value* find_key(const Value& root, const std::string& dotted_key) {
  const Value* table = root.find(section_of(dotted_key));
  return table ? table->find(dotted_key.substr(dotted_key.find('.') + 1)) : nullptr;
}

Source source_in(const Value& root, const std::string& file, const std::string& dotted_key) {
  const Value* value = find_key(root, dotted_key);
  return value ? value->where : Source{file, 0, 0};
}

std::string section_of(const std::string& key) { return key.substr(0, key.find('.')); }

void put(Value& root, const std::string& key, const Value& value) {
  const std::string section = section_of(key);
  if (!root.find(section)) root.set(section, Value{Value::Table{}, value.where}, value.where);
  for (Value::Member& member : *root.as<Value::Table>()) {
    if (member.key != section) continue;
    if (key != section) {
      member.value.set(key.substr(section.size() + 1), value, value.where);
      continue;
    }
    for (const Value::Member& entry : *value.as<Value::Table>())
      member.value.set(entry.key, entry.value, entry.where);
  }
}

TrialSettings read_sections(const Value& root) {
  TrialSettings trial;
  const Value* kind = find_key(root, "model.kind");
  if (kind && kind->as<std::string>()) trial.model = default_model(*kind->as<std::string>());
  visit_trial_sections(
      [&](const char* name, auto&& visit) {
        if (root.find(name)) read_section(root, name, visit);
      },
      trial);
  return trial;
}

}  // namespace infoplane::config::detail
