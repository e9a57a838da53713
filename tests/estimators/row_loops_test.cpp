#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "core/random.hpp"
#include "estimators/detail/tile_kernel.hpp"

// What is prepared of rows for tiles, in the vector code of every instruction set that this machine
// has, against plain loops.

namespace infoplane::detail {
namespace {

class RowLoops : public testing::TestWithParam<const TileKernel*> {
 protected:
  const TileKernel& kernel_ = *GetParam();
};

INSTANTIATE_TEST_SUITE_P(All, RowLoops, testing::ValuesIn(tile_kernels()),
                         [](const auto& chosen) { return std::string(chosen.param->name); });

TEST_P(RowLoops, BoxesBoundDistances) {
  constexpr std::size_t features = 5;
  RandomStream random(8);
  std::vector<float> lows(features * box_lanes);
  std::vector<float> highs(lows);
  for (std::size_t i = 0; i < lows.size(); ++i) {
    lows[i] = static_cast<float>(random.normal());
    highs[i] = lows[i] + static_cast<float>(random.uniform());
  }
  float nearest[box_lanes];
  float farthest[box_lanes];
  for (std::size_t one = 0; one < box_lanes; ++one) {
    kernel_.box_distances(lows.data() + one, highs.data() + one, lows.data(), highs.data(),
                          features, nearest, farthest);
    EXPECT_EQ(nearest[one], 0.0F);
    for (std::size_t other = 0; other < box_lanes; ++other) {
      double near = 0;
      double far = 0;
      for (std::size_t k = 0; k < features * box_lanes; k += box_lanes) {
        const double above = static_cast<double>(lows[k + other]) - highs[k + one];
        const double below = static_cast<double>(lows[k + one]) - highs[k + other];
        near += std::pow(std::max({above, below, 0.0}), 2);
        far += std::pow(std::max(-above, -below), 2);
      }
      EXPECT_NEAR(nearest[other], near, 1e-5 * (1 + near)) << one << " to " << other;
      EXPECT_NEAR(farthest[other], far, 1e-5 * (1 + far)) << one << " to " << other;
    }
  }
}

// Two groups of rows and one of columns are missing: their boxes are near to all.
TEST_P(RowLoops, SeenInBlocks) {
  constexpr float everywhere = std::numeric_limits<float>::max();
  const std::vector<float> reach{1e30F, 90, 30, 20, 20, 10, 5, 1, 0};
  RandomStream random(12);
  for (const std::size_t features : {1U, 2U, 20U, 64U}) {
    for (const float scale : {0.0F, 1.0F, 1e18F, 1e30F}) {
      SCOPED_TRACE(testing::Message() << features << " features, times " << scale);
      std::vector<float> boxes[4];  // lows and highs of rows, lows and highs of columns
      for (auto& corner : boxes) corner.resize(features * leaf_groups);
      for (std::size_t at = 0; at < features * leaf_groups; ++at) {
        for (const std::size_t side : {0U, 2U}) {
          const std::size_t missing_from = side == 0 ? 2 : 3;
          const bool missing = at % leaf_groups >= missing_from;
          const float low = scale * static_cast<float>(2 * random.normal());
          boxes[side][at] = missing ? -everywhere : low;
          boxes[side + 1][at] =
              missing ? everywhere : low + scale * static_cast<float>(random.uniform());
        }
      }
      std::vector<float> repeated[2];
      for (std::size_t side = 0; side < 2; ++side) {
        for (const float value : boxes[side]) repeated[side].insert(repeated[side].end(), 4, value);
      }
      for (const std::size_t whole : {0U, 1U, 4U}) {
        SeenWidths seen;
        const float shrink = 0.75F;
        const std::size_t least = kernel_.seen_in_blocks(
            repeated[0].data(), repeated[1].data(), boxes[2].data(), boxes[3].data(), features,
            shrink, reach.data(), whole, reach.size() - 1, seen);
        std::size_t expected_least = reach.size() - 1;
        for (std::size_t p = 0; p < leaf_groups; ++p) {
          for (std::size_t q = 0; q < leaf_groups; ++q) {
            double near = 0;
            for (std::size_t k = 0; k < features * leaf_groups; k += leaf_groups) {
              const double above = static_cast<double>(boxes[2][k + q]) - boxes[1][k + p];
              const double below = static_cast<double>(boxes[0][k + p]) - boxes[3][k + q];
              near += std::pow(std::max({above, below, 0.0}), 2);
            }
            const auto seen_at = [&](double distance) {
              std::size_t count = whole;
              while (count < reach.size() - 1 && shrink * distance <= reach[count]) ++count;
              return count;
            };
            EXPECT_LE(seen.of[p][q], seen_at(near * (1 - 1e-5))) << p << ", " << q;
            EXPECT_GE(seen.of[p][q], seen_at(near * (1 + 1e-5))) << p << ", " << q;
            expected_least = std::min<std::size_t>(expected_least, seen.of[p][q]);
          }
        }
        EXPECT_EQ(least, expected_least);
      }
    }
  }
}

/// Some numbers huge, some denormal, some negative zeros.
std::vector<float> any_rows(std::size_t rows, std::size_t features, std::uint64_t seed) {
  RandomStream random(seed);
  std::vector<float> values(rows * features);
  for (float& value : values) {
    value = static_cast<float>(random.normal());
    if (random.below(20) == 0) value *= 1e30F;
    if (random.below(20) == 0) value = 3e-40F;
    if (random.below(20) == 0) value = -0.0F;
  }
  return values;
}

TEST_P(RowLoops, ColumnSums) {
  for (const std::size_t features : {1U, 3U, 7U, 8U, 9U, 20U, 65U}) {
    for (const std::size_t rows : {1U, 63U, 64U, 200U}) {
      SCOPED_TRACE(testing::Message() << rows << " x " << features);
      const std::vector<float> values = any_rows(rows, features, 20);
      std::vector<double> sums(features, 2);
      const float largest = kernel_.column_sums(values.data(), rows, features, sums.data());
      float expected_largest = 0;
      for (std::size_t k = 0; k < features; ++k) {
        double expected = 2;
        double size = 2;
        for (std::size_t i = 0; i < rows; ++i) {
          const float value = values[i * features + k];
          expected += static_cast<double>(value);
          size += std::abs(static_cast<double>(value));
          expected_largest = std::max(expected_largest, std::abs(value));
        }
        EXPECT_NEAR(sums[k], expected, 1e-13 * size) << k;
      }
      EXPECT_EQ(largest, expected_largest);
    }
  }
}

// Rows are ordered by them: the same bits with every instruction set.
TEST_P(RowLoops, Moments) {
  for (const std::size_t features : {1U, 3U, 7U, 8U, 9U, 20U, 65U}) {
    for (const std::size_t count : {1U, 2U, 16U, 128U}) {
      SCOPED_TRACE(testing::Message() << count << " x " << features);
      const std::vector<float> values = any_rows(count, features, 23);
      std::vector<const float*> rows;
      for (std::size_t i = 0; i < count; ++i) rows.push_back(values.data() + i * features);
      std::vector<double> sums(features + 1, 77);
      std::vector<double> squares(features + 1, 77);
      kernel_.moments(rows.data(), count, features, sums.data(), squares.data());
      for (std::size_t k = 0; k < features; ++k) {
        double sum = 0;
        double square = 0;
        for (std::size_t i = 1; i < count; ++i) {
          const float difference = rows[i][k] - rows[0][k];
          sum += static_cast<double>(difference);
          square += static_cast<double>(difference) * static_cast<double>(difference);
        }
        EXPECT_EQ(sums[k], sum) << k;
        EXPECT_EQ(squares[k], square) << k;
      }
      EXPECT_EQ(sums[features], 77);
      EXPECT_EQ(squares[features], 77);
    }
  }
}

TEST_P(RowLoops, PacksAndBoxesGroups) {
  for (const std::size_t features : {1U, 3U, 7U, 8U, 9U, 16U, 20U, 65U}) {
    SCOPED_TRACE(testing::Message() << features << " features");
    const std::vector<float> values = any_rows(3 * lane_count, features, 21);
    const std::vector<float> shift = any_rows(1, features, 22);
    const std::vector<double> centre(shift.begin(), shift.end());
    const float* rows[lane_count];
    for (std::size_t lane = 0; lane < lane_count; ++lane) {
      rows[lane] = values.data() + (7 * lane + 2) % (3 * lane_count) * features;  // the last, too
    }
    // One more than there are, which must stay what it is.
    std::vector<double> packed(lane_count * features + 1, 77);
    std::vector<double> norms(lane_count + 1, 77);
    std::vector<float> low(features + 1, 77);
    std::vector<float> high(features + 1, 77);
    kernel_.pack(rows, centre.data(), features, packed.data(), norms.data());
    kernel_.box(rows, features, low.data(), high.data());
    for (std::size_t lane = 0; lane < lane_count; ++lane) {
      double norm = 0;
      for (std::size_t k = 0; k < features; ++k) {
        const double centred = static_cast<double>(rows[lane][k]) - centre[k];
        EXPECT_EQ(packed[k * lane_count + lane], centred) << lane << ", " << k;
        norm += centred * centred;
      }
      EXPECT_NEAR(norms[lane], norm, 1e-13 * norm) << lane;
    }
    for (std::size_t k = 0; k < features; ++k) {
      float least = rows[0][k];
      float most = rows[0][k];
      for (const float* row : rows) {
        least = std::min(least, row[k]);
        most = std::max(most, row[k]);
      }
      EXPECT_EQ(low[k], least) << k;
      EXPECT_EQ(high[k], most) << k;
    }
    EXPECT_EQ(packed[lane_count * features], 77);
    EXPECT_EQ(norms[lane_count], 77);
    EXPECT_EQ(low[features], 77);
    EXPECT_EQ(high[features], 77);
  }
}

TEST_P(RowLoops, LeastDistance) {
  RandomStream random(9);
  const std::size_t stride = 40;
  std::vector<float> products(32 * stride);
  for (float& value : products) value = static_cast<float>(random.normal());
  std::vector<float> norms(64);
  for (float& value : norms) value = 5.0F + static_cast<float>(random.uniform());
  for (const auto& [n, m] : {std::pair<std::size_t, std::size_t>{32, 32}, {1, 1}, {5, 13}}) {
    float expected = 1e30F;
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < m; ++j) {
        expected = std::min(expected, norms[i] + norms[32 + j] - 2 * products[i * stride + j]);
      }
    }
    EXPECT_NEAR(
        kernel_.least_distance(products.data(), stride, norms.data(), n, norms.data() + 32, m),
        expected, 1e-5);
  }
}

TEST(TileKernel, TheFastestIsUsed) { EXPECT_EQ(&tile_kernel(), tile_kernels().back()); }

}  // namespace
}  // namespace infoplane::detail
