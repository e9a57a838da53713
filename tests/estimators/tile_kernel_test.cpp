#include "estimators/detail/tile_kernel.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "core/random.hpp"

// The vector code of every instruction set that this machine has, against plain loops.

namespace infoplane::detail {
namespace {

struct alignas(64) Tile {
  double values[leaf_rows * leaf_rows] = {};
  double& at(std::size_t row, std::size_t column) { return values[row * leaf_rows + column]; }
};

/// `count` widths in every block.
SeenWidths seen_everywhere(std::int32_t count) {
  SeenWidths seen;
  for (auto& row : seen.of) std::fill(std::begin(row), std::end(row), count);
  return seen;
}

/// Nothing is known of how far rows are apart.
constexpr double anywhere = std::numeric_limits<double>::infinity();

/// Lanes of row sums, each so many.
std::vector<double> row_lanes(std::size_t rows, double each) {
  return std::vector<double>(rows * lane_count, each);
}

/// What a kernel makes of them.
std::vector<double> added_up(const TileKernel& kernel, const std::vector<double>& lanes) {
  std::vector<double> rows(lanes.size() / lane_count);
  kernel.add_lanes(lanes.data(), rows.size() / lane_count, rows.data());
  return rows;
}

/// A leaf of random rows, the last groups padded.
struct RandomLeaf {
  std::size_t rows, features, groups;
  std::vector<double> values, halves, padding, weights;

