#include "estimators/detail/row_order.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "core/random.hpp"
#include "estimators/detail/tile_kernel.hpp"
#include "estimators/snapshot.hpp"

namespace infoplane::test {
namespace {

using detail::lane_count;
using detail::order_rows;
using detail::RowOrder;

/// Thrown out of the gathering by a part that has shown what it would send.
struct Shown {};

/// Every part by itself, then each once more with what all have shown.
std::vector<RowOrder> by_parts(const Snapshot& s, std::size_t parts) {
  std::vector<char> all(s.rows * sizeof(detail::MergedRow), -1);
  std::vector<std::size_t> bounds;
  for (std::size_t part = 0; part < parts; ++part) {
    const auto show = [&](const char* bytes, const std::vector<std::size_t>& at) {
      EXPECT_EQ(at.size(), parts + 1);
      EXPECT_TRUE(std::is_sorted(at.begin(), at.end()));
      EXPECT_EQ(at.front(), 0u);
      EXPECT_EQ(at.back(), all.size());
      if (part > 0) {
        EXPECT_EQ(at, bounds);
      }
      bounds = at;
      std::copy(bytes + at[part], bytes + at[part + 1], all.data() + at[part]);
      throw Shown{};
    };
    EXPECT_THROW(order_rows(s.view(), s.labels, {part, parts, show}), Shown);
  }
  std::vector<RowOrder> orders;
  for (std::size_t part = 0; part < parts; ++part) {
    const auto gather = [&](char* bytes, const std::vector<std::size_t>&) {
      std::memcpy(bytes, all.data(), all.size());
    };
    orders.push_back(order_rows(s.view(), s.labels, {part, parts, gather}));
  }
  return orders;
}

/// Rows of which some are equal, classes of very different sizes.
Snapshot uneven(std::size_t rows, std::size_t features, std::uint64_t seed) {
  Snapshot s = random_snapshot(rows, features, 1, 2, seed);
  RandomStream random(seed);
  for (std::size_t i = 0; i < rows; ++i) {
    if (random.below(3) == 0) s.labels[i] = 7;
    if (random.below(20) == 0) s.labels[i] = 100 + static_cast<std::int32_t>(random.below(9));
    if (i > 0 && random.below(4) == 0) {
      std::copy_n(s.view().row(i - 1), features, s.values.data() + i * features);
      s.labels[i] = s.labels[i - 1];
    }
  }
  return s;
}

TEST(RowOrder, PartsMakeTheOrderThatOneMakesAlone) {
  for (const std::size_t rows : {1U, 20U, 300U, 2000U}) {
    const std::uint64_t seed = 70 + rows;
    SCOPED_TRACE(seed_text(seed));
    const Snapshot s = uneven(rows, rows == 300 ? 20 : 3, seed);
    const RowOrder alone = order_rows(s.view(), s.labels, {});
    for (const std::size_t parts : {2U, 3U, 4U, 7U, 40U}) {
      SCOPED_TRACE(parts);
      for (const RowOrder& order : by_parts(s, parts)) {
        EXPECT_EQ(order.class_ends, alone.class_ends);
        ASSERT_EQ(order.rows.size(), alone.rows.size());
        for (std::size_t i = 0; i < order.rows.size(); ++i) {
          ASSERT_EQ(order.rows[i].row, alone.rows[i].row) << i;
          ASSERT_EQ(order.rows[i].weight, alone.rows[i].weight) << i;
        }
      }
    }
  }
}

// With classes of one size, parts of about one size.
TEST(RowOrder, PartsAreEven) {
  Snapshot s(1000, 1);
  for (std::size_t i = 0; i < s.rows; ++i) {
    s.at(i, 0) = static_cast<float>(i);
    s.labels[i] = static_cast<std::int32_t>(i % 10);
  }
  const auto sizes_of = [&](std::size_t parts) {
    std::vector<std::size_t> sizes;
    try {
      order_rows(s.view(), s.labels,
                 {0, parts, [&](char*, const std::vector<std::size_t>& bounds) {
                    for (std::size_t p = 0; p < parts; ++p)
                      sizes.push_back((bounds[p + 1] - bounds[p]) / sizeof(detail::MergedRow));
                    throw Shown{};
                  }});
    } catch (const Shown&) {
    }
    return sizes;
  };
  EXPECT_EQ(sizes_of(2), (std::vector<std::size_t>{500, 500}));
  EXPECT_EQ(sizes_of(3), (std::vector<std::size_t>{300, 400, 300}));
  EXPECT_EQ(sizes_of(10), std::vector<std::size_t>(10, 100));
}

// In one direction that is much longer than all others the order of the leaves, and of the groups
// in them, is that of the values.
void expect_ordered_by(const Snapshot& s, std::size_t longest) {
  const RowOrder order = order_rows(s.view(), s.labels, {});
  ASSERT_EQ(order.rows.size(), s.rows);
  for (std::size_t at = lane_count; at < order.rows.size(); ++at) {
    const std::size_t group = at / lane_count * lane_count;
    float before = s.at(order.rows[group - lane_count].row, longest);
    for (std::size_t i = group - lane_count; i < group; ++i)
      before = std::max(before, s.at(order.rows[i].row, longest));
    EXPECT_GE(s.at(order.rows[at].row, longest), before) << at;
    if (at % lane_count != 0) {
      EXPECT_GT(order.rows[at].row, order.rows[at - 1].row) << "in a group by their number";
    }
  }
}

TEST(RowOrder, LeavesAndGroupsAreNeighbours) {
  const std::uint64_t seed = 5;
  SCOPED_TRACE(seed_text(seed));
  for (const std::size_t features : {1U, 5U, 9U, 20U}) {
    SCOPED_TRACE(features);
    Snapshot s = random_snapshot(777, features, 1, 1, seed);
    for (std::size_t i = 0; i < s.rows; ++i) {
      for (std::size_t k = 0; k + 1 < features; ++k) s.at(i, k) *= 1e-5F;
    }
    expect_ordered_by(s, features - 1);
  }
}

// Differences that float32 cannot hold.
TEST(RowOrder, TheLargestValuesThereAre) {
  Snapshot s = random_snapshot(128, 9, 1, 1, 6);
  for (std::size_t i = 0; i < s.rows; ++i) {
    s.at(i, 4) = i % 2 == 0 ? 3e38F : -3e38F;
    s.labels[i] = 0;
  }
  const RowOrder order = order_rows(s.view(), s.labels, {});
  std::vector<int> seen(s.rows, 0);
  for (std::size_t at = 0; at < order.rows.size(); ++at) {
    ++seen[order.rows[at].row];
    EXPECT_EQ(s.at(order.rows[at].row, 4) < 0, at < s.rows / 2) << at;
  }
  EXPECT_EQ(seen, std::vector<int>(s.rows, 1));
}

}  // namespace
}  // namespace infoplane::test
