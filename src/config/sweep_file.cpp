#include "config/sweep_file.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <set>

#include "config/grid.hpp"
#include "config/keys.hpp"
#include "config/parse_toml.hpp"
#include "config/read_settings.hpp"
#include "config/schema.hpp"

namespace infoplane::config {
namespace {

using detail::contains;
using detail::dotted_keys;
using detail::ReadKeys;
using detail::WriteKeys;

const Value& table_or_empty(const Value& root, const std::string& name) {
  static const Value empty{Value::Table{}, {}};
  const Value* table = root.find(name);
  return table ? *table : empty;
}

template <class Visit>
void read_section(const Value& root, const std::string& name, Visit&& visit) {
  ReadKeys reader(name, table_or_empty(root, name));
  visit(reader);
}

Source source_in(const Value& root, const std::string& file, const std::string& dotted_key) {
  const std::size_t dot = dotted_key.find('.');
  const Value* table = root.find(dotted_key.substr(0, dot));
  const Value* value = table ? table->find(dotted_key.substr(dot + 1)) : nullptr;
  return value ? value->where : Source{file, 0, 0};
}

TrialSettings read_trial(const Value& root, const std::string& file) {
  TrialSettings trial;
  const Value* kind = table_or_empty(root, "model").find("kind");
  if (kind && kind->as<std::string>()) trial.model = default_model(*kind->as<std::string>());
  visit_trial_sections([&](const char* name, auto&& visit) { read_section(root, name, visit); },
                       trial);
  if (trial.training.momentum != 0 && trial.training.optimizer != Optimizer::sgd) {
    throw ConfigError("training.momentum = " + format_double(trial.training.momentum),
                      source_in(root, file, "training.momentum"),
                      "goes with optimizer = \"sgd\"; adam has its own moving averages");
  }
  return trial;
}

void put(Value& root, const std::string& dotted_key, Value value) {
  const std::size_t dot = dotted_key.find('.');
  const std::string section = dotted_key.substr(0, dot);
  const Source where = value.where;
  if (!root.find(section)) root.set(section, Value{Value::Table{}, where}, where);
  for (Value::Member& member : *root.as<Value::Table>()) {
    if (member.key == section)
      member.value.set(dotted_key.substr(dot + 1), std::move(value), where);
  }
}

/// One value of an axis, read as if it stood in its section, so that it meets the same checks.
TrialSettings read_alone(const std::string& dotted_key, const Value& value) {
  const auto read = [&](const Value& candidate) {
    Value alone{Value::Table{}, value.where};
    put(alone, dotted_key, candidate);
    TrialSettings settings;
    visit_trial_sections(
        [&](const std::string& name, auto&& visit) {
          if (name == dotted_key.substr(0, dotted_key.find('.'))) read_section(alone, name, visit);
        },
        settings);
    return settings;
  };
  try {
    return read(value);
  } catch (const ConfigError&) {
    bool right_as_a_list = false;
    try {
      read(Value{Value::Array{value}, value.where});
      right_as_a_list = true;
    } catch (const ConfigError&) {
    }
    if (!right_as_a_list) throw;
    throw ConfigError("[grid] " + dotted_key + " = " + value.text(), value.where,
                      "each value of this key is itself a list: [[10, 7], [5]]");
  }
}

void apply_override(Value& root, const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw UsageError("--set " + text + " is not key=value (for example --set training.epochs=100)");
  }
  const auto trimmed = [](std::string word) {
    word.erase(0, word.find_first_not_of(" \""));
    return word.erase(word.find_last_not_of(" \"") + 1);
  };
  std::string key = trimmed(text.substr(0, equals));
  const Source where{"--set " + text, 0, 0};
  Value value = parse_toml_value(text.substr(equals + 1), where);
  if (key.substr(0, 5) == "grid.") {
    key = trimmed(key.substr(5));
    if (!root.find("grid")) root.set("grid", Value{Value::Table{}, where}, where);
    for (Value::Member& member : *root.as<Value::Table>()) {
      if (member.key == "grid" && member.value.as<Value::Table>())
        member.value.set(key, std::move(value), where);
    }
    return;
  }
  if (!contains(dotted_keys(false), key)) {
    throw ConfigError("unknown key \"" + key + "\"", where, detail::unknown_key_hint(key, false));
  }
  put(root, key, std::move(value));
  for (Value::Member& member : *root.as<Value::Table>()) {
    if (member.key != "grid") continue;
    auto& axes = *member.value.as<Value::Table>();
    axes.erase(
        std::remove_if(axes.begin(), axes.end(), [&](const auto& axis) { return axis.key == key; }),
        axes.end());
  }
}

}  // namespace

