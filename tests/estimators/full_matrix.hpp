#pragma once

#include <cmath>
#include <map>
#include <vector>

#include "estimators/snapshot.hpp"

namespace infoplane::test {

/// A second, faster reference for many noises on one snapshot: the whole distance matrix in float64
/// once, then the ratios of definitions in long double. Written without a look at either
/// implementation; FullMatrix.AgreesWithTheReference keeps it honest.
class FullMatrix {
 public:
  explicit FullMatrix(const Snapshot& s) : labels_(s.labels), distances_(s.rows * s.rows) {
    for (std::size_t i = 0; i < s.rows; ++i) {
      const float* a = s.values.data() + i * s.cols;
      for (std::size_t j = 0; j < i; ++j) {
        const float* b = s.values.data() + j * s.cols;
        double sum = 0;
        for (std::size_t k = 0; k < s.cols; ++k) {
          const double difference = static_cast<double>(a[k]) - static_cast<double>(b[k]);
          sum += difference * difference;
        }
        distances_[i * s.rows + j] = distances_[j * s.rows + i] = sum;
      }
    }
  }

  double distance(std::size_t i, std::size_t j) const { return distances_[i * labels_.size() + j]; }

  PairwiseEstimate estimate(double sigma2) const {
    PairwiseEstimate estimate;
    estimate.sigma2 = sigma2;
    estimate.kl = information(2.0L * sigma2);
    estimate.bd = information(8.0L * sigma2);
    return estimate;
  }

 private:
  MutualInformation information(long double scale) const {
    const std::size_t n = labels_.size();
    const auto rows = static_cast<long double>(n);
    std::map<std::int32_t, long double> class_rows;
    for (const std::int32_t label : labels_) class_rows[label] += 1;
    long double xt = 0;
    long double ty = 0;
    for (std::size_t i = 0; i < n; ++i) {
      long double all = 0;
      long double same = 0;
      for (std::size_t j = 0; j < n; ++j) {
        const double kernel = std::exp(static_cast<double>(-distances_[i * n + j] / scale));
        all += kernel;
        if (labels_[i] == labels_[j]) same += kernel;
      }
      xt -= std::log2(all / rows) / rows;
      ty += (std::log2(same / class_rows[labels_[i]]) - std::log2(all / rows)) / rows;
    }
    return {static_cast<double>(xt), static_cast<double>(ty)};
  }

  std::vector<std::int32_t> labels_;
  std::vector<double> distances_;  // [row][row]
};

}  // namespace infoplane::test
