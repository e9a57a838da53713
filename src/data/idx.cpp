#include "data/idx.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/errors.hpp"

namespace infoplane {

IdxBytes parse_idx(std::vector<std::uint8_t> bytes, std::size_t dimensions,
                   const std::string& file) {
  const std::size_t header = 4 + 4 * dimensions;
  if (bytes.size() < 4 || bytes[0] != 0 || bytes[1] != 0 || bytes[2] != 8 ||
      bytes[3] != dimensions) {
    throw InputError(fmt::format(
        "{} is no IDX file of {} dimensions: byte 0 should begin 00 00 08 {:02x}, and is {:02x}",
        file, dimensions, dimensions,
        fmt::join(
            bytes.begin(),
            bytes.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(bytes.size(), 4)),
            " ")));
  }
  if (bytes.size() < header) {
    throw InputError(
        fmt::format("{} ends at byte {} within its header of {}", file, bytes.size(), header));
  }
  IdxBytes idx;
  std::uint64_t count = 1;
  for (std::size_t d = 0; d < dimensions; ++d) {
    std::uint64_t extent = 0;
    for (std::size_t k = 0; k < 4; ++k) extent = extent << 8U | bytes[4 + 4 * d + k];
    idx.shape.push_back(static_cast<std::int64_t>(extent));
    // No file is that long, and the product must not wrap round.
    count = extent != 0 && count > (std::uint64_t{1} << 40) / extent ? std::uint64_t{1} << 40
                                                                     : count * extent;
  }
  if (bytes.size() - header != count) {
    throw InputError(fmt::format("{} has {} values from byte {} on where its header says {}", file,
                                 bytes.size() - header, header, fmt::join(idx.shape, " x ")));
  }
  bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(header));
  idx.values = std::move(bytes);
  return idx;
}

void expect_below(const IdxBytes& labels, std::uint8_t classes, const std::string& file) {
  const auto wrong = std::find_if(labels.values.begin(), labels.values.end(),
                                  [&](std::uint8_t label) { return label >= classes; });
  if (wrong == labels.values.end()) return;
  const auto header = static_cast<std::ptrdiff_t>(4 + 4 * labels.shape.size());
  throw InputError(fmt::format("{} has the label {} at byte {}: it must be below {}", file, *wrong,
                               header + (wrong - labels.values.begin()), classes));
}

}  // namespace infoplane
