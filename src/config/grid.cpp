#include "config/grid.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "config/keys.hpp"
#include "config/sections.hpp"
#include "core/text.hpp"

namespace infoplane::config::detail {
namespace {

void flatten_grid(const Value& table, const std::string& prefix, std::vector<Value::Member>& out) {
  for (const Value::Member& member : *table.as<Value::Table>()) {
    const bool nested =
        prefix.empty() && member.value.as<Value::Table>() && find_section(member.key);
    if (nested) {
      flatten_grid(member.value, member.key + ".", out);
    } else {
      out.push_back({prefix + member.key, member.where, member.value});
    }
  }
}

[[noreturn]] void refuse_grid_key(const Value::Member& member) {
  const std::string section = member.key.substr(0, member.key.find('.'));
  const std::string problem = "[grid] cannot vary \"" + member.key + "\"";
  if (member.key == "data.root") {
    throw ConfigError(problem, member.where,
                      "where data sets lie makes no other trial; set it in [data]");
  }
  if (section == "estimate") {
    throw ConfigError(
        problem, member.where,
        "it never retrains: give all values in [estimate], every trial is estimated at each of "
        "them in one pass over its distances");
  }
  if (section == "record") {
    throw ConfigError(problem, member.where,
                      "what is recorded is the same for all trials, or they could not be compared; "
                      "set it in [record]");
  }
  if (section == "sweep") {
    throw ConfigError(problem, member.where,
                      "it belongs to the sweep as a whole; repetitions vary \"training.seed\"");
  }
  throw ConfigError("unknown key \"" + member.key + "\" in [grid]", member.where,
                    unknown_key_hint(member.key, true));
}

/// A list, or a range { from, to, step }.
std::vector<Value> axis_values(const Value::Member& member) {
  if (const auto* list = member.value.as<Value::Array>()) {
    if (list->empty())
      throw ConfigError(member.key + " = []", member.value.where, "must name at least one value");
    return *list;
  }
  const auto* range = member.value.as<Value::Table>();
  if (!range) {
    throw ConfigError(
        member.key + " = " + member.value.text(), member.value.where,
        "must be a list of values, or { from = 1, to = 5 }, is " + member.value.type_name());
  }
  std::map<std::string, std::int64_t> numbers{{"step", 1}};
  for (const Value::Member& entry : *range) {
    const std::vector<std::string> allowed{"from", "to", "step"};
    if (!contains(allowed, entry.key)) {
      throw ConfigError("unknown key \"" + entry.key + "\" in the range of " + member.key,
                        entry.where, suggestion(entry.key, allowed) + "allowed: " + join(allowed));
    }
    detail::read_scalar(member.key + "." + entry.key, entry.value, numbers[entry.key]);
  }
  if (!numbers.count("from") || !numbers.count("to")) {
    throw ConfigError(member.key + " = " + member.value.text(), member.value.where,
                      "a range needs from and to");
  }
  const std::int64_t from = numbers["from"];
  const std::int64_t to = numbers["to"];
  const std::int64_t step = numbers["step"];
  // Unsigned: from and to may lie further apart than an int64 holds.
  const auto first = static_cast<std::uint64_t>(from);
  const auto stride = static_cast<std::uint64_t>(step);
  const std::uint64_t steps =
      step < 1 || to < from ? 0 : (static_cast<std::uint64_t>(to) - first) / stride;
  if (step < 1 || to < from || steps >= 1'000'000) {
    throw ConfigError(member.key + " = " + member.value.text(), member.value.where,
                      "a range runs upwards from `from` to `to` in steps of at least 1, a million "
                      "values at most");
  }
  std::vector<Value> values;
  for (std::uint64_t i = 0; i <= steps; ++i) {
    values.push_back(Value{static_cast<std::int64_t>(first + i * stride), member.value.where});
  }
  return values;
}

/// The section that a value of an axis belongs to, read with nothing else but the kind of model.
TrialSettings read_alone(const std::string& key, const Value& value, const Value& root) {
  Value alone{Value::Table{}, value.where};
  const Value* kind = find_key(root, "model.kind");
  if (kind && section_of(key) == "model") put(alone, "model.kind", *kind);
  put(alone, key, value);
  return read_sections(alone);
}

[[noreturn]] void refuse_second(const std::string& key, const Value& value) {
  throw ConfigError("[grid] names " + key + " = " + value.text() + " twice", value.where,
                    "it would be the same trial; repetitions vary \"training.seed\"");
}

Setting label_of(const std::string& key, const Value& value, const Value& root) {
  try {
    return setting_of(read_alone(key, value, root), key);
  } catch (const ConfigError&) {
    bool right_as_a_list = false;
    try {
      read_alone(key, Value{Value::Array{value}, value.where}, root);
      right_as_a_list = true;
    } catch (const ConfigError&) {
    }
    if (!right_as_a_list) throw;
    throw ConfigError("[grid] " + key + " = " + value.text(), value.where,
                      "each value of this key is itself a list: [[10, 7], [5]]");
  }
}

GridAxis read_key_axis(const Value::Member& member, const Value& root) {
  GridAxis axis{member.key, member.where, axis_values(member), {}};
  std::set<std::string> seen;
  for (const Value& value : axis.values) {
    axis.labels.push_back(label_of(axis.key, value, root));
    if (!seen.insert(to_string(axis.labels.back())).second) refuse_second(axis.key, value);
  }
  return axis;
}

void check_table(const Value& table, const Section& section) {
  if (!table.as<Value::Table>()) {
    throw ConfigError(
        "[grid] " + section.name + " = " + table.text(), table.where,
        "must be a table such as { " + section.keys[0] + " = ... }, is " + table.type_name());
  }
  refuse_unknown_keys(table, section);
  for (const Value::Member& entry : *table.as<Value::Table>()) {
    if (!contains(section.training_keys, entry.key))
      refuse_grid_key({section.name + "." + entry.key, entry.where, entry.value});
  }
}

/// "gcn" where the first key of the section tells the tables apart; "fcn hidden=200-200" where it
/// does not: then with as many of the keys that differ, in the order of the section, as it takes.
/// The word is left out where no table has it.
std::vector<Setting> table_labels(const Section& section, const std::vector<Value>& tables,
                                  const std::vector<TrialSettings>& settings) {
  const std::string& selector = section.keys[0];
  const auto text = [&](std::size_t t, const std::string& key) {
    return to_string(setting_of(settings[t], section.name + "." + key));
  };
  const bool choose = std::any_of(tables.begin(), tables.end(), [&](const Value& table) {
    return table.find(selector) != nullptr;
  });
  std::vector<Setting> labels;
  for (std::size_t t = 0; t < tables.size(); ++t) {
    std::vector<std::size_t> same_word;
    for (std::size_t other = 0; other < tables.size(); ++other) {
      if (text(other, selector) == text(t, selector)) same_word.push_back(other);
    }
    // By the ties of all tables of the word, so that these are labelled by the same keys.
    std::set<std::string> known;
    std::vector<std::string> told(tables.size());
    std::string label = choose || tables.size() == 1 ? text(t, selector) : "";
    for (const std::string& key : section.training_keys) {
      const std::size_t kinds = known.size();
      std::set<std::string> finer;
      for (const std::size_t other : same_word) finer.insert(told[other] + "\n" + text(other, key));
      if (finer.size() <= std::max<std::size_t>(kinds, 1)) continue;
      for (const std::size_t other : same_word) told[other] += "\n" + text(other, key);
      known = finer;
      label += (label.empty() ? "" : " ") + key + "=" + text(t, key);
    }
    labels.emplace_back(label);
  }
  return labels;
}

GridAxis read_table_axis(const Value::Member& member, const Section& section, const Value& root) {
  GridAxis axis{member.key, member.where, axis_values(member), {}};
  std::vector<TrialSettings> settings;
  std::set<std::string> seen;
  for (const Value& table : axis.values) {
    check_table(table, section);
    Value overlaid{Value::Table{}, table.where};
    overlaid.set(section.name, table_or_empty(root, section.name), table.where);
    put(overlaid, section.name, table);
    settings.push_back(read_sections(overlaid));
    std::string text;
    for (const std::string& key : section.training_keys)
      text += to_string(setting_of(settings.back(), section.name + "." + key)) + "\n";
    if (!seen.insert(text).second) refuse_second(axis.key, table);
  }
  axis.labels = table_labels(section, axis.values, settings);
  return axis;
}

}  // namespace

GridAxis read_axis(const Value::Member& member, const Value& root) {
  const Section* section = find_section(member.key);
  if (section && !section->training_keys.empty()) return read_table_axis(member, *section, root);
  if (!contains(dotted_keys(true), member.key)) refuse_grid_key(member);
  return read_key_axis(member, root);
}

void refuse_shared_keys(const std::vector<GridAxis>& axes) {
  std::map<std::string, Source> own;
  for (const GridAxis& axis : axes) own.emplace(axis.key, axis.where);
  for (const GridAxis& axis : axes) {
    if (!axis.is_over_tables()) continue;
    for (const Value& table : axis.values) {
      for (const Value::Member& entry : *table.as<Value::Table>()) {
        const auto other = own.find(axis.key + "." + entry.key);
        if (other == own.end()) continue;
        throw ConfigError("[grid] varies \"" + other->first + "\" twice", entry.where,
                          "an axis of its own at " + other->second.text());
      }
    }
  }
}

void normalise_grid(Value& root) {
  for (Value::Member& member : *root.as<Value::Table>()) {
    if (member.key != "grid") continue;
    Value::Table flat;
    flatten_grid(member.value, "", flat);
    std::map<std::string, Source> seen;
    for (const Value::Member& axis : flat) {
      const auto [first, is_new] = seen.emplace(axis.key, axis.where);
      if (!is_new) {
        throw ConfigError("[grid] varies \"" + axis.key + "\" twice", axis.where,
                          "first at " + first->second.text());
      }
    }
    member.value.data = std::move(flat);
  }
}

}  // namespace infoplane::config::detail
