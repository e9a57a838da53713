#include "estimators/detail/tile_kernel.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "estimators/detail/noise_ladder.hpp"
#include "estimators/snapshot.hpp"

// What the engine's error budget takes for granted of the vector code, with the bounds it uses, and
// that nothing outside of a leaf's rows is touched. Every instruction set that this machine has.

namespace infoplane::test {
namespace {

using detail::box_lanes;
using detail::KernelPass;
using detail::lane_count;
using detail::leaf_groups;
using detail::leaf_rows;
using detail::LeafView;
using detail::padding_distance;
using detail::SeenWidths;
using detail::TileKernel;

/// Stands where nothing may be written.
constexpr double untouched = -12345.0;

class TileKernelBounds : public testing::TestWithParam<const TileKernel*> {
 protected:
  const TileKernel& kernel() const { return *GetParam(); }
};

INSTANTIATE_TEST_SUITE_P(All, TileKernelBounds, testing::ValuesIn(detail::tile_kernels()),
                         [](const auto& chosen) { return std::string(chosen.param->name); });

struct TestLeaf {
  std::size_t rows, groups, features;
  std::vector<double> values, halves, padding, weights;

  /// Normal values times `scale`, `offset` added.
  TestLeaf(std::size_t n, std::size_t h, double scale, double offset, RandomStream& random)
      : rows(n),
        groups((n + lane_count - 1) / lane_count),
        features(h),
        values(groups * h * lane_count),
        halves(groups * lane_count, -padding_distance),
        padding(groups * lane_count, -padding_distance),
        weights(groups * lane_count) {
    for (std::size_t i = 0; i < rows; ++i) {
      double norm = 0;
      for (std::size_t k = 0; k < features; ++k) {
        const double value = offset + scale * random.normal();
        values[(i / lane_count * features + k) * lane_count + i % lane_count] = value;
        norm += value * value;
      }
      halves[i] = -0.5 * norm;
      padding[i] = 0;
      weights[i] = static_cast<double>(1 + random.below(9));
    }
  }

