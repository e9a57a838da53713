#include <fmt/format.h>

#include <functional>

#include "config/check_keys.hpp"
#include "config/schema.hpp"
#include "config/sections.hpp"

// The sweep as it is executed.

namespace infoplane::config {

using detail::WriteKeys;

/// The settings that the resolved sweep starts from: what an axis over one key replaces in every
/// trial has the first value there, and what tables replace is left as the file has it.
TrialSettings SweepFile::base_settings() const {
  Value root{Value::Table{}, root_.where};
  for (const char* section : {"data", "model", "training"})
    root.set(section, detail::table_or_empty(root_, section), root_.where);
  for (const GridAxis& axis : axes_) {
    if (!axis.is_over_tables()) detail::put(root, axis.key, axis.values[0]);
  }
  return detail::read_sections(root);
}

bool SweepFile::grid_sets(const std::string& dotted_key) const {
  for (const GridAxis& axis : axes_) {
    if (axis.key == dotted_key) return true;
    if (axis.key != detail::section_of(dotted_key)) continue;
    for (const Value& table : axis.values) {
      if (table.find(dotted_key.substr(axis.key.size() + 1))) return true;
    }
  }
  return false;
}

std::string SweepFile::resolved() const {
  std::string text;
  const detail::Choices choices(root_, axes_);
  const bool kinds_vary = grid_sets("model.kind");
  const auto section = [&](const std::string& name, auto&& visit) {
    WriteKeys writer;
    // The defaults of a model follow from its kind: spelt out, those of one would hold for all.
    const bool only_written = name == "model" && kinds_vary;
    writer.wanted = [&](const std::string& key) {
      const std::string dotted = name + "." + key;
      if (dotted == "sweep.shard" && shard_.is_whole()) return false;
      if (only_written && (!detail::find_key(root_, dotted) || is_axis(dotted))) return false;
      return choices.use(dotted);
    };
    visit(writer);
    text += fmt::format(
        "{}[{}]\n{}{}", text.empty() ? "" : "\n", name,
        only_written ? "# [grid] sets the kind: all else is the default of a trial's kind\n" : "",
        writer.text);
    if (name == "data" && !places_.root.empty()) {
      text += fmt::format("root = {}\n", detail::toml_text(places_.root));
    }
  };
  const SweepHeader header{name_, seed_, to_string(shard_)};
  section("sweep", [&](auto& key) { visit_sweep_keys(key, header); });
  const TrialSettings base = base_settings();
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

}  // namespace infoplane::config
