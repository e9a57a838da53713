#pragma once

#include <cmath>

namespace infoplane {

/// A sum that carries what each addition rounds off (Neumaier 1974): as good as rounded once, for
/// any number of terms.
class CompensatedSum {
 public:
  void add(double term) {
    const double sum = sum_ + term;
    rounded_off_ += std::abs(sum_) >= std::abs(term) ? (sum_ - sum) + term : (term - sum) + sum_;
    sum_ = sum;
  }
  double value() const { return sum_ + rounded_off_; }

 private:
  double sum_ = 0;
  double rounded_off_ = 0;
};

}  // namespace infoplane
