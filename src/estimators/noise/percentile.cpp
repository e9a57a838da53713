#include "estimators/noise/rule.hpp"

namespace infoplane {
namespace {

NoiseFunction make(const RuleText& text) {
  if (!detail::has_shape(text, {0, '/'})) return {};
  const double percent = text.parameters[0].value;
  const double divisor = text.parameters[1].value;
  if (!(percent > 0 && percent < 100)) return {};
  return [=](const DistanceSummary& distances) { return distances.quantile(percent) / divisor; };
}

}  // namespace

extern const NoiseRule percentile_rule;
const NoiseRule percentile_rule{"p", "pQ/DIVISOR", "p90/1000",
                                "the Q-th percentile of the squared distances between rows, 0 < Q "
                                "< 100, over DIVISOR, 1e-12 to "
                                "1e12",
                                make};

}  // namespace infoplane
