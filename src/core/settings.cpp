#include "core/settings.hpp"

#include <fmt/format.h>

namespace infoplane {

std::string to_string(const Setting& setting) {
  return std::visit([](const auto& value) { return fmt::format("{}", value); }, setting);
}

}  // namespace infoplane
