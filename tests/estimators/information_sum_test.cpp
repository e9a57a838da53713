#include "estimators/detail/information_sum.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

#include "core/random.hpp"
#include "estimators/snapshot.hpp"

namespace infoplane::test {
namespace {

// Rows whose sums are anything between 1 and N = 2^32, in runs of all lengths of rows of weight 1;
// one row stands for all others.
TEST(InformationSum, IsThatOfTheRowsOneByOne) {
  const std::uint64_t seed = 4;
  SCOPED_TRACE(seed_text(seed));
  RandomStream random(seed);
  constexpr double n = 0x1p32;
  constexpr double entropy = 32;
  for (int rows = 0; rows <= 70; ++rows) {
    for (const double weighted : {0.0, 0.1, 1.0}) {
      SCOPED_TRACE(std::to_string(rows) + " rows");
      detail::InformationSum sum(n, entropy);
      long double log_all = 0;
      long double log_share = 0;
      double left = n;
      for (int row = 0; row < rows; ++row) {
        const double weight =
            random.uniform() < weighted ? 2.0 + static_cast<double>(random.below(9)) : 1.0;
        const bool extreme = random.below(2) == 0;
        const double same = extreme ? 1.0 : std::exp2(32 * random.uniform());
        const double other = extreme || random.below(2) == 0 ? n - same : 0.0;
        sum.add(weight, same, other, 0);
        log_all += weight * std::log2(static_cast<long double>(same) + other);
        log_share += weight * std::log2(same / (static_cast<long double>(same) + other));
        left -= weight;
      }
      sum.add(left, 1, 0, 0);
      const MutualInformation information = sum.information(1, 1);
      // One row lost or counted twice would be seen: each may be 32 / N.
      EXPECT_NEAR(information.xt, static_cast<double>(32 - log_all / n), 2e-14);
      EXPECT_NEAR(information.ty, static_cast<double>(32 + log_share / n), 2e-14);
    }
  }
}

// Every term is rounded the same way.
TEST(InformationSum, OfMillionsOfEqualRowsIsNothing) {
  for (const auto& [rows, weight] : {std::pair{2824927, 2.0}, std::pair{2799982, 3.0}}) {
    const double n = weight * rows;
    detail::InformationSum sum(n, 0);
    for (int row = 0; row < rows; ++row) sum.add(weight, n, 0, 0);
    const MutualInformation information = sum.information(1, 1);
    EXPECT_NEAR(information.xt, 0, 1e-13) << rows;
    EXPECT_NEAR(information.ty, 0, 1e-13) << rows;
  }
}

}  // namespace
}  // namespace infoplane::test
