#pragma once

#include <cstring>

#include "estimators/pairwise.hpp"

// Stands in for the estimator's own PairwiseProblem: one ticket for each noise variance.

namespace infoplane {

class PairwiseProblem {
 public:
  PairwiseProblem(MatrixView<const float> h, const std::vector<std::int32_t>& labels,
                  const std::vector<double>& sigma2)
      : h_(h), labels_(labels), sigma2_(sigma2) {}
  std::size_t tickets() const { return sigma2_.size(); }
  double ticket_cost_s(std::size_t) const { return pairwise_cost_s(h_.rows(), h_.cols(), 1); }
  std::size_t sums_size() const { return 4 * sigma2_.size(); }
  void add(std::size_t ticket, std::vector<std::int64_t>& sums) const {
    const PairwiseEstimate e = pairwise_information(h_, labels_, {sigma2_[ticket]})[0];
    const double values[] = {e.kl.xt, e.kl.ty, e.bd.xt, e.bd.ty};
    for (std::size_t i = 0; i < 4; ++i) {
      std::int64_t bits = 0;
      std::memcpy(&bits, &values[i], sizeof bits);
      sums[4 * ticket + i] += bits;
    }
  }
  std::vector<PairwiseEstimate> finish(const std::vector<std::int64_t>& sums) const {
    std::vector<double> values(sums.size());
    std::memcpy(values.data(), sums.data(), sums.size() * sizeof(double));
    std::vector<PairwiseEstimate> out;
    for (std::size_t s = 0; s < sigma2_.size(); ++s) {
      PairwiseEstimate e;
      e.sigma2 = sigma2_[s];
      e.kl = {values[4 * s], values[4 * s + 1]};
      e.bd = {values[4 * s + 2], values[4 * s + 3]};
      out.push_back(e);
    }
    return out;
  }

 private:
  MatrixView<const float> h_;
  const std::vector<std::int32_t>& labels_;
  std::vector<double> sigma2_;
};

}  // namespace infoplane
