#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace infoplane {

/// An IDX file of bytes: LeCun's format for MNIST.
struct IdxBytes {
  std::vector<std::int64_t> shape;
  std::vector<std::uint8_t> values;
};

/// Parses IDX: two zero bytes, type 8 (unsigned byte), the number of dimensions, each dimension as
/// 32 bits big-endian, the values. `dimensions` is what belongs there. Throws InputError that names
/// `file` and the byte.
IdxBytes parse_idx(std::vector<std::uint8_t> bytes, std::size_t dimensions,
                   const std::string& file);

/// Throws InputError with the byte unless every value is below `classes`: labels.
void expect_below(const IdxBytes& labels, std::uint8_t classes, const std::string& file);

}  // namespace infoplane
