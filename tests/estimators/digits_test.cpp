#include "estimators/detail/digits.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "core/aligned_vector.hpp"
#include "core/random.hpp"
#include "estimators/detail/digit_products.hpp"
#include "estimators/snapshot.hpp"

// Digits of wide rows and what their products say, for every kind of machine that this one is.

namespace infoplane::test {
namespace {

using detail::digit_chunk;
using detail::digit_count;
using detail::digit_rows;
using detail::DigitKernel;
using detail::DigitLeaf;
using detail::DigitOrder;
using detail::DigitProducts;
using detail::DigitSource;
using detail::DigitView;
using detail::leaf_rows;
using detail::OrderedRows;
using detail::padding_distance;

class Digits : public testing::TestWithParam<const DigitKernel*> {
 protected:
  const DigitKernel& kernel() const { return *GetParam(); }
};

INSTANTIATE_TEST_SUITE_P(All, Digits, testing::ValuesIn(detail::digit_kernels()),
                         [](const auto& chosen) { return std::string(chosen.param->name); });

/// Rows with a centre, and their digits in both orders. What no row has is 99.
struct TestRows {
  std::size_t rows, features;
  std::vector<float> values;
  std::vector<double> centre;
  AlignedVector<std::int8_t> by_rows, by_columns;
  DigitLeaf leaf{}, same_leaf{};

  TestRows(const DigitKernel& kernel, std::size_t n, std::size_t h, double scale,
           RandomStream& random)
      : rows(n), features(h), values(n * h), centre(h) {
    for (double& value : centre) value = static_cast<float>(scale * random.normal());
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = static_cast<float>(centre[i % h] + scale * random.normal());
    }
    DigitSource source{{}, rows, centre.data(), features};
    for (std::size_t r = 0; r < rows; ++r) source.rows[r] = values.data() + r * features;
    by_rows.assign(detail::digit_bytes(features), 99);
    by_columns.assign(detail::digit_bytes(features), 99);
    kernel.pack(source, DigitOrder::rows, by_rows.data(), leaf);
    kernel.pack(source, DigitOrder::columns, by_columns.data(), same_leaf);
  }

