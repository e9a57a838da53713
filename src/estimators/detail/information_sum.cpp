#include "estimators/detail/information_sum.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace infoplane::detail {
namespace {

/// Limits are exact; this much is rounding, of the kernel sums as well.
constexpr double rounding_bits = 1e-9;

/// Sums lie between 1 and N < 2^32, shares between 1 / N and 1: so many factors neither overflow
/// nor underflow.
constexpr int most_multiplied = 16;

}  // namespace

void InformationSum::add(double weight, double same, double other, double left_out) {
  const double all = same + other;
  if (weight == 1.0) {
    product_all_ *= all;
    product_share_ *= same / all;
    if (++multiplied_ == most_multiplied) {
      log_all_.add(std::log2(product_all_));
      log_share_.add(std::log2(product_share_));
      product_all_ = product_share_ = 1;
      multiplied_ = 0;
    }
  } else {
    log_all_.add(weight * std::log2(all));
    log_share_.add(weight * std::log2(same / all));
  }
  // Of log2(all) and of log2(same) together.
  left_out_ += weight * left_out * (1.0 / all + 1.0 / same);
}

double InformationSum::error_bits(double relative_error) const {
  return (left_out_ / rows_ + 2.0 * relative_error) / std::log(2.0);
}

MutualInformation InformationSum::information(double variance, std::size_t features) const {
  const auto held_to = [&](const char* name, double bits, double least, double most) {
    if (!(bits >= least - rounding_bits && bits <= most + rounding_bits)) {
      throw InternalError(fmt::format(
          "{} = {} bits is outside [{}, {}] where kernels are exp(-d / {}), N = {}, H = "
          "{}: a defect of the estimator",
          name, bits, least, most, 2.0 * variance, rows_, features));
    }
    return std::clamp(bits, least, most);
  };
  const double ceiling = std::log2(rows_);
  const double log_all = log_all_.value() + std::log2(product_all_);
  const double log_share = log_share_.value() + std::log2(product_share_);
  double ty = label_entropy_ + log_share / rows_;
  // Where all rows are alike it is the difference of two equal numbers, each rounded on its way: a
  // sign of that would look like one that tells something.
  constexpr double epsilon = std::numeric_limits<double>::epsilon();
  if (std::abs(ty) <= 4 * epsilon * label_entropy_) ty = 0;
  // A share of the kernel sum is 1 / N at least.
  return {held_to("I(X;T)", ceiling - log_all / rows_, 0, ceiling),
          held_to("I(T;Y)", ty, label_entropy_ - ceiling, label_entropy_)};
}

PairwiseEstimate both_bounds(double sigma2, const MutualInformation& kl,
                             const MutualInformation& bd, double error_bits) {
  return {sigma2, kl, {std::min(bd.xt, kl.xt), bd.ty}, error_bits};
}

}  // namespace infoplane::detail
