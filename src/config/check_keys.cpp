#include "config/check_keys.hpp"

#include <algorithm>

#include "config/goes_with.hpp"
#include "config/keys.hpp"
#include "config/sections.hpp"

namespace infoplane::config::detail {
namespace {

std::string last_word(const std::string& dotted_key) {
  return dotted_key.substr(dotted_key.find('.') + 1);
}

std::string goes_with_text(const GoesWith& rule, const std::vector<std::string>& words) {
  return "goes with " + rule.text() + "; here " + last_word(rule.selector) + " is " +
         quoted_choices(words);
}

}  // namespace

Choices::Choices(const Value& root, const std::vector<GridAxis>& axes)
    : root_(root), axes_(axes), base_(read_sections(root)) {}

/// With a table: in those trials that the table belongs to.
std::vector<std::string> Choices::words(const std::string& selector, const Value* table) const {
  const auto word_in = [&](const Value& one) {
    const Value* value = one.find(last_word(selector));
    return value ? *value->as<std::string>() : to_string(setting_of(base_, selector));
  };
  std::vector<std::string> words{to_string(setting_of(base_, selector))};
  for (const GridAxis& axis : axes_) {
    if (axis.key == selector) {
      words.clear();
      for (const Setting& label : axis.labels) words.push_back(to_string(label));
      return words;
    }
    if (axis.key != section_of(selector)) continue;
    words.clear();
    for (const Value& each : axis.values) {
      if (table != nullptr && table != &each) continue;
      const std::string word = word_in(each);
      if (!contains(words, word)) words.push_back(word);
    }
  }
  return words;
}

bool Choices::use(const std::string& dotted_key) const {
  const GoesWith* rule = rule_of(dotted_key);
  if (rule == nullptr) return true;
  const std::vector<std::string> found = words(rule->selector, nullptr);
  return std::any_of(found.begin(), found.end(),
                     [&](const std::string& word) { return rule->allows(word); });
}

void Choices::refuse_unused(const std::string& dotted_key, const Value& value,
                            const Value* table) const {
  const GoesWith* rule = rule_of(dotted_key);
  if (rule == nullptr) return;
  const std::vector<std::string> found = words(rule->selector, table);
  if (std::any_of(found.begin(), found.end(),
                  [&](const std::string& word) { return rule->allows(word); })) {
    return;
  }
  throw ConfigError(dotted_key + " = " + value.text(), value.where, goes_with_text(*rule, found));
}

void Choices::refuse_unused_keys() const {
  for (const Section& section : sections()) {
    if (section.training_keys.empty()) continue;
    for (const Value::Member& member : *table_or_empty(root_, section.name).as<Value::Table>())
      refuse_unused(section.name + "." + member.key, member.value, nullptr);
  }
  for (const GridAxis& axis : axes_) {
    if (!axis.is_over_tables()) {
      refuse_unused(axis.key, axis.values[0], nullptr);
      continue;
    }
    for (const Value& table : axis.values) {
      for (const Value::Member& member : *table.as<Value::Table>())
        refuse_unused(axis.key + "." + member.key, member.value, &table);
    }
  }
}

void refuse_wrong_trial(const TrialSettings& trial, const Value& root, const std::string& file) {
  for (const GoesWith& rule : goes_with()) {
    const std::string word = to_string(setting_of(trial, rule.selector));
    const std::string name = last_word(rule.selector);
    if (!rule.value.empty() && to_string(setting_of(trial, rule.key)) == rule.value &&
        !rule.allows(word)) {
      throw ConfigError(rule.key + " = \"" + rule.value + "\"", source_in(root, file, rule.key),
                        goes_with_text(rule, {word}));
    }
    if (rule.presence == GoesWith::Presence::required && contains(rule.words, word) &&
        to_string(setting_of(trial, rule.key)).empty()) {
      throw ConfigError(rule.key + " is missing", source_in(root, file, rule.selector),
                        name + " = \"" + word + "\" needs it");
    }
  }
  const DataSettings& data = trial.data;
  if (trial.training.patience > 0 && data.validation_rows == 0 && data.validation_fraction == 0 &&
      data.split.kind != SplitKind::planetoid) {
    throw ConfigError("training.patience = " + std::to_string(trial.training.patience),
                      source_in(root, file, "training.patience"),
                      "stops by the validation loss: needs data.validation_rows, "
                      "data.validation_fraction or split = \"planetoid\"");
  }
}

}  // namespace infoplane::config::detail
