#include "estimators/detail/tile_sums.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "core/random.hpp"
#include "estimators/snapshot.hpp"

namespace infoplane::test {
namespace {

using detail::add_kernel_sums;
using detail::DistanceBlock;
using detail::KernelSums;

// One distance at a time, at 8 sigma2 = 1, where the argument is exact: the exponential is promised
// to 2e-16. Its fourth power has four times the error and two more roundings.
TEST(KernelSums, KernelIsTheExponential) {
  for (double x = 0; x < 760; x += 0.0373) {
    double kl = 0;
    double bd = 0;
    add_kernel_sums({&x, 1, 1, 1}, 0.125, {&kl, &bd}, {nullptr, nullptr});
    const long double exact = std::exp(-static_cast<long double>(x));
    if (x < 700) {
      ASSERT_LE(std::abs(bd / exact - 1), 2e-16L) << "x = " << x;
    } else {
      ASSERT_LE(bd, 1e-304) << "x = " << x;
    }
    if (x < 170) {
      ASSERT_LE(std::abs(kl / (exact * exact * exact * exact) - 1), 1.2e-15L) << "x = " << x;
    }
    ASSERT_GE(bd, 0);
    ASSERT_GE(kl, 0);
  }
}

TEST(KernelSums, NoDistanceIsExactlyOne) {
  const double distance = 0;
  for (const double sigma2 : {1e-6, 0.1, 1e3}) {
    double kl = 0;
    double bd = 0;
    add_kernel_sums({&distance, 1, 1, 1}, sigma2, {&kl, &bd}, {nullptr, nullptr});
    EXPECT_EQ(kl, 1);
    EXPECT_EQ(bd, 1);
  }
}

TEST(KernelSums, HugeDistanceIsNothingBesideOne) {
  const double distance = 1e300;
  double kl = 1;
  double bd = 1;
  add_kernel_sums({&distance, 1, 1, 1}, 1e-6, {&kl, &bd}, {nullptr, nullptr});
  EXPECT_EQ(kl, 1);
  EXPECT_EQ(bd, 1);
}

// Every size around the width of a vector register, inside a larger tile whose rest must not be
// read into the sums.
TEST(KernelSums, RowsAndColumnsOfABlock) {
  const std::uint64_t seed = 17;
  SCOPED_TRACE(seed_text(seed));
  RandomStream random(seed);
  const std::size_t stride = 40;
  std::vector<double> tile(stride * stride);
  for (double& distance : tile) distance = 10 * random.uniform();
  const double sigma2 = 0.7;
  for (std::size_t rows = 1; rows <= 9; ++rows) {
    for (std::size_t cols = 1; cols <= 35; ++cols) {
      const std::size_t first = 3 * stride + 2;
      std::vector<double> row_kl(rows, 5), row_bd(rows, 6), column_kl(cols, 7), column_bd(cols, 8);
      add_kernel_sums({tile.data() + first, stride, rows, cols}, sigma2,
                      {row_kl.data(), row_bd.data()}, {column_kl.data(), column_bd.data()});
      std::vector<double> alone_kl(rows, 5), alone_bd(rows, 6);
      add_kernel_sums({tile.data() + first, stride, rows, cols}, sigma2,
                      {alone_kl.data(), alone_bd.data()}, {nullptr, nullptr});
      std::vector<double> by_hand_kl(cols, 7), by_hand_bd(cols, 8);
      for (std::size_t i = 0; i < rows; ++i) {
        double kl = 5;
        double bd = 6;
        for (std::size_t j = 0; j < cols; ++j) {
          const double d = tile[first + i * stride + j];
          kl += std::exp(-d / (2 * sigma2));
          bd += std::exp(-d / (8 * sigma2));
          by_hand_kl[j] += std::exp(-d / (2 * sigma2));
          by_hand_bd[j] += std::exp(-d / (8 * sigma2));
        }
        // At most 40 terms of at most 1, each rounded to 1e-15 and so is each sum.
        ASSERT_NEAR(row_kl[i], kl, 1e-13);
        ASSERT_NEAR(row_bd[i], bd, 1e-13);
        ASSERT_NEAR(alone_kl[i], kl, 1e-13);
        ASSERT_NEAR(alone_bd[i], bd, 1e-13);
      }
      for (std::size_t j = 0; j < cols; ++j) {
        ASSERT_NEAR(column_kl[j], by_hand_kl[j], 1e-13);
        ASSERT_NEAR(column_bd[j], by_hand_bd[j], 1e-13);
      }
    }
  }
}

TEST(DistancesFromProducts, AreNeverNegative) {
  const std::size_t stride = 3;
  std::vector<double> products{1, 2,   -1,  //
                               4, 4.1, -1};
  const std::vector<double> row_norms{1, 4};
  const std::vector<double> col_norms{1, 4};
  detail::distances_from_products(products.data(), stride, 2, 2, row_norms.data(),
                                  col_norms.data());
  EXPECT_EQ(products[0], 0);
  EXPECT_EQ(products[1], 1);
  EXPECT_EQ(products[stride], 0);      // 4 + 1 - 8
  EXPECT_EQ(products[stride + 1], 0);  // 4 + 4 - 8.2
  EXPECT_EQ(products[2], -1) << "a value beyond the columns was touched";
  EXPECT_EQ(products[stride + 2], -1) << "a value beyond the columns was touched";
}

}  // namespace
}  // namespace infoplane::test
