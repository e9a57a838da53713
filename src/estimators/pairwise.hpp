#pragma once

#include <cstdint>
#include <vector>

#include "core/errors.hpp"
#include "core/matrix_view.hpp"

namespace infoplane {

/// Mutual information of a layer T with the input X and with the labels Y, in bits.
struct MutualInformation {
  double xt = 0;
  double ty = 0;
};

/// What one noise variance gives. T = h + e, e ~ N(0, sigma2 I).
struct PairwiseEstimate {
  double sigma2 = 0;
  MutualInformation kl;  ///< xt: upper bound on I(X;T)
  MutualInformation bd;  ///< xt: lower bound on I(X;T); ty: the "BD estimate", no bound by itself
};

/// A snapshot the estimator cannot accept: a value that is NaN or infinite, labels of another
/// number. The caller adds the trial, layer and epoch.
class SnapshotError : public InputError {
 public:
  using InputError::InputError;
};

/// Pairwise-distance estimates of Kolchinsky & Tracey (2017, eq. 10), with d_ij = |h_i - h_j|^2:
///
///   I_KL(X;T) = -1/N sum_i log2( 1/N sum_j exp(-d_ij / (2 sigma2)) )
///   I_BD(X;T) = the same with 8 sigma2
///   I(T;Y)    = I(X;T) - sum_c p_c [ the same inside class c ]
///
/// `h` is N x H; labels[i] is the class of row i, any integers. All of `sigma2` (each > 0) are
/// evaluated in one pass over the distances; the result is in their order. Rows are worked off in
/// square tiles, each pair once; beside the snapshot it takes about 4 * sigma2.size() * N doubles.
///
/// The result depends on nothing but the arguments (tiles are summed in a fixed order) and lies
/// within 1e-6 bits of a plain float64 evaluation. 0 <= I(X;T) <= log2 N and 0 <= I(T;Y) <= H(Y)
/// hold for every noise and data set and are asserted: InternalError if they do not. Throws
/// SnapshotError for what is no snapshot. Not collective.
std::vector<PairwiseEstimate> pairwise_information(MatrixView<const float> h,
                                                   const std::vector<std::int32_t>& labels,
                                                   const std::vector<double>& sigma2);

/// H(Y) of the labels in bits: the ceiling of I(T;Y).
double label_entropy_bits(const std::vector<std::int32_t>& labels);

/// Predicted seconds of pairwise_information on one core, good for ordering and batching work.
double pairwise_cost_s(std::size_t rows, std::size_t features, std::size_t sigma2_count);

}  // namespace infoplane
