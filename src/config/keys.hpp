#pragma once

#include <string>
#include <vector>

#include "config/value.hpp"

// The names of sections and keys, as config/schema.hpp lists them. Internal to the room.

namespace infoplane::config::detail {

struct Section {
  std::string name;
  std::vector<std::string> keys;
  std::vector<std::string> training_keys;  ///< those that a grid may vary
};

const std::vector<Section>& sections();
/// nullptr when there is none of this name.
const Section* find_section(const std::string& name);
/// "section.key" of all sections, or of those a grid may vary.
std::vector<std::string> dotted_keys(bool only_training);

bool contains(const std::vector<std::string>& words, const std::string& word);

/// "did you mean "x"? " when something is near; a bare "epochs" is near every "section.epochs".
std::string suggestion(const std::string& word, const std::vector<std::string>& candidates);

/// Throws ConfigError for a key of a table that its section does not have.
void refuse_unknown_keys(const Value& table, const Section& section);

/// The reason for refusing a dotted key that no section has: the nearest keys, then the keys of its
/// section, or how keys are written where it names no section.
std::string unknown_key_hint(const std::string& dotted_key, bool only_training);

/// Throws ConfigError for a table or key of the document that no section has. What stands in [grid]
/// is not looked at.
void refuse_unknown_keys(const Value& root);

}  // namespace infoplane::config::detail
