#include "estimators/pairwise_reference.hpp"

#include <cmath>

#include "estimators/pairwise_validation.hpp"

namespace infoplane {
namespace {

/// - sum_i c_i log2 sum_j c_j exp(-d_ij / scale), over the rows of one class or over all
/// (any_class).
struct PairwiseEntropy {
  MatrixView<const double> h;
  const std::vector<std::int32_t>& labels;
  const std::vector<double>& weights;

  double operator()(double scale, bool any_class, std::int32_t label) const {
    double mass = 0;
    for (std::size_t i = 0; i < h.rows(); ++i)
      mass += belongs(i, any_class, label) ? weights[i] : 0;
    double bits = 0;
    for (std::size_t i = 0; i < h.rows(); ++i) {
      if (!belongs(i, any_class, label)) continue;
      double kernel_sum = 0;
      for (std::size_t j = 0; j < h.rows(); ++j) {
        if (belongs(j, any_class, label)) {
          kernel_sum += weights[j] / mass * std::exp(-squared_distance(i, j) / scale);
        }
      }
      bits -= weights[i] / mass * std::log2(kernel_sum);
    }
    return mass * bits;
  }

  bool belongs(std::size_t i, bool any_class, std::int32_t label) const {
    return any_class || labels[i] == label;
  }
  double squared_distance(std::size_t i, std::size_t j) const {
    double sum = 0;
    for (std::size_t k = 0; k < h.cols(); ++k) {
      const double difference = h(i, k) - h(j, k);
      sum += difference * difference;
    }
    return sum;
  }
};

}  // namespace

std::vector<PairwiseEstimate> pairwise_information_reference(
    MatrixView<const double> h, const std::vector<std::int32_t>& labels,
    const std::vector<double>& sigma2, std::vector<double> weights) {
  detail::require_snapshot(h, labels, sigma2);
  if (weights.empty()) weights.assign(h.rows(), 1.0 / static_cast<double>(h.rows()));
  const PairwiseEntropy entropy{h, labels, weights};
  const auto information = [&](double scale) {
    MutualInformation bits;
    bits.xt = entropy(scale, true, 0);
    bits.ty = bits.xt;
    for (const std::int32_t label : detail::distinct_labels(labels))
      bits.ty -= entropy(scale, false, label);
    return bits;
  };
  std::vector<PairwiseEstimate> estimates;
  for (const double s : sigma2) estimates.push_back({s, information(2 * s), information(8 * s)});
  return estimates;
}

}  // namespace infoplane
