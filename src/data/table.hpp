#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/dataset.hpp"

namespace infoplane {

/// Numbers of a file of the user's, row-major.
struct Table {
  std::vector<std::int64_t> shape;
  std::vector<double> values;
};

/// Parses NumPy's format (NEP 1): versions 1 to 3, C or Fortran order, numbers of 1 to 8 bytes or
/// booleans, either byte order. Throws InputError that names `file` and what is wrong at which
/// byte.
Table parse_npy(const std::vector<std::uint8_t>& bytes, const std::string& file);

/// Reads "x.npy", or "x.h5:/a/dataset". Throws InputError.
Table read_table(const std::string& place);

/// The data set "file": data.inputs [row][...] and data.labels [row], whole numbers from 0. Their
/// files are looked for in data.root, then where the program was started. Throws InputError with
/// file and row.
Dataset load_file(const DataSettings& settings, const DataPlaces& places, std::uint64_t row_seed);

}  // namespace infoplane
