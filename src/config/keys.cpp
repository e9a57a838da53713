#include "config/keys.hpp"

#include <fmt/format.h>

#include "config/read_settings.hpp"
#include "config/schema.hpp"

namespace infoplane::config::detail {

const std::vector<Section>& sections() {
  static const std::vector<Section> all = [] {
    std::vector<Section> list;
    const auto names_of = [](auto&& visit) {
      NameKeys names;
      visit(names);
      return names.names;
    };
    SweepHeader header;
    RecordSettings record;
    EstimateSettings estimate;
    TrialSettings trial;
    DataPlaces places;
    list.push_back({"sweep", names_of([&](auto& key) { visit_sweep_keys(key, header); }), {}});
    visit_trial_sections(
        [&](const char* name, auto&& visit) {
          const std::vector<std::string> keys = names_of(visit);
          list.push_back({name, keys, keys});
          if (list.back().name != "data") return;
          for (const std::string& key : names_of([&](auto& k) { visit_place_keys(k, places); }))
            list.back().keys.push_back(key);
        },
        trial);
    list.push_back({"record", names_of([&](auto& key) { visit_record_keys(key, record); }), {}});
    list.push_back(
        {"estimate", names_of([&](auto& key) { visit_estimate_keys(key, estimate); }), {}});
    return list;
  }();
  return all;
}

const Section* find_section(const std::string& name) {
  for (const Section& section : sections()) {
    if (section.name == name) return &section;
  }
  return nullptr;
}

std::vector<std::string> dotted_keys(bool only_training) {
  std::vector<std::string> keys;
  for (const Section& section : sections()) {
    for (const std::string& key : only_training ? section.training_keys : section.keys)
      keys.push_back(section.name + "." + key);
  }
  return keys;
}

bool contains(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string suggestion(const std::string& word, const std::vector<std::string>& candidates) {
  std::vector<std::string> near;
  for (const std::string& candidate : candidates) {
    const std::size_t dot = candidate.find('.');
    if (dot != std::string::npos && candidate.substr(dot + 1) == word) near.push_back(candidate);
  }
  if (near.empty()) {
    const std::string nearest = nearest_word(word, candidates);
    if (!nearest.empty()) near.push_back(nearest);
  }
  return near.empty() ? "" : "did you mean \"" + join(near, "\" or \"") + "\"? ";
}

std::string unknown_key_hint(const std::string& dotted_key, bool only_training) {
  const std::string near = suggestion(dotted_key, dotted_keys(only_training));
  const Section* section = find_section(dotted_key.substr(0, dotted_key.find('.')));
  const auto keys_of = [&](const Section& each) {
    return only_training ? each.training_keys : each.keys;
  };
  if (section && !keys_of(*section).empty()) {
    return near + "allowed in [" + section->name + "]: " + join(keys_of(*section));
  }
  std::vector<std::string> names;
  for (const Section& each : sections()) {
    if (!keys_of(each).empty()) names.push_back(each.name);
  }
  return near + "keys are written section.key, with a section of " + join(names) +
         "; infoplane plan --help lists them";
}

void refuse_unknown_keys(const Value& root) {
  std::vector<std::string> tables;
  for (const Section& section : sections()) tables.push_back(section.name);
  tables.emplace_back("grid");
  std::vector<std::string> candidates =
      tables;  // a key that lost its table is near "training.epochs"
  for (const std::string& key : dotted_keys(false)) candidates.push_back(key);
  for (const Value::Member& member : *root.as<Value::Table>()) {
    if (!contains(tables, member.key)) {
      throw ConfigError(
          fmt::format("unknown {} \"{}\"", member.value.as<Value::Table>() ? "table" : "key",
                      member.key),
          member.where,
          suggestion(member.key, candidates) + "allowed: [" + join(tables, "], [") + "]");
    }
    const auto* table = member.value.as<Value::Table>();
    if (!table) {
      throw ConfigError(member.key + " = " + member.value.text(), member.value.where,
                        "must be a table, is " + member.value.type_name());
    }
    if (member.key == "grid") continue;
    refuse_unknown_keys(member.value, *find_section(member.key));
  }
}

void refuse_unknown_keys(const Value& table, const Section& section) {
  for (const Value::Member& entry : *table.as<Value::Table>()) {
    if (contains(section.keys, entry.key)) continue;
    throw ConfigError(fmt::format("unknown key \"{}.{}\"", section.name, entry.key), entry.where,
                      suggestion(entry.key, section.keys) + "allowed in [" + section.name +
                          "]: " + join(section.keys));
  }
}

}  // namespace infoplane::config::detail
