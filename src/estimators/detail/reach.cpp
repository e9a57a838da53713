#include "estimators/detail/reach.hpp"

#include <limits>

namespace infoplane::detail {

Reach::Reach(const std::vector<NoiseWidth>& widths, double exponent, bool prune) {
  for (const NoiseWidth& width : widths) {
    squared_.push_back(prune ? 2.0 * width.variance * exponent
                             : std::numeric_limits<double>::infinity());
  }
}

}  // namespace infoplane::detail
