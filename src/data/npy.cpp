#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>

#include "core/errors.hpp"
#include "data/table.hpp"

namespace infoplane {
namespace {

constexpr std::uint64_t most_values = std::uint64_t{1} << 34;

/// What the header says of the values: a Python dictionary.
struct Header {
  std::size_t end = 0;  ///< where the values begin
  char kind = 'f';      ///< f, i, u, b
  std::size_t width = 0;
  bool big_endian = false;
  bool column_major = false;
  std::vector<std::int64_t> shape;
};

class HeaderReader {
 public:
  HeaderReader(const std::vector<std::uint8_t>& bytes, const std::string& file)
      : bytes_(bytes), file_(file) {}

  Header read() {
    find_text();
    Header header;
    header.end = end_;
    read_type(header);
    const std::string order = after("'fortran_order'");
    header.column_major = order.compare(0, 4, "True") == 0;
    if (!header.column_major && order.compare(0, 5, "False") != 0)
      refuse("fortran_order is no truth value");
    read_shape(header);
    return header;
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const {
    throw InputError(fmt::format("{} is no .npy file that can be read: {}", file_, why));
  }

  void find_text() {
    constexpr std::uint8_t magic[] = {0x93, 'N', 'U', 'M', 'P', 'Y'};
    if (bytes_.size() < 10 || !std::equal(std::begin(magic), std::end(magic), bytes_.begin()))
      refuse("byte 0 should begin \\x93NUMPY");
    const bool is_short = bytes_[6] == 1;
    if (bytes_[6] < 1 || bytes_[6] > 3)
      refuse(fmt::format("its version {} is not known", bytes_[6]));
    const std::size_t begin = is_short ? 10 : 12;
    if (bytes_.size() < begin) refuse("it ends within its header");
    std::uint64_t length = 0;
    for (std::size_t b = begin; b-- > 8;) length = length << 8U | bytes_[b];
    if (length > bytes_.size() - begin) {
      refuse(fmt::format("its header of {} bytes goes on behind its end at byte {}", length,
                         bytes_.size()));
    }
    end_ = begin + length;
    text_.assign(bytes_.begin() + static_cast<std::ptrdiff_t>(begin),
                 bytes_.begin() + static_cast<std::ptrdiff_t>(end_));
  }

  /// What comes behind "'key':".
  std::string after(const std::string& key) const {
    const std::size_t at = text_.find(key);
    const std::size_t colon = at == std::string::npos ? at : text_.find(':', at);
    if (colon == std::string::npos) refuse("its header has no " + key);
    const std::size_t begin = text_.find_first_not_of(' ', colon + 1);
    return begin == std::string::npos ? "" : text_.substr(begin);
  }

  void read_type(Header& header) const {
    const std::string text = after("'descr'");
    const std::size_t end = text.find('\'', 1);
    const std::string type = text.empty() || text[0] != '\'' || end == std::string::npos
                                 ? text.substr(0, 20)
                                 : text.substr(1, end - 1);
    const bool known =
        type.size() == 3 && std::strchr("<>|=", type[0]) != nullptr &&
        (type.substr(1) == "f4" || type.substr(1) == "f8" || type.substr(1) == "b1" ||
         (std::strchr("iu", type[1]) != nullptr && std::strchr("1248", type[2]) != nullptr));
    if (!known) {
      refuse(
          fmt::format("its values are of type {}; floats of 4 or 8 bytes, whole numbers and "
                      "booleans are read",
                      type));
    }
    header.kind = type[1];
    header.width = static_cast<std::size_t>(type[2] - '0');
    header.big_endian = type[0] == '>';
  }

  void read_shape(Header& header) const {
    const std::string text = after("'shape'");
    const std::size_t end = text.find(')');
    if (text.empty() || text[0] != '(' || end == std::string::npos) refuse("its shape has no end");
    std::uint64_t count = 1;
    for (std::size_t at = 1; at < end;) {
      at = text.find_first_not_of(", ", at);
      if (at == std::string::npos || at >= end) break;
      std::int64_t size = 0;
      const auto [stop, error] = std::from_chars(text.data() + at, text.data() + end, size);
      if (error != std::errc() || size < 0) refuse("its shape is not of whole numbers");
      if (size > 0 && count > most_values / static_cast<std::uint64_t>(size))
        refuse("its shape is larger than any table that fits in memory");
      count *= static_cast<std::uint64_t>(size);
      header.shape.push_back(size);
      at = static_cast<std::size_t>(stop - text.data());
    }
  }

  const std::vector<std::uint8_t>& bytes_;
  const std::string& file_;
  std::string text_;
  std::size_t end_ = 0;
};

template <class T>
double as(const std::uint8_t* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return static_cast<double>(value);
}

double number_at(const std::uint8_t* from, const Header& header) {
  std::uint8_t bytes[8] = {};
  std::copy_n(from, header.width, bytes);
  if (header.big_endian) std::reverse(bytes, bytes + header.width);
  switch (header.kind) {
    case 'f':
      return header.width == 4 ? as<float>(bytes) : as<double>(bytes);
    case 'i':
      if (header.width == 1) return as<std::int8_t>(bytes);
      if (header.width == 2) return as<std::int16_t>(bytes);
      return header.width == 4 ? as<std::int32_t>(bytes) : as<std::int64_t>(bytes);
    case 'b':
      return bytes[0] == 0 ? 0 : 1;
    default:
      if (header.width == 1) return as<std::uint8_t>(bytes);
      if (header.width == 2) return as<std::uint16_t>(bytes);
      return header.width == 4 ? as<std::uint32_t>(bytes) : as<std::uint64_t>(bytes);
  }
}

/// Where value `at` of the file stands in row-major order.
std::size_t row_major(std::size_t at, const std::vector<std::int64_t>& shape) {
  std::size_t place = 0;
  std::size_t stride = 1;
  for (const std::int64_t n : shape) stride *= static_cast<std::size_t>(n);
  for (const std::int64_t n : shape) {
    const auto size = static_cast<std::size_t>(n);
    stride /= size;
    place += at % size * stride;
    at /= size;
  }
  return place;
}

}  // namespace

Table parse_npy(const std::vector<std::uint8_t>& bytes, const std::string& file) {
  const Header header = HeaderReader(bytes, file).read();
  std::size_t count = 1;
  for (const std::int64_t n : header.shape) count *= static_cast<std::size_t>(n);
  const std::size_t there = (bytes.size() - header.end) / header.width;
  if (there != count || (bytes.size() - header.end) % header.width != 0) {
    throw InputError(fmt::format(
        "{} has {} bytes of values from byte {} on where its header says {} values of {} bytes",
        file, bytes.size() - header.end, header.end, count, header.width));
  }
  Table table{header.shape, std::vector<double>(count)};
  for (std::size_t at = 0; at < count; ++at) {
    table.values[header.column_major ? row_major(at, header.shape) : at] =
        number_at(&bytes[header.end + at * header.width], header);
  }
  return table;
}

}  // namespace infoplane