  RandomLeaf(std::size_t n, std::size_t h, std::uint64_t seed)
      : rows(n),
        features(h),
        groups((n + lane_count - 1) / lane_count),
        values(groups * lane_count * h),
        halves(groups * lane_count, -padding_distance),
        padding(halves),
        weights(groups * lane_count) {
    RandomStream random(seed);
    for (std::size_t i = 0; i < rows; ++i) {
      halves[i] = padding[i] = 0;
      weights[i] = 1.0 + static_cast<double>(random.below(5));
      for (std::size_t k = 0; k < h; ++k) {
        at(i, k) = random.normal();
        halves[i] -= 0.5 * at(i, k) * at(i, k);
      }
    }
  }
  double& at(std::size_t i, std::size_t k) {
    return values[(i / lane_count * features + k) * lane_count + i % lane_count];
  }
  LeafView view() const {
    return {values.data(), halves.data(), padding.data(), weights.data(), groups};
  }
};

double distance(RandomLeaf& a, std::size_t i, RandomLeaf& b, std::size_t j) {
  double sum = 0;
  for (std::size_t k = 0; k < a.features; ++k) {
    const double difference = a.at(i, k) - b.at(j, k);
    sum += difference * difference;
  }
  return sum;
}

class TileKernels : public testing::TestWithParam<const TileKernel*> {
 protected:
  const TileKernel& kernel_ = *GetParam();
};

INSTANTIATE_TEST_SUITE_P(All, TileKernels, testing::ValuesIn(tile_kernels()),
                         [](const auto& chosen) { return std::string(chosen.param->name); });

TEST_P(TileKernels, Distances) {
  for (const std::size_t features : {1U, 7U, 20U, 63U, 64U, 65U, 200U}) {
    for (const auto& [n, m] : {std::pair<std::size_t, std::size_t>{32, 32}, {1, 31}, {9, 8}}) {
      SCOPED_TRACE(testing::Message() << features << " features, " << n << " x " << m);
      RandomLeaf a(n, features, 1);
      RandomLeaf b(m, features, 2);
      for (const auto fill : {kernel_.distances, kernel_.distances_by_differences}) {
        Tile tile;
        const double least = fill(a.view(), b.view(), features, seen_everywhere(1), tile.values);
        double expected_least = padding_distance;
        for (std::size_t i = 0; i < a.groups * lane_count; ++i) {
          for (std::size_t j = 0; j < b.groups * lane_count; ++j) {
            if (i >= n || j >= m) {
              ASSERT_GE(-2 * tile.at(i, j), padding_distance) << "padding " << i << ", " << j;
              continue;
            }
            const double expected = distance(a, i, b, j);
            expected_least = std::min(expected_least, expected);
            ASSERT_NEAR(-2 * tile.at(i, j), expected, 1e-12 * (1 + expected)) << i << ", " << j;
          }
        }
        EXPECT_NEAR(least, expected_least, 1e-12 * (1 + expected_least));
      }
    }
  }
}

TEST_P(TileKernels, EqualRowsAreAtDistanceZeroByDifferences) {
  RandomLeaf a(32, 20, 3);
  Tile tile;
  const SeenWidths seen = seen_everywhere(1);
  EXPECT_EQ(kernel_.distances_by_differences(a.view(), a.view(), 20, seen, tile.values), 0.0);
  for (std::size_t i = 0; i < 32; ++i) EXPECT_EQ(tile.at(i, i), 0.0);
}

TEST_P(TileKernels, Exponentials) {
  for (const double factor : {1.1e-282, 1e-3, 0.7213475204444817, 1.0, 700.0, 4.49e307}) {
    for (const int squarings : {0, 1, 3, 7}) {
      SCOPED_TRACE(testing::Message() << "factor " << factor << ", squared " << squarings);
      Tile halves;
      Tile kernel;
      RandomStream random(4);
      const double largest = std::ldexp(480.0, -squarings);
      for (double& half : halves.values) half = -random.uniform() * largest / factor;
      halves.at(0, 0) = 0;
      halves.at(0, 1) = -0.5 * padding_distance;
      halves.at(0, 2) = -0.25 / factor;  // halfway between two powers of two
      // Near 2^0 and 2^-1 from below and above.
      for (int i = 0; i < 20; ++i) {
        halves.at(1, static_cast<std::size_t>(i)) = -0.5 * std::exp2(-3 * i) / factor;
        halves.at(2, static_cast<std::size_t>(i)) = -0.5 * (1 + std::exp2(-3 * i)) / factor;
        halves.at(3, static_cast<std::size_t>(i)) = -0.5 * (1 - std::exp2(-3 * i)) / factor;
      }
      // Multiples of what exponents are rounded to, and what lies halfway between them.
      for (int i = 0; i < 32; ++i) {
        halves.at(4, static_cast<std::size_t>(i)) = -0.5 * i / 16 / factor;
        halves.at(5, static_cast<std::size_t>(i)) = -0.5 * (900 + i / 16.0) / factor;
      }
      const SeenWidths seen = seen_everywhere(1);
      kernel_.exponentials({{halves.values, factor, anywhere}, squarings, 4, 4, &seen, 0},
                           kernel.values);
      EXPECT_EQ(kernel.at(0, 0), 1.0);
      EXPECT_LT(kernel.at(0, 1), 1e-300);
      for (std::size_t i = 0; i < leaf_rows * leaf_rows; ++i) {
        ASSERT_LE(kernel.values[i], 1.0) << halves.values[i];
        const double expected = std::exp2(2 * factor * halves.values[i] * std::exp2(squarings));
        if (expected < 1e-290) continue;
        ASSERT_NEAR(kernel.values[i] / expected, 1.0, 2e-10 * std::exp2(squarings))
            << halves.values[i];
      }
    }
  }
}

TEST_P(TileKernels, Sums) {
  for (const bool weighted : {false, true}) {
    for (const bool two : {false, true}) {
      for (const bool stored : {false, true}) {
        SCOPED_TRACE(testing::Message() << weighted << two << stored);
        const std::size_t row_groups = 3;
        const std::size_t column_groups = 2;
        RandomLeaf a(24, 1, 5);
        RandomLeaf b(16, 1, 6);
        Tile tile;
        RandomStream random(7);
        for (double& value : tile.values) value = random.uniform();
        const Tile before = tile;
        // Sums are added to what is there.
        std::vector<std::vector<double>> lanes(2, row_lanes(24, 0.5));
        std::vector<std::vector<double>> columns(2, std::vector<double>(16, 0.25));
        const SeenWidths seen = seen_everywhere(2);
        KernelPass pass{};
        pass.seen = &seen;
        pass.widths[1] = 1;
        pass.row_groups = row_groups;
        pass.column_groups = column_groups;
        if (weighted) {
          pass.row_weights = a.weights.data();
          pass.column_weights = b.weights.data();
        }
        pass.squarings[0] = 1;
        pass.squarings[1] = 2;
        for (std::size_t s = 0; s < 2; ++s)
          pass.sums[s] = {{lanes[s].data(), true}, columns[s].data()};
        pass.two = two;
        pass.store = stored;
        std::vector<std::vector<double>> rows;
        for (const auto& start : lanes) rows.push_back(added_up(kernel_, start));
        kernel_.sums(pass, tile.values);
        for (std::size_t s = 0; s < (two ? 2U : 1U); ++s) {
          const std::vector<double> start = std::move(rows[s]);
          rows[s] = added_up(kernel_, lanes[s]);
          const double power = s == 0 ? 2 : 8;
          const auto value = [&](std::size_t i, std::size_t j) {
            return std::pow(before.values[i * leaf_rows + j], power);
          };
          for (std::size_t i = 0; i < 24; ++i) {
            double sum = start[i];
            for (std::size_t j = 0; j < 16; ++j) sum += value(i, j) * (weighted ? b.weights[j] : 1);
            EXPECT_NEAR(rows[s][i], sum, 1e-12) << "row " << i << ", width " << s;
          }
          for (std::size_t j = 0; j < 16; ++j) {
            double sum = 0.25;
            for (std::size_t i = 0; i < 24; ++i) sum += value(i, j) * (weighted ? a.weights[i] : 1);
            EXPECT_NEAR(columns[s][j], sum, 1e-12) << "column " << j << ", width " << s;
          }
        }
        if (!two) {
          EXPECT_EQ(lanes[1], row_lanes(24, 0.5));
          EXPECT_EQ(columns[1], std::vector<double>(16, 0.25));
        }
        if (stored) {
          for (std::size_t i = 0; i < 24; ++i) {
            for (std::size_t j = 0; j < 16; ++j) {
              ASSERT_NEAR(tile.at(i, j), std::pow(before.values[i * leaf_rows + j], two ? 8 : 2),
                          1e-15);
            }
          }
        }
      }
    }
  }
}

/// Sums of a tile squared `squarings` times in all, after a pass that leaves `before` of them.
struct SumsOfWidth {
  const TileKernel& kernel;
  const Tile& kernels;
  bool weighted;
  RandomLeaf rows{32, 1, 5};
  RandomLeaf columns{32, 1, 6};

