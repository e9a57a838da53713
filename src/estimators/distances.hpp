#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/matrix_view.hpp"

namespace infoplane {

/// How far apart the rows of a snapshot are: the squared distances d_ij = |h_i - h_j|^2 of its
/// pairs i != j. The estimators leave most pairs out, and noise rules must be known before they
/// start, so this looks at the pairs by itself: at all of them where there are few, else at a
/// sample.
struct DistanceSummary {
  std::vector<double> sorted;  ///< the squared distances that were taken, increasing; at least one
  double mean = 0;             ///< of all N(N-1)/2 pairs, never sampled
  double scale = 0;            ///< tr Cov(h) / H, divisor N: the mean variance of a feature
  /// 0 when all pairs were taken. Else, with a probability of 99.9 % and whatever the distances
  /// look like, every quantile q of the sample is one of all pairs between q - rank_error and
  /// q + rank_error, q as a share (Dvoretzky, Kiefer & Wolfowitz 1956; constant: Massart 1990).
  double rank_error = 0;

  /// The smallest distance that at least `percent` % of the pairs do not exceed, 0 to 100 (NumPy:
  /// percentile(..., method="inverted_cdf")).
  double quantile(double percent) const;
  /// At distance_percents of core/distance_axes.hpp.
  std::vector<double> quantiles() const;
  /// The share of the pairs in each of the bins of core/distance_axes.hpp; they add up to 1.
  std::vector<float> histogram() const;
};

/// All pairs are taken up to this many, N = 512; beyond it as many are drawn, with replacement.
constexpr std::size_t most_distances = std::size_t{1} << 17;

/// Distances in float64, by differences, some nanoseconds each. `h` is N x H, N >= 2; the result
/// depends on nothing but the arguments. Throws SnapshotError (estimators/pairwise.hpp) for what is
/// no snapshot. Not collective.
DistanceSummary summarize_distances(MatrixView<const float> h, std::uint64_t seed);

/// Predicted seconds of summarize_distances on one core.
double distances_cost_s(std::size_t rows, std::size_t features);

}  // namespace infoplane
