#pragma once

#include <string>
#include <utility>

#include "config/read_settings.hpp"
#include "config/value.hpp"
#include "core/settings.hpp"

// The sections of a parsed sweep file, and trial settings read from them. Internal to the room.

namespace infoplane::config::detail {

/// The table of this name, or an empty one.
const Value& table_or_empty(const Value& root, const std::string& name);

/// The value of a dotted key; nullptr when it is not written.
const Value* find_key(const Value& root, const std::string& dotted_key);

/// Where a dotted key was written; the file itself when it is not.
Source source_in(const Value& root, const std::string& file, const std::string& dotted_key);

/// Writes one key into its section, or each key of a table into the section "data", "model" or
/// "training": what an axis of the grid does.
void put(Value& root, const std::string& key, const Value& value);

/// "model" of "model.kind", and of "model" itself.
std::string section_of(const std::string& key);

template <class Visit>
void read_section(const Value& root, const std::string& name, Visit&& visit) {
  ReadKeys reader(name, table_or_empty(root, name));
  visit(reader);
}

/// What stands in [data], [model] and [training], on top of the defaults of the kind of model. Each
/// value is checked by itself.
TrialSettings read_sections(const Value& root);

}  // namespace infoplane::config::detail