  double value(std::size_t i, std::size_t k) const {
    return values[(i / lane_count * features + k) * lane_count + i % lane_count];
  }
  LeafView view() const {
    return {values.data(), halves.data(), padding.data(), weights.data(), groups};
  }
};

/// Each block sees 0 to `most` widths; or all see `most`.
SeenWidths some_seen(std::int32_t most, bool everywhere, RandomStream& random) {
  SeenWidths seen;
  for (auto& row : seen.of) {
    for (std::int32_t& count : row) {
      count = everywhere ? most : static_cast<std::int32_t>(random.below(most + 1U));
    }
  }
  return seen;
}

std::vector<double> empty_tile() { return std::vector<double>(leaf_rows * leaf_rows, untouched); }

void expect_untouched(const std::vector<double>& tile, std::size_t row_groups,
                      std::size_t column_groups) {
  for (std::size_t i = 0; i < leaf_rows; ++i) {
    for (std::size_t j = 0; j < leaf_rows; ++j) {
      if (i < row_groups * lane_count && j < column_groups * lane_count) continue;
      ASSERT_EQ(tile[i * leaf_rows + j], untouched) << i << ", " << j;
    }
  }
}

TEST_P(TileKernelBounds, Distances) {
  const std::uint64_t seed = 1;
  SCOPED_TRACE(seed_text(seed));
  RandomStream random(seed);
  for (const std::size_t features : {1, 2, 3, 7, 20, 65}) {
    for (const std::size_t rows : {1, 7, 8, 9, 17, 32}) {
      for (const std::size_t columns : {1, 8, 15, 24, 31}) {
        SCOPED_TRACE(std::to_string(rows) + " x " + std::to_string(columns) + " x " +
                     std::to_string(features));
        const double offset = rows % 2 == 0 ? 0 : 1e4;
        const TestLeaf a(rows, features, 1, offset, random);
        const TestLeaf b(columns, features, 1, offset, random);
        const SeenWidths seen = some_seen(2, rows % 2 == columns % 2, random);
        std::vector<double> by_products = empty_tile();
        std::vector<double> by_differences = empty_tile();
        const double least_1 =
            kernel().distances(a.view(), b.view(), features, seen, by_products.data());
        const double least_2 = kernel().distances_by_differences(a.view(), b.view(), features, seen,
                                                                 by_differences.data());
        double least_of_products = padding_distance;
        double least_of_differences = padding_distance;
        for (std::size_t i = 0; i < a.groups * lane_count; ++i) {
          for (std::size_t j = 0; j < b.groups * lane_count; ++j) {
            if (seen.of[i / lane_count][j / lane_count] == 0) {
              EXPECT_EQ(by_products[i * leaf_rows + j], untouched);
              EXPECT_EQ(by_differences[i * leaf_rows + j], untouched);
              continue;
            }
            const double product = -2 * by_products[i * leaf_rows + j];
            const double difference = -2 * by_differences[i * leaf_rows + j];
            if (i >= rows || j >= columns) {
              EXPECT_GE(product, 0.99 * padding_distance);
              EXPECT_GE(difference, padding_distance);
              continue;
            }
            long double expected = 0;
            for (std::size_t k = 0; k < features; ++k) {
              const long double gap = static_cast<long double>(a.value(i, k)) - b.value(j, k);
              expected += gap * gap;
            }
            // The bound by which the engine decides to take differences.
            const auto size = static_cast<double>(features + 8) * 0x1p-52;
            EXPECT_NEAR(product, static_cast<double>(expected),
                        size * -2 * (a.halves[i] + b.halves[j]));
            EXPECT_NEAR(difference, static_cast<double>(expected),
                        size * static_cast<double>(expected));
            least_of_products = std::min(least_of_products, product);
            least_of_differences = std::min(least_of_differences, difference);
          }
        }
        EXPECT_EQ(least_1, least_of_products);
        EXPECT_EQ(least_2, least_of_differences);
        expect_untouched(by_products, a.groups, b.groups);
        expect_untouched(by_differences, a.groups, b.groups);
      }
    }
  }
}

TEST_P(TileKernelBounds, EqualRowsAreAtDistanceZero) {
  RandomStream random(2);
  const TestLeaf a(32, 13, 1e3, 1e6, random);
  std::vector<double> tile = empty_tile();
  const SeenWidths seen = some_seen(1, true, random);
  EXPECT_EQ(kernel().distances_by_differences(a.view(), a.view(), 13, seen, tile.data()), 0);
  for (std::size_t i = 0; i < 32; ++i) EXPECT_EQ(tile[i * leaf_rows + i], 0);
}

/// Nothing is known of how far rows are apart.
constexpr double anywhere = std::numeric_limits<double>::infinity();

/// A whole tile of distances through the exponential.
std::vector<double> exponentials(const TileKernel& kernel, const std::vector<double>& distances,
                                 double factor, int squarings) {
  std::vector<double> halves;
  for (const double d : distances) halves.push_back(-0.5 * d);
  SeenWidths seen;
  for (auto& row : seen.of) std::fill_n(row, leaf_groups, 1);
  std::vector<double> tile(leaf_rows * leaf_rows);
  kernel.exponentials({{halves.data(), factor, anywhere}, squarings, 4, 4, &seen, 0}, tile.data());
  return tile;
}

// Squarings multiply the relative error, which must stay below 2e-8.
TEST_P(TileKernelBounds, Exponential) {
  const std::uint64_t seed = 3;
  SCOPED_TRACE(seed_text(seed));
  RandomStream random(seed);
  long double worst = 0;
  std::vector<double> distances(leaf_rows * leaf_rows);
  for (const double factor : {1e-200, 3e-7, 0.72, 1.0, 55.0, 1e30, 1e200}) {
    for (const double largest : {1e-12, 1e-3, 1.0, 3.0, 40.0, 990.0}) {
      for (double& d : distances) d = largest * random.uniform() / factor;
      const std::vector<double> values = exponentials(kernel(), distances, factor, 0);
      for (std::size_t i = 0; i < values.size(); ++i) {
        const long double exact = std::exp2(-static_cast<long double>(factor) * distances[i]);
        worst = std::max(worst, std::abs(values[i] / exact - 1));
        EXPECT_LE(values[i], 1);
      }
    }
  }
  EXPECT_LT(static_cast<double>(worst), std::ldexp(2e-8, 1 - detail::ladder_rungs));
  EXPECT_GT(static_cast<double>(worst), 0);
}

TEST_P(TileKernelBounds, ExponentialSquared) {
  const std::uint64_t seed = 4;
  SCOPED_TRACE(seed_text(seed));
  RandomStream random(seed);
  std::vector<double> distances(leaf_rows * leaf_rows);
  for (int squarings = 0; squarings <= 7; ++squarings) {
    for (double& d : distances) d = 600 * random.uniform() / std::ldexp(0.7, squarings);
    const std::vector<double> values = exponentials(kernel(), distances, 0.7, squarings);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double exact = std::exp2(-std::ldexp(0.7, squarings) * distances[i]);
      EXPECT_NEAR(values[i] / exact, 1, std::ldexp(1.5e-10, squarings));
    }
  }
}

TEST_P(TileKernelBounds, ExponentialAtItsEnds) {
  std::vector<double> distances(leaf_rows * leaf_rows);
  for (const double factor : {1e-282, 1e-6, 1.0, 1e300, 4.49e307}) {
    SCOPED_TRACE("factor = " + std::to_string(factor));
    distances.assign(distances.size(), 0.0);
    distances[1] = padding_distance;
    distances[2] = 2 * padding_distance;
    distances[3] = 1e77;  // the largest squared distance of float32 values
    for (int squarings = 0; squarings <= 7; ++squarings) {
      const std::vector<double> values = exponentials(kernel(), distances, factor, squarings);
      EXPECT_EQ(values[0], 1);
      EXPECT_EQ(values[4], 1);
      for (const std::size_t padded : {1, 2}) {
        EXPECT_GE(values[padded], 0);
        EXPECT_LT(values[padded], 1e-300);
        if (squarings > 0) {
          EXPECT_EQ(values[padded], 0);
        }
      }
      if (factor >= 1) {
        EXPECT_LT(values[3], 1e-300);
      }
      if (factor < 1e-100) {
        EXPECT_NEAR(values[3], 1, std::ldexp(2e-16, squarings));
        EXPECT_LE(values[3], 1);
      }
    }
  }
}

// No register of a group of rows or columns that are not there, no block where nothing is seen.
TEST_P(TileKernelBounds, ExponentialOfPartOfATile) {
  const std::uint64_t seed = 8;
  SCOPED_TRACE(seed_text(seed));
  RandomStream random(seed);
  const std::vector<double> halves(leaf_rows * leaf_rows, -0.25);
  for (std::size_t rows = 1; rows <= 4; ++rows) {
    for (std::size_t columns = 1; columns <= 4; ++columns) {
      for (const std::int32_t width : {0, 2}) {
        const SeenWidths seen = some_seen(4, false, random);
        std::vector<double> tile = empty_tile();
        kernel().exponentials({{halves.data(), 2, anywhere}, 1, rows, columns, &seen, width},
                              tile.data());
        expect_untouched(tile, rows, columns);
        for (std::size_t i = 0; i < rows * lane_count; ++i) {
          for (std::size_t j = 0; j < columns * lane_count; ++j) {
            const double value = tile[i * leaf_rows + j];
            if (seen.of[i / lane_count][j / lane_count] > width) {
              EXPECT_NEAR(value, 0.25, 1e-9);
            } else {
              EXPECT_EQ(value, untouched);
            }
          }
        }
      }
    }
  }
}

struct PassCase {
  bool everywhere;  ///< both widths are seen in all blocks
  bool weighted, two, store;
  int first, second;
  std::size_t row_groups, column_groups;
};

void expect_pass(const TileKernel& kernel, const PassCase& one, RandomStream& random) {
  SCOPED_TRACE(std::string(one.everywhere ? "everywhere " : "") +
               (one.weighted ? "weighted " : "") + (one.two ? "two " : "") +
               (one.store ? "store " : "") + std::to_string(one.row_groups) + " x " +
               std::to_string(one.column_groups) + ", squared " + std::to_string(one.first) +
               " and " + std::to_string(one.second));
  const std::size_t rows = one.row_groups * lane_count;
  const std::size_t columns = one.column_groups * lane_count;
  std::vector<double> tile = empty_tile();
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) tile[i * leaf_rows + j] = random.uniform();
  }
  const std::vector<double> before = tile;
  std::vector<double> row_weights(leaf_rows, 1.0);
  std::vector<double> column_weights(leaf_rows, 1.0);
  if (one.weighted) {
    for (double& weight : row_weights) weight = static_cast<double>(random.below(100));
    for (double& weight : column_weights) weight = static_cast<double>(random.below(100));
  }
  // What is there is added to: 7.
  std::vector<double> row_lanes[2];
  std::vector<double> row_sums[2];
  std::vector<double> column_sums[2];
  for (int width = 0; width < 2; ++width) {
    row_lanes[width].assign(leaf_rows * lane_count, untouched);  // of another leaf
    row_sums[width].assign(leaf_rows, 7.0);
    column_sums[width].assign(leaf_rows, 7.0);
  }
  const SeenWidths seen = some_seen(2, one.everywhere, random);
  const auto seen_at = [&](std::size_t i, std::size_t j) {
    return seen.of[i / lane_count][j / lane_count];
  };
  KernelPass pass{};
  pass.seen = &seen;
  pass.widths[1] = 1;
  pass.row_groups = one.row_groups;
  pass.column_groups = one.column_groups;
  if (one.weighted) {
    pass.row_weights = row_weights.data();
    pass.column_weights = column_weights.data();
  }
  pass.squarings[0] = one.first;
  pass.squarings[1] = one.second;
  for (int width = 0; width < 2; ++width) {
    pass.sums[width] = {{row_lanes[width].data(), false}, column_sums[width].data()};
  }
  pass.two = one.two;
  pass.store = one.store;
  kernel.sums(pass, tile.data());
  for (int width = 0; width < (one.two ? 2 : 1); ++width)
    kernel.add_lanes(row_lanes[width].data(), one.row_groups, row_sums[width].data());

  for (int width = 0; width < 2; ++width) {
    const bool summed = width == 0 || one.two;
    const int squarings = width == 0 ? one.first : one.first + one.second;
    const double power = std::ldexp(1.0, squarings);
    std::vector<long double> expected_rows(leaf_rows, 7.0L);
    std::vector<long double> expected_columns(leaf_rows, 7.0L);
    if (summed) {
      for (std::size_t i = 0; i < rows; ++i) {
        for (std::size_t j = 0; j < columns; ++j) {
          if (seen_at(i, j) <= width) continue;
          const auto value = std::pow(static_cast<long double>(before[i * leaf_rows + j]), power);
          expected_rows[i] += value * column_weights[j];
          expected_columns[j] += value * row_weights[i];
        }
      }
    }
    for (std::size_t i = 0; i < leaf_rows; ++i) {
      const auto row = static_cast<double>(expected_rows[i]);
      const auto column = static_cast<double>(expected_columns[i]);
      EXPECT_NEAR(row_sums[width][i], row, 2e-13 * row) << "row " << i;
      EXPECT_NEAR(column_sums[width][i], column, 2e-13 * column) << "column " << i;
    }
  }
  expect_untouched(tile, one.row_groups, one.column_groups);
  if (one.store) {
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = 0; j < columns; ++j) {
        // Nobody looks at a block again from the first width on that is not seen there.
        if (seen_at(i, j) < (one.two ? 2 : 1)) continue;
        const double power = std::ldexp(1.0, one.two ? one.first + one.second : one.first);
        const double exact = std::pow(before[i * leaf_rows + j], power);
        EXPECT_NEAR(tile[i * leaf_rows + j], exact, 2e-13 * exact + 1e-300);
      }
    }
  }
}

