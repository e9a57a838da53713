#include "bench/npy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

#include "core/errors.hpp"

namespace infoplane::bench {
namespace {

constexpr char magic[] = "\x93NUMPY\x01";

void write(const std::filesystem::path& path, const char* type, const std::string& shape,
           const void* data, std::size_t bytes) {
  std::string header =
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", type, shape);
  // The data begin at a multiple of 64 bytes; 10 come before the header, its newline after it.
  header.append(63 - (10 + header.size()) % 64, ' ').push_back('\n');
  const auto length = static_cast<std::uint16_t>(header.size());
  std::ofstream file(path, std::ios::binary);
  file.write(magic, 8).write(reinterpret_cast<const char*>(&length), 2);  // magic and its final 0
  file.write(header.data(), static_cast<std::streamsize>(header.size()));
  file.write(static_cast<const char*>(data), static_cast<std::streamsize>(bytes));
  if (!file.flush()) throw InputError(fmt::format("cannot write {}", path.string()));
}

/// Opens a file, checks its type and leaves the stream at its data.
std::vector<std::size_t> read_header(std::ifstream& file, const std::filesystem::path& path,
                                     const std::string& type) {
  const auto refuse = [&](const std::string& why) {
    throw InputError(fmt::format("{} cannot be used: {}", path.string(), why));
  };
  file.open(path, std::ios::binary);
  if (!file) refuse("it cannot be opened");
  char start[8] = {};
  std::uint16_t length = 0;
  file.read(start, 8).read(reinterpret_cast<char*>(&length), 2);
  if (!file || std::memcmp(start, magic, 8) != 0) refuse("not a .npy file of version 1.0");
  std::string header(length, ' ');
  if (!file.read(header.data(), length)) refuse("it ends in its header");
  if (header.find("'" + type + "'") == std::string::npos) {
    refuse(fmt::format("its elements are not {}; its header is {}", type, header));
  }
  if (header.find("'fortran_order': False") == std::string::npos) refuse("it is not in C order");
  const std::size_t open = header.find('(');
  if (open == std::string::npos) refuse("its header has no shape");
  std::istringstream shape(header.substr(open + 1));
  std::vector<std::size_t> extents;
  for (std::size_t extent = 0; shape >> extent; shape.ignore(1, ',')) extents.push_back(extent);
  return extents;
}

void read_data(std::ifstream& file, const std::filesystem::path& path, void* data,
               std::size_t bytes) {
  if (!file.read(static_cast<char*>(data), static_cast<std::streamsize>(bytes))) {
    throw InputError(fmt::format("{} ends before its {} bytes of data", path.string(), bytes));
  }
}

std::size_t rows_to_read(const std::vector<std::size_t>& shape, std::size_t axes, std::size_t rows,
                         const std::filesystem::path& path) {
  if (shape.size() != axes || shape[0] < std::max<std::size_t>(rows, 1)) {
    throw InputError(fmt::format("{} is no array of {} axes with at least {} rows", path.string(),
                                 axes, std::max<std::size_t>(rows, 1)));
  }
  return rows == 0 ? shape[0] : rows;
}

}  // namespace

void write_npy(const std::filesystem::path& path, MatrixView<const float> matrix) {
  write(path, "<f4", fmt::format("{}, {}", matrix.rows(), matrix.cols()), matrix.data(),
        matrix.size() * sizeof(float));
}

void write_npy(const std::filesystem::path& path, const std::vector<std::int32_t>& values) {
  write(path, "<i4", fmt::format("{},", values.size()), values.data(),
        values.size() * sizeof(std::int32_t));
}

Matrix read_npy_matrix(const std::filesystem::path& path, std::size_t rows) {
  std::ifstream file;
  const std::vector<std::size_t> shape = read_header(file, path, "<f4");
  Matrix matrix;
  matrix.rows = rows_to_read(shape, 2, rows, path);
  matrix.cols = shape[1];
  matrix.values.resize(matrix.rows * matrix.cols);
  read_data(file, path, matrix.values.data(), matrix.values.size() * sizeof(float));
  return matrix;
}

std::vector<std::int32_t> read_npy_labels(const std::filesystem::path& path, std::size_t rows) {
  std::ifstream file;
  const std::vector<std::size_t> shape = read_header(file, path, "<i4");
  std::vector<std::int32_t> labels(rows_to_read(shape, 1, rows, path));
  read_data(file, path, labels.data(), labels.size() * sizeof(std::int32_t));
  return labels;
}

}  // namespace infoplane::bench
