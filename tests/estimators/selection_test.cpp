#include "estimators/detail/selection.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

#include "core/random.hpp"
#include "estimators/snapshot.hpp"

namespace infoplane::test {
namespace {

using detail::Selection;

/// Different keys, many of which have the upper half in common, as equal values do.
std::vector<std::uint64_t> random_keys(std::size_t size, RandomStream& random) {
  std::vector<std::uint64_t> keys(size);
  const std::uint64_t values = 1 + random.below(2 * size);
  for (std::size_t i = 0; i < size; ++i)
    keys[i] = (0x7FFFFFFF + random.below(values)) << 32 | i;  // on both sides of the highest bit
  return keys;
}

void expect_selected(const std::vector<std::uint64_t>& given, std::size_t smallest,
                     Selection& select) {
  SCOPED_TRACE(testing::Message() << smallest << " of " << given.size());
  std::vector<std::uint64_t> keys = given;
  select(keys, smallest);
  std::vector<std::uint64_t> sorted = given;
  std::sort(sorted.begin(), sorted.end());
  const auto middle = static_cast<std::ptrdiff_t>(smallest);
  std::sort(keys.begin(), keys.begin() + middle);
  std::sort(keys.begin() + middle, keys.end());
  EXPECT_EQ(keys, sorted);
}

TEST(Selection, MovesTheSmallestToTheFront) {
  const std::uint64_t seed = 1;
  SCOPED_TRACE(seed_text(seed));
  RandomStream random(seed);
  Selection select;
  for (const std::size_t size : {6000, 1, 2, 15, 16, 17, 18, 32, 33, 64, 255, 256, 257, 1000}) {
    for (int draw = 0; draw < 20; ++draw) {
      const std::vector<std::uint64_t> keys = random_keys(size, random);
      const std::size_t smallest = draw == 0   ? 0
                                   : draw == 1 ? size
                                   : draw < 8  ? size / 2
                                               : random.below(size + 1);
      expect_selected(keys, smallest, select);
    }
  }
}

TEST(Selection, KeysInAnyOrder) {
  Selection select;
  std::vector<std::uint64_t> keys(3000);
  std::iota(keys.begin(), keys.end(), std::uint64_t{7});
  for (const std::size_t smallest : {1, 96, 1504, 2999}) {
    std::vector<std::uint64_t> other = keys;
    expect_selected(other, smallest, select);
    std::reverse(other.begin(), other.end());
    expect_selected(other, smallest, select);
    // Up and down again.
    for (std::size_t i = 0; i < other.size(); ++i)
      other[i] = keys[i < 1500 ? 2 * i : 2 * (other.size() - i) - 1];
    expect_selected(other, smallest, select);
  }
}

// The order of rows, and with it every last bit, hangs on it.
TEST(Selection, OrderIsTheSameEverywhere) {
  Selection select;
  std::vector<std::uint64_t> keys(1000);
  std::uint64_t state = 1;
  for (std::uint64_t& key : keys) key = state = state * 6364136223846793005U + 1442695040888963407U;
  select(keys, 480);
  std::uint64_t sum = 0;
  for (const std::uint64_t key : keys) sum = sum * 31 + key;
  EXPECT_EQ(sum, 10081600613434927348U);
}

}  // namespace
}  // namespace infoplane::test
