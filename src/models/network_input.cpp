#include "models/network_input.hpp"

#include <fmt/format.h>

#include "core/errors.hpp"

namespace infoplane {

std::int64_t NetworkInput::features() const {
  std::int64_t product = 1;
  for (const std::int64_t n : shape) product *= n;
  return product;
}

void refuse_input(const NetworkInput& input, const std::string& needs) {
  throw UsageError(fmt::format("it needs {}, and a row of {} is {}", needs, input.data,
                               fmt::join(input.shape, " x ")));
}

}  // namespace infoplane
