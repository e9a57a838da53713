#pragma once

#include <cstddef>

#include "core/compensated_sum.hpp"
#include "estimators/pairwise.hpp"

namespace infoplane::detail {

/// The last step, from the kernel sums of the rows to bits at one noise width:
///
///   I(X;T) = log2 N - mean_i log2 S_i,  I(T;Y) = H(Y) + mean_i log2( same_i / S_i ),
///
/// with S_i = same_i + other_i: summed apart for rows of the own and of other classes, the ratio
/// never exceeds 1, whatever is rounded.
class InformationSum {
 public:
  /// `rows`: N, all weights together.
  InformationSum(double rows, double label_entropy_bits)
      : rows_(rows), label_entropy_(label_entropy_bits) {}

  /// A row that stands for `weight` equal ones, of whose sums at most `left_out` was left out.
  void add(double weight, double same, double other, double left_out);

  /// The certificate, when kernel values and sums have this relative error.
  double error_bits(double relative_error) const;

  /// 0 <= I(X;T) <= log2 N and H(Y) - log2 N <= I(T;Y) <= H(Y); an I(T;Y) that is nothing but the
  /// rounding of H(Y) is 0. Throws InternalError where that is not so; names the width
  /// exp(-d / (2 variance)) and the features.
  MutualInformation information(double variance, std::size_t features) const;

 private:
  double rows_;
  double label_entropy_;
  CompensatedSum log_all_;
  CompensatedSum log_share_;
  /// Of some rows of weight 1: one logarithm for all of them.
  double product_all_ = 1, product_share_ = 1;
  int multiplied_ = 0;
  double left_out_ = 0;
};

/// Both at one sigma2, the lower bound on I(X;T) never above the upper one. Where a layer holds
/// next to nothing, what is left of either is its error, and may stand in the other order; no value
/// then leaves its certificate by being held to the other.
PairwiseEstimate both_bounds(double sigma2, const MutualInformation& kl,
                             const MutualInformation& bd, double error_bits);

}  // namespace infoplane::detail
