#include "estimators/detail/information_sum.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

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

// A number of 1e-16 bits would have a sign, and say as much.
TEST(InformationSum, EqualRowsTellNothingOfTheirLabels) {
  const std::uint64_t seed = 6;
  SCOPED_TRACE(seed_text(seed));
  RandomStream random(seed);
  for (int repeat = 0; repeat < 500; ++repeat) {
    std::vector<std::int32_t> labels;
    std::vector<double> counts(2 + random.below(12));
    for (std::size_t c = 0; c < counts.size(); ++c) {
      counts[c] = static_cast<double>(1 + random.below(300));
      labels.insert(labels.end(), static_cast<std::size_t>(counts[c]), static_cast<int>(c));
    }
    const auto n = static_cast<double>(labels.size());
    detail::InformationSum sum(n, label_entropy_bits(labels));
    for (const double count : counts) sum.add(count, count, n - count, 0);
    EXPECT_EQ(sum.information(1, 1).ty, 0) << counts.size() << " classes, " << n << " rows";
  }
  // What labels do tell is not lost beside it.
  detail::InformationSum sum(2, 1);
  sum.add(1, 1, 1 - 1e-12, 0);
  sum.add(1, 1, 1 - 1e-12, 0);
  EXPECT_NEAR(sum.information(1, 1).ty, 0.5e-12 / std::log(2.0), 1e-15);
}

TEST(BothBounds, AreInOrder) {
  const PairwiseEstimate turned = detail::both_bounds(1, {1e-8, 0.5}, {3e-8, 0.7}, 1e-7);
  EXPECT_EQ(turned.kl.xt, 1e-8);
  EXPECT_EQ(turned.bd.xt, 1e-8);
  EXPECT_EQ(turned.bd.ty, 0.7);  // no bounds, and in no order
  EXPECT_EQ(detail::both_bounds(1, {3, 0.5}, {2, 0.7}, 1e-7).bd.xt, 2);
}

}  // namespace
}  // namespace infoplane::test