SweepFile SweepFile::parse(std::string_view text, const std::string& file,
                           const std::vector<std::string>& overrides) {
  SweepFile sweep;
  sweep.file_ = file;
  sweep.root_ = parse_toml(text, file);
  detail::refuse_unknown_keys(sweep.root_);
  detail::normalise_grid(sweep.root_);
  for (const std::string& override_text : overrides) apply_override(sweep.root_, override_text);

  SweepHeader header;
  header.name = std::filesystem::path(file).stem().string();
  read_section(sweep.root_, "sweep", [&](auto& key) { visit_sweep_keys(key, header); });
  read_section(sweep.root_, "record", [&](auto& key) { visit_record_keys(key, sweep.record_); });
  read_section(sweep.root_, "estimate",
               [&](auto& key) { visit_estimate_keys(key, sweep.estimate_); });
  if (!file_name().holds(header.name)) {
    throw ConfigError("sweep.name = " + Value{header.name, {}}.text(), Source{file, 0, 0},
                      "is the file's name; " + file_name().why + "; set name in [sweep]");
  }
  sweep.name_ = header.name;
  sweep.seed_ = header.seed;
  // A value that an axis replaces must be right too.
  TrialSettings base;
  visit_trial_sections(
      [&](const char* name, auto&& visit) { read_section(sweep.root_, name, visit); }, base);
  sweep.read_axes(table_or_empty(sweep.root_, "grid"));
  sweep.trial(std::vector<std::size_t>(sweep.axes_.size(), 0));
  return sweep;
}

void SweepFile::read_axes(const Value& grid) {
  const std::vector<std::string> allowed = dotted_keys(true);
  for (const Value::Member& member : *grid.as<Value::Table>()) {
    if (!contains(allowed, member.key)) detail::refuse_grid_key(member);
    GridAxis axis{member.key, member.where, detail::axis_values(member)};
    std::set<std::string> seen;
    for (const Value& value : axis.values) {
      if (!seen.insert(to_string(setting_of(read_alone(member.key, value), member.key))).second) {
        throw ConfigError("[grid] names " + member.key + " = " + value.text() + " twice",
                          value.where,
                          "it would be the same trial; repetitions vary \"training.seed\"");
      }
    }
    axes_.push_back(std::move(axis));
  }
}

TrialSettings SweepFile::trial(const std::vector<std::size_t>& choice) const {
  Value root{Value::Table{}, root_.where};
  for (const char* section : {"data", "model", "training"}) {
    root.set(section, table_or_empty(root_, section), root_.where);
  }
  for (std::size_t a = 0; a < axes_.size(); ++a)
    put(root, axes_[a].key, axes_[a].values.at(choice.at(a)));
  return read_trial(root, file_);
}

Source SweepFile::where(const std::string& dotted_key) const {
  for (const GridAxis& axis : axes_) {
    if (axis.key == dotted_key) return axis.where;
  }
  return source_in(root_, file_, dotted_key);
}

Source SweepFile::where(const Noise& noise) const {
  const Value* value = table_or_empty(root_, "estimate").find("sigma2");
  if (value) {
    for (const detail::PlacedNoise& entry : detail::read_noise("estimate.sigma2", *value)) {
      if (entry.noise == noise) return entry.where;
    }
  }
  return where("estimate.sigma2");
}

std::string SweepFile::resolved() const {
  std::string text;
  const auto section = [&](const char* name, auto&& visit) {
    WriteKeys writer;
    visit(writer);
    text += fmt::format("{}[{}]\n{}", text.empty() ? "" : "\n", name, writer.text);
  };
  const SweepHeader header{name_, seed_};
  section("sweep", [&](auto& key) { visit_sweep_keys(key, header); });
  // The base settings are those of the first trial: every axis stands in [grid] all the same.
  const TrialSettings base = trial(std::vector<std::size_t>(axes_.size(), 0));
  visit_trial_sections(section, base);
  section("record", [&](auto& key) { visit_record_keys(key, record_); });
  section("estimate", [&](auto& key) { visit_estimate_keys(key, estimate_); });
  if (!axes_.empty()) {
    text += "\n[grid]\n";
    for (const GridAxis& axis : axes_) {
      text += fmt::format("\"{}\" = {}\n", axis.key, Value{axis.values, {}}.text());
    }
  }
  return text;
}

std::vector<Noise> parse_sigma2(const std::vector<std::string>& words, const std::string& option) {
  Value table{Value::Table{}, {option, 0, 0}};
  Value::Array values;
  for (const std::string& word : words) {
    values.push_back(parse_toml_value(word, {option + " " + word, 0, 0}));
  }
  table.set("sigma2", Value{std::move(values), table.where}, table.where);
  EstimateSettings settings;
  ReadKeys reader("estimate", table);
  visit_estimate_keys(reader, settings);
  return settings.sigma2;
}

}  // namespace infoplane::config
