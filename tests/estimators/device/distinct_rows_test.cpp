#include "estimators/device/distinct_rows.hpp"

#include <gtest/gtest.h>

#include <map>
#include <utility>
#include <vector>

#include "core/random.hpp"
#include "estimators/snapshot.hpp"

namespace infoplane::test {
namespace {

// Few values in one to three features: most rows occur several times, in several classes.
TEST(DistinctRows, CountsEachRowOfEachClass) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed_text(seed));
    RandomStream random(seed);
    Snapshot s(1 + random.below(300), 1 + random.below(3));
    for (float& value : s.values) value = static_cast<float>(random.below(4)) - 1.5F;
    for (std::int32_t& label : s.labels) label = static_cast<std::int32_t>(random.below(3)) - 1;
    std::map<std::pair<std::int32_t, std::vector<float>>, double> expected;
    for (std::size_t i = 0; i < s.rows; ++i) {
      const float* const row = s.view().row(i);
      expected[{s.labels[i], {row, row + s.cols}}] += 1;
    }
    const detail::DistinctRows distinct = detail::distinct_rows(s.view(), s.labels);
    ASSERT_EQ(distinct.sources.size(), expected.size());
    ASSERT_EQ(distinct.weights.size(), expected.size());
    ASSERT_EQ(distinct.labels.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const float* const row = s.view().row(distinct.sources[i]);
      EXPECT_EQ(distinct.labels[i], s.labels[distinct.sources[i]]);
      EXPECT_EQ(distinct.weights[i], (expected[{distinct.labels[i], {row, row + s.cols}}]));
      if (i > 0) {
        EXPECT_LE(distinct.labels[i - 1], distinct.labels[i]);
      }
    }
  }
}

TEST(DistinctRows, MinusZeroIsZero) {
  Snapshot s(3, 2);
  s.values = {0, 1, -0.0F, 1, 0, -1};
  const detail::DistinctRows distinct = detail::distinct_rows(s.view(), s.labels);
  EXPECT_EQ(distinct.sources.size(), 2U);
}

}  // namespace
}  // namespace infoplane::test
