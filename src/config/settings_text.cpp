#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "config/goes_with.hpp"
#include "config/keys.hpp"
#include "config/read_settings.hpp"
#include "config/schema.hpp"
#include "config/sweep_file.hpp"
#include "core/text.hpp"

// Settings as text and single values: trial identity, coordinates, help.

namespace infoplane::config {

using detail::WriteKeys;

std::string canonical_text(const TrialSettings& settings) {
  std::string text;
  visit_trial_sections(
      [&](const std::string& name, auto&& visit) {
        WriteKeys writer{name + "."};
        writer.wanted = [&](const std::string& key) {
          return detail::uses_key(settings, name + "." + key);
        };
        visit(writer);
        text += writer.text;
      },
      settings);
  return text;
}

namespace {

/// Finds the field of one key and keeps it as a Setting.
struct GetSetting {
  std::string wanted;
  Setting result;

  template <class Field, class T>
  void operator()(const char* name, const Field& field, const Check<T>&, const char*) {
    if (name == wanted) result = setting(field);
  }
  static Setting setting(double value) { return value; }
  static Setting setting(std::int64_t value) { return value; }
  static Setting setting(bool value) { return std::string(value ? "true" : "false"); }
  static Setting setting(const std::string& value) { return value; }
  static Setting setting(const SplitRule& value) { return to_string(value); }
  template <class Enum, class = std::enable_if_t<std::is_enum_v<Enum>>>
  static Setting setting(Enum value) {
    return name_of(value);
  }
  static Setting setting(const std::vector<std::int64_t>& values) {
    return fmt::format("{}", fmt::join(values, "-"));
  }
  static Setting setting(const std::vector<std::string>& values) { return join(values, "; "); }
};

}  // namespace

Setting setting_of(const TrialSettings& settings, const std::string& dotted_key) {
  const std::size_t dot = dotted_key.find('.');
  GetSetting get{dotted_key.substr(dot + 1), std::string()};
  visit_trial_sections(
      [&](const std::string& name, auto&& visit) {
        if (name == dotted_key.substr(0, dot)) visit(get);
      },
      settings);
  return get.result;
}

namespace {

struct KeyLine {
  std::string key;
  std::string line;
};

/// A rule's group in --help has keys that go with few choices.
bool is_grouped(const detail::GoesWith* rule) {
  return rule != nullptr && rule->words.size() <= detail::most_choices_of_a_group;
}

/// What the table of config/goes_with.hpp says of a key that stands in no group.
std::string restrictions(const std::string& key) {
  const detail::GoesWith* rule = detail::rule_of(key);
  std::string text = rule == nullptr || is_grouped(rule) ? "" : "; goes with " + rule->text();
  for (const detail::GoesWith& each : detail::goes_with()) {
    if (each.key == key && !each.value.empty())
      text += "; " + each.value + " goes with " + each.text();
  }
  return text;
}

/// A line for each key: its default, its words, what it means.
struct DescribeKeys {
  std::string section;
  std::vector<KeyLine> lines = {};
  template <class Field, class T>
  void operator()(const char* name, const Field& field, const Check<T>&, const char* meaning) {
    std::string words;
    if constexpr (std::is_enum_v<T>) words = join(enum_words<T>(), " | ");
    if (*meaning != '\0') words += (words.empty() ? "" : "; ") + std::string(meaning);
    words += restrictions(section + "." + name);
    const std::string setting = fmt::format("{} = {}", name, detail::toml_text(field));
    lines.push_back({name, fmt::format("  {:<31}  {}\n", setting, words)});
  }
};

/// What keys that go with one kind of model are described with: each has the default of its kind.
ModelSettings described_model() {
  ModelSettings model;
  model.channels = default_model("lenet").channels;
  model.kernel = default_model("lenet").kernel;
  model.cell = default_model("rnn").cell;
  model.heads = default_model("gat").heads;
  return model;
}

/// What a kind of model has by default and "fcn" has not.
std::string kind_defaults(const std::string& kind) {
  TrialSettings trial;
  trial.model = default_model(kind);
  const TrialSettings fcn;
  std::vector<std::string> words;
  WriteKeys writer;
  writer.wanted = [&](const std::string& name) {
    const std::string key = "model." + name;
    return name != "kind" && !is_grouped(detail::rule_of(key)) && detail::uses_key(trial, key) &&
           setting_of(trial, key) != setting_of(fcn, key);
  };
  visit_model_keys(writer, trial.model);
  for (std::size_t at = 0; at < writer.text.size();) {
    const std::size_t end = writer.text.find('\n', at);
    words.push_back(writer.text.substr(at, end - at));
    at = end + 1;
  }
  return words.empty() ? "" : fmt::format("  {:<6}  {}\n", kind, join(words));
}

/// The lines of a section: first what always counts, then what goes with some choice.
std::string grouped(const std::string& section, const std::vector<KeyLine>& lines) {
  std::string always;
  std::vector<std::pair<std::string, std::string>> groups;
  for (const KeyLine& line : lines) {
    const detail::GoesWith* rule = detail::rule_of(section + "." + line.key);
    if (!is_grouped(rule)) {
      always += line.line;
      continue;
    }
    auto group = std::find_if(groups.begin(), groups.end(),
                              [&](const auto& each) { return each.first == rule->text(); });
    if (group == groups.end()) group = groups.insert(groups.end(), {rule->text(), ""});
    group->second += line.line;
  }
  for (const auto& [choice, text] : groups) always += " with " + choice + ":\n" + text;
  return always;
}

}  // namespace

std::string describe_keys() {
  std::string text;
  const auto section = [&](const std::string& name, auto&& visit) {
    DescribeKeys describe{name};
    visit(describe);
    text += fmt::format("[{}]\n{}", name, grouped(name, describe.lines));
  };
  const SweepHeader header{"FILE", 1, "1/1"};
  TrialSettings trial;
  trial.model = described_model();
  const DataPlaces places;
  const RecordSettings record;
  const EstimateSettings estimate;
  section("sweep", [&](auto& key) { visit_sweep_keys(key, header); });
  visit_trial_sections(
      [&](const std::string& name, auto&& visit) {
        section(name, [&](auto& key) {
          visit(key);
          if (name == "data") visit_place_keys(key, places);
        });
        if (name != "model") return;
        text += " defaults of the other kinds, where they differ:\n";
        for (const std::string& kind : built_in_models()) text += kind_defaults(kind);
      },
      std::as_const(trial));
  section("record", [&](auto& key) { visit_record_keys(key, record); });
  section("estimate", [&](auto& key) { visit_estimate_keys(key, estimate); });
  text +=
      "[grid]                             the trials are the product of its lines\n"
      "  \"section.key\" = [a, b, ...]      any key of [data], [model], [training]\n"
      "  model = [{ kind = \"fcn\" }, { kind = \"gcn\", hidden = [16] }]\n"
      "                                   tables, each on top of its section; also data, "
      "training\n"
      "  \"training.seed\" = { from = 1, to = 5 }\n"
      "                                   whole numbers, also with step\n";
  return text;
}

}  // namespace infoplane::config