  using Sums = std::vector<double>;

  KernelPass pass(const SeenWidths& seen, const int (&squarings)[2],
                  std::vector<Sums>& sums) const {
    KernelPass made{};
    made.row_groups = made.column_groups = leaf_groups;
    if (weighted) {
      made.row_weights = rows.weights.data();
      made.column_weights = columns.weights.data();
    }
    made.seen = &seen;
    made.widths[1] = 1;
    sums.assign(2, Sums(leaf_rows * lane_count + leaf_rows, 0.0));  // lanes of rows, columns
    for (std::size_t s = 0; s < 2; ++s) {
      made.squarings[s] = squarings[s];
      made.sums[s] = {{sums[s].data(), true}, sums[s].data() + leaf_rows * lane_count};
    }
    return made;
  }

  /// As the first of a pass, alone or with one behind it.
  Sums first(int before, int squarings, bool two, bool second_seen, bool stored) const {
    Tile tile = kernels;
    std::vector<Sums> sums;
    const SeenWidths all = seen_everywhere(2);
    if (before > 0) {
      KernelPass earlier = pass(all, {before, 0}, sums);
      earlier.store = true;
      kernel.sums(earlier, tile.values);
    }
    const SeenWidths seen = seen_everywhere(second_seen ? 2 : 1);
    KernelPass made = pass(seen, {squarings - before, 1}, sums);
    made.two = two;
    made.store = stored;
    kernel.sums(made, tile.values);
    return sums[0];
  }

