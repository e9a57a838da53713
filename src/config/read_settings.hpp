#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "config/read_noise.hpp"
#include "config/schema.hpp"
#include "config/value.hpp"
#include "core/text.hpp"

// Visitors over config/schema.hpp: names, reading, writing. Internal to the room.

namespace infoplane::config::detail {

/// Collects the names of the keys.
struct NameKeys {
  std::vector<std::string> names;
  template <class Field, class T>
  void operator()(const char* name, Field&, const Check<T>&, const char*) {
    names.emplace_back(name);
  }
};

[[noreturn]] inline void wrong_type(const std::string& key, const Value& value,
                                    const std::string& expected) {
  // The commonest mistake: several values where one belongs.
  const std::string section = key.substr(0, key.find('.'));
  const bool can_vary = section == "data" || section == "model" || section == "training";
  const bool several =
      value.as<Value::Array>() || (value.as<Value::Table>() && value.find("from") != nullptr);
  throw ConfigError(key + " = " + value.text(), value.where,
                    "must be " + expected + ", is " + value.type_name() +
                        (can_vary && several ? "; several values to try go into [grid]" : ""));
}

[[noreturn]] inline void refuse_word(const std::string& key, const Value& value,
                                     const std::string& word,
                                     const std::vector<std::string>& allowed,
                                     const std::string& expected) {
  const std::string near = nearest_word(word, allowed);
  throw ConfigError(
      key + " = " + value.text(), value.where,
      (near.empty() ? "" : "did you mean \"" + near + "\"? ") + "must be " + expected);
}

inline void read_scalar(const std::string& key, const Value& value, double& out) {
  if (const auto* number = value.as<double>()) {
    out = *number + 0.0;  // -0.0 becomes 0.0: an equal setting must have an equal text
  } else if (const auto* whole = value.as<std::int64_t>()) {
    out = static_cast<double>(*whole);
  } else {
    wrong_type(key, value, "a number");
  }
}

inline void read_scalar(const std::string& key, const Value& value, std::int64_t& out) {
  const auto* number = value.as<double>();
  if (const auto* whole = value.as<std::int64_t>()) {
    out = *whole;
  } else if (number && std::floor(*number) == *number && std::abs(*number) <= 0x1p53) {
    out = static_cast<std::int64_t>(*number);  // 1e4 is how people write epochs
  } else if (number) {
    throw ConfigError(key + " = " + value.text(), value.where, "must be a whole number");
  } else {
    wrong_type(key, value, "a whole number");
  }
}

inline void read_scalar(const std::string& key, const Value& value, std::string& out) {
  if (const auto* string = value.as<std::string>()) {
    out = *string;
  } else {
    wrong_type(key, value, "a string");
  }
}

inline void read_scalar(const std::string& key, const Value& value, bool& out) {
  if (const auto* truth = value.as<bool>()) {
    out = *truth;
  } else {
    wrong_type(key, value, "true or false");
  }
}

inline void read_scalar(const std::string& key, const Value& value, SplitRule& out) {
  const std::string expected = "\"fractions\", \"balanced:k\", \"published\" or \"planetoid\"";
  const auto* word = value.as<std::string>();
  if (!word) wrong_type(key, value, expected);
  const std::optional<SplitRule> rule = split_rule_from_text(*word);
  if (!rule) throw ConfigError(key + " = " + value.text(), value.where, "must be " + expected);
  out = *rule;
}

template <class Enum, class = std::enable_if_t<std::is_enum_v<Enum>>>
void read_scalar(const std::string& key, const Value& value, Enum& out) {
  const auto words = enum_words<Enum>();
  const auto* string = value.as<std::string>();
  if (!string) wrong_type(key, value, "one of \"" + join(words, "\", \"") + "\"");
  const auto found = enum_from_name<Enum>(*string);
  if (!found) refuse_word(key, value, *string, words, "one of \"" + join(words, "\", \"") + "\"");
  out = *found;
}

/// Also true, as long as one way of recording is the usual one, and false.
inline void read_scalar(const std::string& key, const Value& value, GradientRecording& out) {
  const auto words = enum_words<GradientRecording>();
  const std::string expected = "\"" + join(words, "\", \"") + "\", true or false";
  if (const auto* wanted = value.as<bool>()) {
    out = *wanted ? GradientRecording::batches : GradientRecording::none;
    return;
  }
  const auto* word = value.as<std::string>();
  if (!word) wrong_type(key, value, expected);
  const auto found = enum_from_name<GradientRecording>(*word);
  if (!found) refuse_word(key, value, *word, words, expected);
  out = *found;
}

inline void read_scalar(const std::string& key, const Value& value, RecordRows& out) {
  const auto words = enum_words<RowSet>();
  const std::string expected = "\"" + join(words, "\", \"") + "\" or a number of rows";
  if (const auto* word = value.as<std::string>()) {
    const auto found = enum_from_name<RowSet>(*word);
    if (!found) refuse_word(key, value, *word, words, expected);
    out.set = *found;
    return;
  }
  if (!value.as<std::int64_t>() && !value.as<double>()) wrong_type(key, value, expected);
  read_scalar(key, value, out.count);
  if (out.count < 2) {
    throw ConfigError(key + " = " + value.text(), value.where, "must be at least 2 rows");
  }
  out.set = RowSet::number;
}

inline const Value::Array& non_empty_list(const std::string& key, const Value& value,
                                          const char* expected) {
  const auto* array = value.as<Value::Array>();
  if (!array) wrong_type(key, value, std::string("a list of ") + expected);
  if (array->empty()) throw ConfigError(key + " = []", value.where, "must name at least one");
  return *array;
}

inline void read_scalar(const std::string& key, const Value& value, EpochSchedule& out) {
  try {
    if (const auto* text = value.as<std::string>()) {
      out = EpochSchedule::from_text(*text);
      return;
    }
    std::vector<std::int64_t> epochs;
    for (const Value& entry : non_empty_list(key, value, "epochs, or a schedule in quotes")) {
      read_scalar(key, entry, epochs.emplace_back());
    }
    out = EpochSchedule::from_list(std::move(epochs));
  } catch (const std::invalid_argument& error) {
    throw ConfigError(key + " = " + value.text(), value.where, error.what());
  }
}

template <class T>
void check_value(const std::string& key, const Value& value, const T& out, const Check<T>& check) {
  if (!check.holds(out)) throw ConfigError(key + " = " + value.text(), value.where, check.why);
}

/// Reads the fields of one section from its table; a key that is not there keeps its default.
class ReadKeys {
 public:
  ReadKeys(std::string section, const Value& table) : section_(std::move(section)), table_(table) {}