  double value(std::size_t r, std::size_t k) const {
    return static_cast<double>(values[r * features + k]) - centre[k];
  }
  /// Digit d of feature k, which may be beyond the last one.
  std::int8_t digit(std::size_t r, std::size_t k, std::size_t d, DigitOrder order) const {
    const std::size_t chunks = detail::digit_chunks(features);
    const std::size_t chunk = k / digit_chunk;
    const std::size_t block = d == 0 ? chunk : chunks + chunk * (digit_count - 1) + d - 1;
    const std::size_t at = (block * 2 + r / digit_rows) * digit_rows * digit_chunk;
    const std::size_t feature = k % digit_chunk;
    return order == DigitOrder::rows
               ? by_rows[at + r % digit_rows * digit_chunk + feature]
               : by_columns[at + feature / 4 * digit_chunk + r % digit_rows * 4 + feature % 4];
  }
  DigitView row_view() const { return {&leaf, by_rows.data()}; }
  DigitView column_view() const { return {&leaf, by_columns.data()}; }
};

/// The rounded number that the digits of a feature say.
double number(const TestRows& rows, std::size_t r, std::size_t k) {
  double units = 0;
  for (std::size_t d = 0; d < digit_count; ++d)
    units = 256 * units + rows.digit(r, k, d, DigitOrder::rows);
  return units * rows.leaf.unit;
}

TEST_P(Digits, SayTheNumbers) {
  const std::uint64_t seed = 1;
  SCOPED_TRACE(seed_text(seed));
  RandomStream random(seed);
  for (const std::size_t features : {1, 63, 64, 65, 200}) {
    for (const std::size_t count : {1, 15, 16, 17, 32}) {
      for (const double scale : {1e-38, 1e-3, 1.0, 1e30}) {
        SCOPED_TRACE(std::to_string(count) + " rows, " + std::to_string(features) + " features");
        const TestRows rows(kernel(), count, features, scale, random);
        EXPECT_EQ(std::memcmp(&rows.leaf, &rows.same_leaf, sizeof rows.leaf), 0);
        EXPECT_EQ(rows.leaf.halves, count > 16 ? 2u : 1u);
        double largest = 0;
        double largest_rest = 0;
        for (std::size_t r = 0; r < rows.leaf.halves * digit_rows; ++r) {
          double norm = 0;
          double first_norm = 0;
          double rest = 0;
          for (std::size_t k = 0; k < detail::digit_chunks(features) * digit_chunk; ++k) {
            for (std::size_t d = 0; d < digit_count; ++d) {
              ASSERT_EQ(rows.digit(r, k, d, DigitOrder::rows),
                        rows.digit(r, k, d, DigitOrder::columns));
            }
            const double value = r < count && k < features ? rows.value(r, k) : 0;
            const double rounded = number(rows, r, k);
            ASSERT_NEAR(rounded, value, 0.5 * rows.leaf.unit) << "row " << r << ", " << k;
            const double first = rows.digit(r, k, 0, DigitOrder::rows);
            largest = std::max(largest, std::abs(value));
            norm += rounded * rounded;
            first_norm += first * first;
            rest += std::pow(value - first * rows.leaf.unit * 0x1p32, 2);
          }
          if (r >= count) {
            EXPECT_EQ(rows.leaf.norms[r], -padding_distance);
            EXPECT_GE(rows.leaf.first_norms[r], 1e36F);
            continue;
          }
          EXPECT_NEAR(rows.leaf.norms[r], -0.5 * norm, 1e-13 * norm);
          EXPECT_EQ(rows.leaf.first_norms[r], static_cast<float>(first_norm));
          largest_rest = std::max(largest_rest, std::sqrt(rest));
        }
        EXPECT_GE(rows.leaf.rest, largest_rest);
        EXPECT_LE(rows.leaf.rest, largest_rest * 1.00001 + rows.leaf.unit * 10);
        // No bit is given away.
        EXPECT_LT(rows.leaf.unit * 0x1p37, largest);
        EXPECT_GE(rows.leaf.unit * 0x1p38, largest);
      }
    }
  }
}

long double distance(const TestRows& a, std::size_t i, const TestRows& b, std::size_t j) {
  long double sum = 0;
  for (std::size_t k = 0; k < a.features; ++k) {
    const long double gap = static_cast<long double>(a.value(i, k)) - b.value(j, k);
    sum += gap * gap;
  }
  return sum;
}

/// The squared distance of digits 0, in units of those of a.
double first_distance(const TestRows& a, std::size_t i, const TestRows& b, std::size_t j) {
  double sum = 0;
  for (std::size_t k = 0; k < a.features; ++k) {
    const double gap = a.digit(i, k, 0, DigitOrder::rows) -
                       b.leaf.unit / a.leaf.unit * b.digit(j, k, 0, DigitOrder::rows);
    sum += gap * gap;
  }
  return sum;
}

TEST_P(Digits, GiveDistances) {
  const std::uint64_t seed = 2;
  SCOPED_TRACE(seed_text(seed));
  RandomStream random(seed);
  for (const std::size_t features : {3, 64, 130}) {
    for (const std::size_t rows : {1, 16, 17, 32}) {
      for (const std::size_t columns : {1, 9, 31}) {
        SCOPED_TRACE(std::to_string(rows) + " x " + std::to_string(columns) + " x " +
                     std::to_string(features));
        const TestRows a(kernel(), rows, features, 1, random);
        const TestRows b(kernel(), columns, features, rows == 16 ? 1e-4 : 3, random);
        std::vector<double> tile(leaf_rows * leaf_rows, 7.0);
        const double least =
            kernel().distances(a.row_view(), b.column_view(), features, tile.data());
        const float first = kernel().first_distance(a.row_view(), b.column_view(), features);
        double expected_least = padding_distance;
        double expected_first = padding_distance;
        for (std::size_t i = 0; i < leaf_rows; ++i) {
          for (std::size_t j = 0; j < leaf_rows; ++j) {
            const double d = -2 * tile[i * leaf_rows + j];
            if (i >= rows || j >= columns) {
              const bool filled = i < a.leaf.halves * digit_rows && j < b.leaf.halves * digit_rows;
              if (filled) {
                EXPECT_GE(d, 0.99 * padding_distance);
              } else {
                EXPECT_EQ(d, -14);
              }
              continue;
            }
            const auto exact = static_cast<double>(distance(a, i, b, j));
            EXPECT_NEAR(d, exact, 1e-9 * exact) << i << ", " << j;
            expected_least = std::min(expected_least, d);
            expected_first = std::min(expected_first, first_distance(a, i, b, j));
          }
        }
        EXPECT_EQ(least, expected_least);
        EXPECT_NEAR(first, expected_first, 1e-5 * expected_first);
      }
    }
  }
}

// The same bits on every machine: on this one, as far as it goes.
TEST_P(Digits, AllKernelsAgree) {
  const DigitKernel& plain = *detail::digit_kernels().front();
  const std::uint64_t seed = 3;
  SCOPED_TRACE(seed_text(seed));
  // Of the rows of the columns a tenth.
  const std::vector<double> scales{1e-37, 1, 1e30};
  std::size_t next = 0;
  for (const std::size_t features : {64, 65, 128, 700}) {
    for (const std::size_t rows : {7, 16, 30, 32}) {
      const double scale = scales[next++ % scales.size()];
      SCOPED_TRACE(testing::Message() << rows << " x " << features << ", scale " << scale);
      RandomStream random(seed);
      RandomStream again(seed);
      const TestRows a(kernel(), rows, features, scale, random);
      const TestRows b(kernel(), 27, features, 0.1 * scale, random);
      const TestRows plain_a(plain, rows, features, scale, again);
      const TestRows plain_b(plain, 27, features, 0.1 * scale, again);
      EXPECT_EQ(a.by_rows, plain_a.by_rows);
      EXPECT_EQ(b.by_columns, plain_b.by_columns);
      EXPECT_EQ(std::memcmp(&a.leaf, &plain_a.leaf, sizeof a.leaf), 0);
      std::vector<double> tile(leaf_rows * leaf_rows);
      std::vector<double> plain_tile(leaf_rows * leaf_rows);
      EXPECT_EQ(
          kernel().distances(a.row_view(), b.column_view(), features, tile.data()),
          plain.distances(plain_a.row_view(), plain_b.column_view(), features, plain_tile.data()));
      EXPECT_EQ(tile, plain_tile);
      EXPECT_EQ(kernel().first_distance(a.row_view(), b.column_view(), features),
                plain.first_distance(plain_a.row_view(), plain_b.column_view(), features));
    }
  }
}

// Sums of 32 bits hold the largest digits there are.
TEST_P(Digits, SumsDoNotOverflow) {
  RandomStream random(4);
  TestRows a(kernel(), 32, detail::most_digit_features, 1, random);
  std::fill(a.by_rows.begin(), a.by_rows.end(), std::int8_t{-128});
  std::fill(a.by_columns.begin(), a.by_columns.end(), std::int8_t{-128});
  std::fill(std::begin(a.leaf.norms), std::end(a.leaf.norms), 0.0);
  a.leaf.unit = 1;
  std::vector<double> tile(leaf_rows * leaf_rows);
  kernel().distances(a.row_view(), a.column_view(), a.features, tile.data());
  double expected = 0;
  for (std::size_t i = 0; i < digit_count; ++i) {
    for (std::size_t j = 0; j < digit_count && i + j < detail::digit_levels; ++j)
      expected += std::ldexp(128.0 * 128.0 * a.features, 8 * (8 - static_cast<int>(i + j)));
  }
  for (const double product : tile) EXPECT_EQ(product, expected);
}

/// What varies between rows, as a snapshot of wide rows.
Snapshot wide_snapshot(std::size_t features, double outlier, double offset, RandomStream& random) {
#ifdef NDEBUG
  Snapshot s(150, features);
#else
  Snapshot s(70, features);
#endif
  for (std::size_t i = 0; i < s.rows; ++i) {
    s.labels[i] = static_cast<std::int32_t>(i % 2);
    const double scale = i % 3 == 0 ? 1e-4 : 1;
    for (std::size_t k = 0; k < features; ++k) {
      const double size = random.below(50) == 0 ? outlier : scale;
      s.at(i, k) = static_cast<float>(offset + size * random.normal());
    }
  }
  return s;
}

// What the engine relies on, for every pair of rows of every pair of leaves.
TEST_P(Digits, BoundsHoldForEveryPair) {
  const std::uint64_t seed = 5;
  SCOPED_TRACE(seed_text(seed));
  RandomStream random(seed);
#ifdef NDEBUG
  const std::vector<std::size_t> widths{64, 96, 300};
#else
  const std::vector<std::size_t> widths{64};
#endif
  for (const std::size_t features : widths) {
    for (const double outlier : {1.0, 1e3, 1e12}) {
      for (const double offset : {0.0, 100.0, 1e6}) {
        SCOPED_TRACE(std::to_string(features) + " features, outliers " + std::to_string(outlier) +
                     ", offset " + std::to_string(offset));
        const Snapshot s = wide_snapshot(features, outlier, offset, random);
        const OrderedRows rows(s.view(), s.labels);
        ASSERT_TRUE(DigitProducts::pays(rows));
        const DigitProducts products(rows, kernel());
        DigitProducts::Scratch scratch;
        std::size_t said_something = 0;
        for (std::size_t a = 0; a < rows.leaves().size(); ++a) {
          for (std::size_t b = 0; b < rows.leaves().size(); ++b) {
            if (a == b) continue;
            std::vector<double> tile(leaf_rows * leaf_rows);
            const double bound = products.least_distance(a, b, scratch);
            products.distances(a, b, scratch, tile.data());
            for (std::size_t i = 0; i < rows.leaves()[a].rows; ++i) {
              for (std::size_t j = 0; j < rows.leaves()[b].rows; ++j) {
                long double exact = 0;
                for (std::size_t k = 0; k < features; ++k) {
                  const long double gap =
                      static_cast<long double>(s.at(rows.source(rows.leaves()[a].first + i), k)) -
                      s.at(rows.source(rows.leaves()[b].first + j), k);
                  exact += gap * gap;
                }
                const auto d = static_cast<double>(exact);
                EXPECT_LE(bound, d * (1 + 1e-15));
                EXPECT_NEAR(-2 * tile[i * leaf_rows + j], d, products.error(a, b, d, scratch));
              }
            }
            said_something += bound > 0 ? 1 : 0;
          }
        }
        // Nothing is taken off values that are so large.
        EXPECT_TRUE(said_something > 0 || outlier > 1 || offset > 256);
      }
    }
  }
}

TEST_P(Digits, TellWhetherTheyPay) {
  const std::uint64_t seed = 6;
  SCOPED_TRACE(seed_text(seed));
  for (const float offset : {0.0F, 1e6F}) {
    Snapshot s = random_snapshot(200, 64, 1, 2, seed);
    for (float& value : s.values) value += offset;
    const OrderedRows rows(s.view(), s.labels);
    EXPECT_EQ(DigitProducts(rows, kernel()).mostly_within(1e-9), offset == 0);
  }
  EXPECT_FALSE(DigitProducts::pays(
      OrderedRows(random_snapshot(9, 63, 1, 2, seed).view(), std::vector<std::int32_t>(9))));
}

}  // namespace
}  // namespace infoplane::test