  /// As the second of a pass whose first one is squared `before` times.
  Sums second(int before, int squarings, bool stored) const {
    Tile tile = kernels;
    std::vector<Sums> sums;
    const SeenWidths seen = seen_everywhere(2);
    KernelPass made = pass(seen, {before, squarings - before}, sums);
    made.two = true;
    made.store = stored;
    kernel.sums(made, tile.values);
    return sums[1];
  }
};

// What else is asked for decides the place of a width in a pass, and must not be seen in its bits.
TEST_P(TileKernels, SumsOfAWidthHaveTheSameBitsInEveryPass) {
  RandomStream random(13);
  Tile kernels;
  for (double& value : kernels.values) value = 0.5 + 0.5 * random.uniform();
  for (const bool weighted : {false, true}) {
    const SumsOfWidth sums{kernel_, kernels, weighted};
    for (int squarings = 0; squarings <= 6; ++squarings) {
      const auto expected = sums.first(0, squarings, false, false, false);
      for (int before = 0; before < std::max(squarings, 1); ++before) {
        for (const bool stored : {false, true}) {
          SCOPED_TRACE(testing::Message()
                       << weighted << " " << squarings << " " << before << stored);
          EXPECT_EQ(sums.first(before, squarings, false, false, stored), expected);
          EXPECT_EQ(sums.first(before, squarings, true, false, stored), expected);
          EXPECT_EQ(sums.first(before, squarings, true, true, stored), expected);
          if (squarings > 0) {
            EXPECT_EQ(sums.second(before, squarings, stored), expected);
          }
        }
      }
    }
  }
}

TEST_P(TileKernels, ExponentialsHaveTheSameBitsWhereMoreIsKnown) {
  RandomStream random(11);
  Tile halves;
  for (double& value : halves.values) value = -20 * random.uniform();
  halves.values[1] = 0;
  const SeenWidths seen = seen_everywhere(1);
  Tile any;
  Tile bounded;
  kernel_.exponentials({{halves.values, 0.7, anywhere}, 2, 4, 4, &seen, 0}, any.values);
  kernel_.exponentials({{halves.values, 0.7, 40}, 2, 4, 4, &seen, 0}, bounded.values);
  for (std::size_t i = 0; i < leaf_rows * leaf_rows; ++i)
    EXPECT_EQ(any.values[i], bounded.values[i]);
}

// Nor whether a tile held the kernels in between.
TEST_P(TileKernels, SumsOfNewKernelsHaveTheBitsOfThoseOfATile) {
  const std::uint64_t seed = 17;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  RandomStream random(seed);
  Tile halves;
  for (double& value : halves.values) value = -20 * random.uniform();
  for (unsigned flags = 0; flags < 16; ++flags) {
    const bool weighted = (flags & 1) != 0;
    const bool two = (flags & 2) != 0;
    const bool stored = (flags & 4) != 0;
    const double farthest = (flags & 8) != 0 ? 40 : anywhere;
    for (const int squarings : {0, 1, 3}) {
      SCOPED_TRACE(testing::Message() << "flags " << flags << ", squared " << squarings);
      SeenWidths seen;
      for (auto& row : seen.of) {
        for (std::int32_t& count : row) count = static_cast<std::int32_t>(random.below(3));
      }
      Tile through;
      Tile direct;
      const SumsOfWidth sums{kernel_, through, weighted};
      std::vector<std::vector<double>> of_tile;
      std::vector<std::vector<double>> of_new;
      const detail::Exponential exponential{halves.values, 0.7, farthest};
      KernelPass pass = sums.pass(seen, {squarings, 2}, of_tile);
      pass.two = two;
      pass.store = stored;
      kernel_.exponentials({exponential, 0, 4, 4, &seen, 0}, through.values);
      kernel_.sums(pass, through.values);
      KernelPass same = sums.pass(seen, {squarings, 2}, of_new);
      same.two = two;
      same.store = stored;
      kernel_.exponential_sums(exponential, same, direct.values);
      EXPECT_EQ(of_new, of_tile);
      for (std::size_t i = 0; i < leaf_rows * leaf_rows; ++i)
        ASSERT_EQ(direct.values[i], stored ? through.values[i] : 0.0) << i;
    }
  }
}

TEST_P(TileKernels, LanesOfRowsAreAddedUp) {
  RandomStream random(18);
  for (std::size_t groups = 1; groups <= leaf_groups; ++groups) {
    std::vector<double> lanes = row_lanes(leaf_rows, 1e9);  // of another leaf
    std::vector<double> rows(leaf_rows, 0.5);
    const std::size_t used = groups * lane_count;
    Tile tile;
    for (double& value : tile.values) value = random.uniform();
    std::vector<double> columns(leaf_rows);
    const SeenWidths seen = seen_everywhere(1);
    KernelPass pass{};
    pass.row_groups = groups;
    pass.column_groups = leaf_groups;
    pass.seen = &seen;
    pass.sums[0] = {{lanes.data(), false}, columns.data()};
    kernel_.sums(pass, tile.values);
    pass.sums[0].rows.begun = true;
    kernel_.sums(pass, tile.values);
    kernel_.add_lanes(lanes.data(), groups, rows.data());
    for (std::size_t i = 0; i < leaf_rows; ++i) {
      double sum = 0.5;
      for (std::size_t j = 0; j < leaf_rows && i < used; ++j) sum += 2 * tile.at(i, j);
      EXPECT_NEAR(rows[i], sum, 1e-13 * sum) << "row " << i;
    }
  }
}

}  // namespace
}  // namespace infoplane::detail