  template <class Field, class T>
  void operator()(const char* name, Field& field, const Check<T>& check, const char*) {
    const Value* value = table_.find(name);
    if (value) read(section_ + "." + name, *value, field, check);
  }

 private:
  template <class T>
  static void read(const std::string& key, const Value& value, T& field, const Check<T>& check) {
    read_scalar(key, value, field);
    check_value(key, value, field, check);
  }

  template <class T>
  static void read(const std::string& key, const Value& value, std::vector<T>& field,
                   const Check<T>& check) {
    const auto* list = value.as<Value::Array>();
    if (list && list->empty() && field.empty()) return;  // where none is the default
    field.clear();
    for (const Value& entry : non_empty_list(key, value, "values")) {
      read_scalar(key, entry, field.emplace_back());
      check_value(key, entry, field.back(), check);
      if constexpr (std::is_enum_v<T>) {
        if (std::count(field.begin(), field.end(), field.back()) > 1) {
          throw ConfigError(key + " names " + entry.text() + " twice", entry.where, "each once");
        }
      }
    }
  }

  static void read(const std::string& key, const Value& value, std::vector<Noise>& field,
                   const Check<Noise>&) {
    field.clear();
    for (const PlacedNoise& entry : read_noise(key, value)) field.push_back(entry.noise);
  }

  std::string section_;
  const Value& table_;
};

// Writing: every field as the TOML that reads back to it.

inline std::string toml_text(double value) { return format_double(value); }
inline std::string toml_text(std::int64_t value) { return std::to_string(value); }
inline std::string toml_text(bool value) { return value ? "true" : "false"; }
inline std::string toml_text(const std::string& value) { return Value{value, {}}.text(); }
inline std::string toml_text(const SplitRule& rule) { return toml_text(to_string(rule)); }
template <class Enum, class = std::enable_if_t<std::is_enum_v<Enum>>>
std::string toml_text(Enum value) {
  return "\"" + name_of(value) + "\"";
}
std::string toml_text(const Noise& noise);
template <class T>
std::string toml_text(const std::vector<T>& values) {
  std::vector<std::string> words;
  for (const T& value : values) words.push_back(toml_text(value));
  return "[" + join(words) + "]";
}
inline std::string toml_text(const Noise& noise) {
  switch (noise.kind) {
    case Noise::Kind::number:
      return toml_text(noise.number);
    case Noise::Kind::list:
      return toml_text(noise.list);
    case Noise::Kind::rule:
      break;
  }
  return toml_text(to_string(noise));
}
inline std::string toml_text(const EpochSchedule& schedule) {
  return schedule.is_list() ? toml_text(schedule.list()) : toml_text(schedule.text());
}
inline std::string toml_text(const RecordRows& rows) {
  return rows.set == RowSet::number ? std::to_string(rows.count) : toml_text(rows.set);
}

/// Appends "prefix key = value" lines for the wanted keys.
struct WriteKeys {
  std::string prefix;
  std::function<bool(const std::string& name)> wanted = [](const std::string&) { return true; };
  std::string text = {};
  template <class Field, class T>
  void operator()(const char* name, const Field& field, const Check<T>&, const char*) {
    if (wanted(name)) text += prefix + name + " = " + toml_text(field) + "\n";
  }
};

}  // namespace infoplane::config::detail
