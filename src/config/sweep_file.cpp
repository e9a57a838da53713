#include "config/sweep_file.hpp"

#include <algorithm>
#include <filesystem>

#include "config/check_keys.hpp"
#include "config/grid.hpp"
#include "config/keys.hpp"
#include "config/overrides.hpp"
#include "config/parse_toml.hpp"
#include "config/schema.hpp"
#include "config/sections.hpp"

namespace infoplane::config {
using detail::put;
using detail::read_section;
using detail::section_of;
using detail::table_or_empty;

SweepFile SweepFile::parse(std::string_view text, const std::string& file,
                           const std::vector<std::string>& overrides) {
  SweepFile sweep;
  sweep.file_ = file;
  sweep.root_ = parse_toml(text, file);
  detail::refuse_unknown_keys(sweep.root_);
  detail::normalise_grid(sweep.root_);
  for (const std::string& override_text : overrides) {
    detail::apply_override(sweep.root_, override_text);
  }

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
  sweep.shard_ = shard_from_text(header.shard).value();
  read_section(sweep.root_, "data", [&](auto& key) { visit_place_keys(key, sweep.places_); });
  detail::read_sections(sweep.root_);  // a value that an axis replaces must be right too
  sweep.read_axes(table_or_empty(sweep.root_, "grid"));
  detail::Choices(sweep.root_, sweep.axes_).refuse_unused_keys();
  sweep.trial(std::vector<std::size_t>(sweep.axes_.size(), 0));
  return sweep;
}

void SweepFile::read_axes(const Value& grid) {
  for (const Value::Member& member : *grid.as<Value::Table>())
    axes_.push_back(detail::read_axis(member, root_));
  detail::refuse_shared_keys(axes_);
}

bool SweepFile::is_axis(const std::string& key) const {
  return std::any_of(axes_.begin(), axes_.end(),
                     [&](const GridAxis& axis) { return axis.key == key; });
}

TrialSettings SweepFile::trial(const std::vector<std::size_t>& choice) const {
  Value root{Value::Table{}, root_.where};
  for (const char* section : {"data", "model", "training"})
    root.set(section, table_or_empty(root_, section), root_.where);
  for (std::size_t a = 0; a < axes_.size(); ++a)
    put(root, axes_[a].key, axes_[a].values.at(choice.at(a)));
  const TrialSettings trial = detail::read_sections(root);
  detail::refuse_wrong_trial(trial, root, file_);
  return trial;
}

Source SweepFile::where(const std::string& dotted_key) const {
  for (const GridAxis& axis : axes_) {
    if (axis.key == dotted_key) return axis.where;
    if (axis.key != section_of(dotted_key)) continue;
    for (const Value& table : axis.values) {
      const Value* value = table.find(dotted_key.substr(axis.key.size() + 1));
      if (value) return value->where;
    }
  }
  return detail::source_in(root_, file_, dotted_key);
}

Source SweepFile::where(const std::string& dotted_key, const TrialSettings& trial) const {
  const Setting wanted = setting_of(trial, dotted_key);
  for (const GridAxis& axis : axes_) {
    const bool is_over_tables = axis.key == section_of(dotted_key);
    if (!is_over_tables && axis.key != dotted_key) continue;
    for (const Value& entry : axis.values) {
      const Value* value =
          is_over_tables ? entry.find(dotted_key.substr(axis.key.size() + 1)) : &entry;
      if (value == nullptr) continue;
      Value root{Value::Table{}, value->where};
      put(root, "model.kind", Value{trial.model.kind, {}});
      put(root, dotted_key, *value);
      if (setting_of(detail::read_sections(root), dotted_key) == wanted) return value->where;
    }
  }
  return detail::source_in(root_, file_, dotted_key);
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

std::vector<Noise> parse_sigma2(const std::vector<std::string>& words, const std::string& option) {
  Value table{Value::Table{}, {option, 0, 0}};
  Value::Array values;
  for (const std::string& word : words) {
    values.push_back(parse_toml_value(word, {option + " " + word, 0, 0}));
  }
  table.set("sigma2", Value{std::move(values), table.where}, table.where);
  EstimateSettings settings;
  detail::ReadKeys reader("estimate", table);
  visit_estimate_keys(reader, settings);
  return settings.sigma2;
}

}  // namespace infoplane::config
