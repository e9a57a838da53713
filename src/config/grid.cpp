#include "config/grid.hpp"

#include <map>

#include "config/keys.hpp"
#include "config/read_settings.hpp"
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

}  // namespace

void refuse_grid_key(const Value::Member& member) {
  const std::string section = member.key.substr(0, member.key.find('.'));
  const std::string problem = "[grid] cannot vary \"" + member.key + "\"";
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
