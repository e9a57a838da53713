#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace infoplane {

/// The words by which the values of an enum appear in sweep files, in the order of the values.
/// Specialise with `static constexpr std::array<std::string_view, n> names`.
template <class Enum>
struct EnumNames;

template <class Enum>
std::string name_of(Enum value) {
  return std::string(EnumNames<Enum>::names[static_cast<std::size_t>(value)]);
}

template <class Enum>
std::optional<Enum> enum_from_name(std::string_view name) {
  const auto& names = EnumNames<Enum>::names;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

template <class Enum>
std::vector<std::string> enum_words() {
  return {EnumNames<Enum>::names.begin(), EnumNames<Enum>::names.end()};
}

}  // namespace infoplane
