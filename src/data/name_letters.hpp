#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace infoplane {

/// The 57 letters of the character-level tutorial of PyTorch: a-z A-Z and " .,;'".
constexpr std::string_view name_alphabet =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ .,;'";

/// The names of one language, one a line, as letters of the alphabet: accents are taken off
/// (Unicode's canonical decomposition without its marks), other characters are left out; a name of
/// which nothing is left is left out too. Throws InputError with file and line where the text is no
/// UTF-8, or when there is no name.
std::vector<std::string> parse_names(std::string_view text, const std::string& file);

}  // namespace infoplane
