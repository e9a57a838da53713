#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "estimators/snapshot.hpp"

// Pruning is seen in the certificate, and nowhere else.

namespace infoplane::test {
namespace {

std::vector<PairwiseEstimate> unpruned(const Snapshot& s, const std::vector<double>& sigma2) {
  return pairwise_information(s.view(), s.labels, sigma2, PairwiseOptions{false});
}

void expect_pruning_certified(const Snapshot& s, const std::vector<double>& sigma2,
                              WideRows by = WideRows::fastest) {
  const auto pruned = pairwise_information(s.view(), s.labels, sigma2, {true, by});
  const auto whole = pairwise_information(s.view(), s.labels, sigma2, {false, by});
  for (std::size_t i = 0; i < sigma2.size(); ++i) {
    SCOPED_TRACE("sigma2 = " + std::to_string(sigma2[i]));
    const double tolerance = pruned[i].error_bits + whole[i].error_bits;
    EXPECT_LE(tolerance, 2e-6);
    EXPECT_GE(pruned[i].error_bits, whole[i].error_bits);
    EXPECT_NEAR(pruned[i].kl.xt, whole[i].kl.xt, tolerance);
    EXPECT_NEAR(pruned[i].kl.ty, whole[i].kl.ty, tolerance);
    EXPECT_NEAR(pruned[i].bd.xt, whole[i].bd.xt, tolerance);
    EXPECT_NEAR(pruned[i].bd.ty, whole[i].bd.ty, tolerance);
  }
}

TEST(PairwisePruning, PruningStaysWithinIt) {
  for (const std::size_t features : {1, 3, 80}) {
    for (const std::uint64_t seed : {1, 2}) {
      SCOPED_TRACE(seed_text(seed));
      Snapshot s = random_snapshot(700, features, 1, 4, seed);
      // A third of the rows far away, in places of their own.
      for (std::size_t i = 0; i < s.rows; i += 3) {
        s.at(i, 0) += static_cast<float>(10 * (i % 7));
      }
      const double typical = 2 * static_cast<double>(features);
      std::vector<double> sigma2;
      for (int e = -16; e <= 30; ++e) sigma2.push_back(typical * std::ldexp(1.1, e));
      for (const WideRows by : {WideRows::digits, WideRows::floats})
        expect_pruning_certified(s, sigma2, by);
    }
  }
}

/// `rows` corners of a simplex: all squared distances are 2 edge^2.
Snapshot simplex(std::size_t rows, float edge) {
  Snapshot s(rows, rows);
  for (std::size_t i = 0; i < rows; ++i) {
    s.at(i, i) = edge;
    s.labels[i] = static_cast<std::int32_t>(i % 2);
  }
  return s;
}

#ifdef NDEBUG
constexpr std::size_t corners = 512;
#else
constexpr std::size_t corners = 192;
#endif

/// I_KL of a simplex and of its halves, from the one kernel value there is.
MutualInformation simplex_information(double kernel) {
  const auto n = static_cast<double>(corners);
  const double xt = std::log2(n) - std::log1p((n - 1) * kernel) / std::log(2.0);
  const double in_class = std::log2(n / 2) - std::log1p((n / 2 - 1) * kernel) / std::log(2.0);
  return {xt, xt - in_class};
}

// Every pair lies just inside or just outside of what is looked at: with exponents about
// ln(512 / 1e-7) = 22.4 nothing or nearly all of the weight is dropped, and each row has nothing
// but itself beside it.
TEST(PairwisePruning, SimplexAroundTheCut) {
  const float edge = 1.25F;
  const double distance = 2.0 * edge * edge;
  const Snapshot s = simplex(corners, edge);
  std::vector<double> sigma2;
  for (double exponent = 10; exponent < 30; exponent += 0.25) {
    sigma2.push_back(distance / (2 * exponent));
  }
  double smallest = 1;
  double largest = 0;
  double most_lost = 0;
  const auto estimates = fast(s, sigma2);
  for (const PairwiseEstimate& estimate : estimates) {
    const double exponent = distance / (2 * estimate.sigma2);
    SCOPED_TRACE("exponent = " + std::to_string(exponent));
    const MutualInformation kl = simplex_information(std::exp(-exponent));
    const MutualInformation bd = simplex_information(std::exp(-exponent / 4));
    EXPECT_NEAR(estimate.kl.xt, kl.xt, estimate.error_bits);
    EXPECT_NEAR(estimate.kl.ty, kl.ty, estimate.error_bits);
    EXPECT_NEAR(estimate.bd.xt, bd.xt, estimate.error_bits);
    EXPECT_NEAR(estimate.bd.ty, bd.ty, estimate.error_bits);
    smallest = std::min(smallest, estimate.error_bits);
    largest = std::max(largest, estimate.error_bits);
    most_lost = std::max(most_lost, estimate.kl.xt - kl.xt);
  }
  // What is dropped is visible, and the certificate has grown by at least as much.
  EXPECT_GT(most_lost, 5e-8);
  EXPECT_GT(largest, smallest + most_lost);
  EXPECT_EQ(estimates.front().error_bits, smallest) << "nothing is dropped there";
}

// A hundredfold more weight beyond the cut: the certificate follows it.
TEST(PairwisePruning, GrowsWithTheWeightDropped) {
  SCOPED_TRACE(seed_text(8));
  // Rows scattered so thinly that each is alone, and a heap of `heap` rows far from them.
  const auto certificate = [](std::size_t alone) {
    RandomStream random(8);
    Snapshot s(640, 3);
    for (std::size_t i = 0; i < s.rows; ++i) {
      const double scale = i < alone ? 1000 : 1e-3;
      for (std::size_t k = 0; k < s.cols; ++k) {
        s.at(i, k) = static_cast<float>(scale * random.normal());
      }
    }
    return fast(s, {1.0})[0].error_bits;
  };
  const double none = certificate(0);
  const double half = certificate(320);
  const double all = certificate(640);
  EXPECT_GT(half, none + 2e-8);
  EXPECT_GT(all, half + 2e-8);
  EXPECT_LE(all, 1e-6);
}

// The same where single blocks of a tile are left out: two leaves of four groups each, group by
// group in one place.
TEST(PairwisePruning, GrowsWithTheBlocksDropped) {
  const auto certificate = [](float apart) {
    Snapshot s(64, 1);
    for (std::size_t i = 0; i < s.rows; ++i) {
      s.at(i, 0) = apart * static_cast<float>(i / 8 % 4) + 1e-3F * static_cast<float>(i);
      s.labels[i] = i < 32 ? 1 : 2;
    }
    return fast(s, {1.0})[0].error_bits;
  };
  EXPECT_GT(certificate(100), certificate(1) + 1e-8);
}

// An error is never reported smaller than the arithmetic can make it.
TEST(PairwisePruning, IsNeverZero) {
  EXPECT_GT(fast(Snapshot(1, 1), {1.0})[0].error_bits, 0);
  EXPECT_GT(unpruned(random_snapshot(50, 2, 1, 2, 3), {1.0})[0].error_bits, 1e-8);
}

// Results that are too small to be normal are flushed to 0 in the engine, and nowhere after it.
TEST(PairwisePruning, SubnormalArithmeticIsAsBefore) {
  fast(random_snapshot(100, 2, 1, 2, 3), {1e-6, 1.0});
  volatile double tiny = 1e-300;
  EXPECT_GT(tiny * 1e-15, 0);
}

}  // namespace
}  // namespace infoplane::test
