#pragma once

#include <cstddef>
#include <vector>

#include "estimators/detail/noise_ladder.hpp"

namespace infoplane::detail {

/// How far each width sees, widest first: where its kernel falls below exp(-exponent), in squared
/// distances.
class Reach {
 public:
  /// Without `prune` every width sees everything.
  Reach(const std::vector<NoiseWidth>& widths, double exponent, bool prune);

  const std::vector<double>& squared() const { return squared_; }

  /// How many widths see a squared distance. They are the first ones.
  std::size_t widths_at(double distance) const {
    std::size_t count = 0;
    while (count < squared_.size() && distance <= squared_[count]) ++count;
    return count;
  }

 private:
  std::vector<double> squared_;
};

}  // namespace infoplane::detail
