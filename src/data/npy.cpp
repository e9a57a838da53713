#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string_view>

#include "core/errors.hpp"
#include "data/number_table.hpp"

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
    header.end = begin_ + text_.size();
    read_type(header);
    read_order(header);
    read_shape(header);
    return header;
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const {
    throw InputError(fmt::format("{} is no .npy file that can be read: {}", file_, why));
  }
  /// `at` counts from the header's begin.
  [[noreturn]] void refuse(const std::string& why, std::size_t at) const {
    refuse(fmt::format("{} (byte {})", why, begin_ + at));
  }

  void find_text() {
    constexpr std::uint8_t magic[] = {0x93, 'N', 'U', 'M', 'P', 'Y'};
    if (bytes_.size() < 10 || !std::equal(std::begin(magic), std::end(magic), bytes_.begin()))
      refuse(
          "byte 0 should begin \\x93NUMPY (tables are .npy files, or in HDF5: \"x.h5:/inputs\")");
    const bool is_short = bytes_[6] == 1;
    if (bytes_[6] < 1 || bytes_[6] > 3)
      refuse(fmt::format("its version {} is not known (byte 6)", bytes_[6]));
    begin_ = is_short ? 10 : 12;
    if (bytes_.size() < begin_)
      refuse(fmt::format("it ends within its header at byte {}", bytes_.size()));
    std::uint64_t length = 0;
    for (std::size_t b = begin_; b-- > 8;) length = length << 8U | bytes_[b];
    if (length > bytes_.size() - begin_) {
      refuse(fmt::format("its header of {} bytes goes on behind its end at byte {}", length,
                         bytes_.size()));
    }
    text_ = {reinterpret_cast<const char*>(bytes_.data()) + begin_, length};
  }

  /// Where that begins which comes behind "'key':".
  std::size_t after(const std::string& key) const {
    const std::size_t at = text_.find(key);
    const std::size_t colon = at == std::string_view::npos ? at : text_.find(':', at);
    if (colon == std::string_view::npos) refuse("its header has no " + key, 0);
    return std::min(text_.find_first_not_of(' ', colon + 1), text_.size());
  }

  void read_type(Header& header) const {
    const std::size_t at = after("'descr'");
    const std::string_view text = text_.substr(at);
    const bool quoted = text.size() > 4 && text[0] == '\'' && text[4] == '\'';  // '<f4'
    const std::string_view type = quoted ? text.substr(1, 3) : std::string_view();
    const auto is_one_of = [&](std::size_t place, std::string_view known) {
      return known.find(type[place]) != std::string_view::npos;
    };
    const bool known = quoted && is_one_of(0, "<>|=") &&
                       (type.substr(1) == "f4" || type.substr(1) == "f8" ||
                        type.substr(1) == "b1" || (is_one_of(1, "iu") && is_one_of(2, "1248")));
    if (!known) {
      const std::string shown = printable(quoted ? type : text.substr(0, text.find(',')));
      refuse("its values are of type " + shown +
                 "; floats of 4 or 8 bytes, whole numbers and booleans are read",
             at);
    }
    header.kind = type[1];
    header.width = static_cast<std::size_t>(type[2] - '0');
    header.big_endian = type[0] == '>';
  }

  void read_order(Header& header) const {
    const std::size_t at = after("'fortran_order'");
    header.column_major = text_.substr(at, 4) == "True";
    if (!header.column_major && text_.substr(at, 5) != "False")
      refuse("fortran_order is no truth value", at);
  }

  void read_shape(Header& header) const {
    constexpr std::size_t most_dimensions = 32;  // NumPy's and HDF5's limit
    const std::size_t begin = after("'shape'");
    const std::size_t end = text_.find(')', begin);
    if (text_.substr(begin, 1) != "(" || end == std::string_view::npos)
      refuse("its shape has no end", begin);
    std::uint64_t count = 1;
    for (std::size_t at = begin + 1; at < end;) {
      at = text_.find_first_not_of(", ", at);
      if (at >= end) break;
      std::int64_t size = 0;
      const auto [stop, error] = std::from_chars(text_.data() + at, text_.data() + end, size);
      if (error != std::errc() || size < 0) refuse("its shape is not of whole numbers", at);
      if (header.shape.size() == most_dimensions)
        refuse(fmt::format("its shape has more than {} dimensions", most_dimensions), at);
      if (size > 0 && count > most_values / static_cast<std::uint64_t>(size))
        refuse("its shape is larger than any table that fits in memory", at);
      count *= static_cast<std::uint64_t>(size);
      header.shape.push_back(size);
      at = static_cast<std::size_t>(stop - text_.data());
    }
  }

  /// For messages: what a header holds may be anything.
  static std::string printable(std::string_view text) {
    std::string shown(text.substr(0, 20));
    for (char& letter : shown) letter = letter < ' ' || letter > '~' ? '?' : letter;
    return shown;
  }

  const std::vector<std::uint8_t>& bytes_;
  const std::string& file_;
  std::size_t begin_ = 0;
  std::string_view text_;
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