TEST_P(TileKernelBounds, Sums) {
  const std::uint64_t seed = 5;
  SCOPED_TRACE(seed_text(seed));
  RandomStream random(seed);
  for (unsigned flags = 0; flags < 16; ++flags) {
    PassCase one{
        (flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0, (flags & 8) != 0, 1, 1, 4, 4};
    for (one.row_groups = 1; one.row_groups <= leaf_groups; ++one.row_groups) {
      for (one.column_groups = 1; one.column_groups <= leaf_groups; ++one.column_groups) {
        expect_pass(kernel(), one, random);
      }
    }
    one.row_groups = one.column_groups = leaf_groups;
    for (const int first : {0, 1, 3}) {
      for (const int second : {1, 2, 5}) {
        one.first = first;
        one.second = second;
        expect_pass(kernel(), one, random);
      }
    }
  }
}

TEST_P(TileKernelBounds, BoxDistances) {
  const std::uint64_t seed = 6;
  SCOPED_TRACE(seed_text(seed));
  RandomStream random(seed);
  for (const std::size_t features : {1, 2, 5, 20, 100, 1000}) {
    SCOPED_TRACE(std::to_string(features) + " features");
    const std::size_t size = features * box_lanes;
    std::vector<float> low(size);
    std::vector<float> high(size);
    std::vector<float> lows(size);
    std::vector<float> highs(size);
    const auto corner = [&](float& a, float& b, double scale) {
      const auto one = static_cast<float>(scale * random.normal());
      const auto other = random.below(5) == 0 ? one : static_cast<float>(scale * random.normal());
      a = std::min(one, other);
      b = std::max(one, other);
    };
    for (std::size_t at = 0; at < size; ++at) {
      const double scale = at % box_lanes < 4 ? 1 : 100;  // overlapping and far boxes
      corner(low[at], high[at], 1);
      corner(lows[at], highs[at], scale);
    }
    for (std::size_t lane = 0; lane < box_lanes; ++lane) {
      float nearest[box_lanes];
      float farthest[box_lanes];
      kernel().box_distances(low.data() + lane, high.data() + lane, lows.data(), highs.data(),
                             features, nearest, farthest);
      for (std::size_t other = 0; other < box_lanes; ++other) {
        double near = 0;
        double far = 0;
        double some_pair = 0;
        for (std::size_t k = 0; k < features; ++k) {
          const double a = low[k * box_lanes + lane];
          const double b = high[k * box_lanes + lane];
          const double c = lows[k * box_lanes + other];
          const double d = highs[k * box_lanes + other];
          const double gap = std::max({c - b, a - d, 0.0});
          const double reach = std::max(d - a, b - c);
          const double inside = a + (b - a) * random.uniform() - c - (d - c) * random.uniform();
          near += gap * gap;
          far += reach * reach;
          some_pair += inside * inside;
        }
        const double error = static_cast<double>(features + 4) * 0x1p-24;
        EXPECT_NEAR(nearest[other], near, error * near);
        EXPECT_NEAR(farthest[other], far, error * far);
        EXPECT_LE(nearest[other] * (1 - error), some_pair);
        EXPECT_GE(farthest[other] * (1 + error), some_pair);
      }
    }
  }
}

TEST_P(TileKernelBounds, LeastDistance) {
  const std::uint64_t seed = 7;
  SCOPED_TRACE(seed_text(seed));
  RandomStream random(seed);
  for (const std::size_t rows : {1, 2, 31, 32}) {
    for (const std::size_t columns : {1, 7, 8, 16, 29, 32}) {
      for (const std::size_t stride : {columns, columns + 5, std::size_t{256}}) {
        // What lies beyond the columns would be the least.
        std::vector<float> products(rows * stride, 1e9F);
        std::vector<float> row_norms(rows);
        std::vector<float> column_norms(columns);
        for (float& norm : row_norms) norm = static_cast<float>(10 * random.uniform());
        for (float& norm : column_norms) norm = static_cast<float>(10 * random.uniform());
        double least = 1e300;
        for (std::size_t i = 0; i < rows; ++i) {
          for (std::size_t j = 0; j < columns; ++j) {
            const auto product = static_cast<float>(4 * random.normal());
            products[i * stride + j] = product;
            least = std::min(least, static_cast<double>(row_norms[i]) + column_norms[j] -
                                        2.0 * static_cast<double>(product));
          }
        }
        EXPECT_NEAR(kernel().least_distance(products.data(), stride, row_norms.data(), rows,
                                            column_norms.data(), columns),
                    least, 60 * 0x1p-23);
      }
    }
  }
}

}  // namespace
}  // namespace infoplane::test
