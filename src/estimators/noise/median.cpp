#include "estimators/noise/rule.hpp"

namespace infoplane {
namespace {

/// The median heuristic in the convention of Garreau, Jitkrittum & Kanagawa (2018, section 2):
/// 2 sigma2 is the median of the squared distances, so that the kernel of the upper bound,
/// exp(-d / (2 sigma2)), is 1/e at the median.
NoiseFunction make(const RuleText& text) {
  const bool plain = detail::has_shape(text, {});
  if (!plain && !detail::has_shape(text, {':'})) return {};
  const double factor = plain ? 1 : text.parameters[0].value;
  return [=](const DistanceSummary& distances) { return factor * distances.quantile(50) / 2; };
}

}  // namespace

extern const NoiseRule median_rule;
const NoiseRule median_rule{"median", "median or median:C", "median",
                            "half the median of the squared distances between rows, times C from "
                            "1e-12 to 1e12",
                            make};

}  // namespace infoplane
