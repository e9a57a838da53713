#include <fmt/format.h>

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
        WriteKeys writer{name + ".", ""};
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

struct DescribeKeys {
  std::string text;
  template <class Field, class T>
  void operator()(const char* name, const Field& field, const Check<T>&, const char* meaning) {
    std::string words;
    if constexpr (std::is_enum_v<T>) words = join(enum_words<T>(), " | ");
    if (*meaning != '\0') words += (words.empty() ? "" : "; ") + std::string(meaning);
    text += fmt::format("  {:<34}  {}\n", fmt::format("{} = {}", name, detail::toml_text(field)),
                        words);
  }
};

}  // namespace

std::string describe_keys() {
  std::string text;
  const auto section = [&](const char* name, auto&& visit) {
    DescribeKeys describe;
    visit(describe);
    text += fmt::format("[{}]\n{}", name, describe.text);
  };
  const SweepHeader header{"FILE", 1};
  const TrialSettings trial;
  const RecordSettings record;
  const EstimateSettings estimate;
  section("sweep", [&](auto& key) { visit_sweep_keys(key, header); });
  visit_trial_sections(section, trial);
  section("record", [&](auto& key) { visit_record_keys(key, record); });
  section("estimate", [&](auto& key) { visit_estimate_keys(key, estimate); });
  text +=
      "[grid]\n"
      "  \"section.key\" = [a, b, ...]         any key of [data], [model], [training]; the trials "
      "are the product\n"
      "  \"training.seed\" = { from = 1, to = 5 }\n"
      "                                      whole numbers, also with step\n";
  return text;
}

}  // namespace infoplane::config
