#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

// Tables of the user's before LibTorch has them. Internal to the room.

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

/// Reads a dataset of whole numbers or floats of an HDF5 file. Throws InputError.
Table read_hdf5(const std::string& file, const std::string& dataset);

/// Reads "x.npy", or "x.h5:/a/dataset". Throws InputError.
Table read_table(const std::string& place);

/// Where the file's name ends in a place that names a dataset, "x.h5:/inputs"; else npos.
std::size_t colon_of(const std::string& place);

/// Throws InputError with row and position unless the table is [row][...], not empty, and every
/// number of it is finite as a float.
void expect_inputs(const Table& table, const std::string& place);

/// Throws InputError with the row unless the table is [row] of whole numbers from 0.
void expect_labels(const Table& table, const std::string& place);

}  // namespace infoplane
