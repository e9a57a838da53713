#include "data/idx.hpp"

#include <algorithm>

#include "fuzz/fuzz.hpp"

namespace {

using namespace infoplane;

void check(const std::vector<std::uint8_t>& bytes, std::size_t dimensions) {
  IdxBytes idx;
  if (!fuzz::reads({"x.idx"}, [&] { idx = parse_idx(bytes, dimensions, "x.idx"); })) return;
  FUZZ_EXPECT(idx.shape.size() == dimensions);
  std::uint64_t count = 1;
  for (const std::int64_t n : idx.shape) {
    FUZZ_EXPECT(n >= 0 && n < std::int64_t{1} << 32U);
    if (__builtin_mul_overflow(count, static_cast<std::uint64_t>(n), &count)) count = 0;
  }
  FUZZ_EXPECT(count == idx.values.size());
  FUZZ_EXPECT(std::equal(idx.values.rbegin(), idx.values.rend(), bytes.rbegin()));
  if (fuzz::reads({"x.idx"}, [&] { expect_below(idx, 10, "x.idx"); })) {
    for (const std::uint8_t label : idx.values) FUZZ_EXPECT(label < 10);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<std::uint8_t> bytes(data, data + size);
  check(bytes, 1);
  check(bytes, 3);
  return 0;
}
