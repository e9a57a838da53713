#include "core/errors.hpp"

#include <fmt/format.h>

namespace infoplane::detail {

void promise_broken(const char* condition, const char* file, int line) {
  throw InternalError(fmt::format("promise broken: {} at {}:{}", condition, file, line));
}

}  // namespace infoplane::detail
