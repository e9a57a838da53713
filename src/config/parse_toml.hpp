#pragma once

#include <string>
#include <string_view>

#include "config/value.hpp"

namespace infoplane::config {

/// Parses a TOML document; `file` is how errors name it. Throws ConfigError where it is not TOML.
Value parse_toml(std::string_view text, const std::string& file);

/// Parses the right side of a `--set key=value`. What is not TOML by itself is taken as a string,
/// so that `--set model.activation=relu` needs no quotes within quotes; but ".5" and "5." as
/// numbers. Throws ConfigError for a list or table that is not TOML.
Value parse_toml_value(std::string_view text, const Source& where);

}  // namespace infoplane::config
