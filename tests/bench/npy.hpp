#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "core/matrix_view.hpp"

namespace infoplane::bench {

/// A matrix read from a file, row-major.
struct Matrix {
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::vector<float> values;

  MatrixView<const float> view() const { return {values.data(), rows, cols}; }
};

/// NumPy's .npy files, version 1.0, little-endian, C order: what Python and C++ hand each other
/// here. Other element types than the one named are refused with InputError, as is a file that
/// ends early.
void write_npy(const std::filesystem::path& path, MatrixView<const float> matrix);
void write_npy(const std::filesystem::path& path, const std::vector<std::int32_t>& values);
/// At most `rows` of the first rows; 0 means all.
Matrix read_npy_matrix(const std::filesystem::path& path, std::size_t rows = 0);
std::vector<std::int32_t> read_npy_labels(const std::filesystem::path& path, std::size_t rows = 0);

}  // namespace infoplane::bench
