#include <zlib.h>

#include <algorithm>

#include "data/locations.hpp"
#include "fuzz/fuzz.hpp"

namespace {

using namespace infoplane;

/// The first archive of the bytes, unpacked; whether it is whole and its checksum right.
bool unpack(const std::uint8_t* data, std::size_t size, std::vector<std::uint8_t>& unpacked) {
  unpacked.resize(1100 * size);  // deflate makes no more of it
  z_stream stream{};
  stream.next_in = const_cast<std::uint8_t*>(data);
  stream.avail_in = static_cast<unsigned>(size);
  stream.next_out = unpacked.data();
  stream.avail_out = static_cast<unsigned>(unpacked.size());
  constexpr int gzip_only = 16 + MAX_WBITS;
  if (inflateInit2(&stream, gzip_only) != Z_OK) fuzz::broken("zlib");
  const bool whole = inflate(&stream, Z_FINISH) == Z_STREAM_END;
  unpacked.resize(stream.total_out);
  inflateEnd(&stream);
  return whole;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzz::InputFile file;
  file.put(data, size);
  std::vector<std::uint8_t> bytes;
  const bool read = fuzz::reads({file.path()}, [&] { bytes = read_bytes(file.path()); });
  if (size < 2 || data[0] != 0x1f || data[1] != 0x8b) {
    FUZZ_EXPECT(read);
    FUZZ_EXPECT(std::equal(bytes.begin(), bytes.end(), data, data + size));
    return 0;
  }
  std::vector<std::uint8_t> first;
  if (read) {
    FUZZ_EXPECT(unpack(data, size, first));
    FUZZ_EXPECT(first.size() <= bytes.size());
    FUZZ_EXPECT(std::equal(first.begin(), first.end(), bytes.begin()));
  }
  return 0;
}
