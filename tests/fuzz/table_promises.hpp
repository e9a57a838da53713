#pragma once

#include <cmath>

#include "data/number_table.hpp"
#include "fuzz/fuzz.hpp"

namespace infoplane::fuzz {

/// What holds of every table that was read, and of what inputs and labels are made of.
inline void check_table(const Table& table, const std::string& place) {
  constexpr std::size_t most_dimensions = 32;  // NumPy's and HDF5's limit
  FUZZ_EXPECT(table.shape.size() <= most_dimensions);
  std::uint64_t count = 1;
  for (const std::int64_t n : table.shape) {
    FUZZ_EXPECT(n >= 0);
    if (__builtin_mul_overflow(count, static_cast<std::uint64_t>(n), &count)) count = 0;
  }
  FUZZ_EXPECT(count == table.values.size());
  if (reads({place}, [&] { expect_inputs(table, place); })) {
    FUZZ_EXPECT(table.shape.size() >= 2 && count > 0);
    for (const double value : table.values) FUZZ_EXPECT(std::isfinite(static_cast<float>(value)));
  }
  if (reads({place}, [&] { expect_labels(table, place); })) {
    FUZZ_EXPECT(table.shape.size() == 1);
    for (const double value : table.values)
      FUZZ_EXPECT(value >= 0 && value < 1e6 && value == std::floor(value));
  }
}

}  // namespace infoplane::fuzz
