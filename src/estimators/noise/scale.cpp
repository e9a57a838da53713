#include "estimators/noise/rule.hpp"

namespace infoplane {
namespace {

NoiseFunction make(const RuleText& text) {
  if (!detail::has_shape(text, {':'})) return {};
  const double factor = text.parameters[0].value;
  return [=](const DistanceSummary& distances) { return factor * distances.scale; };
}

}  // namespace

extern const NoiseRule scale_rule;
const NoiseRule scale_rule{"scale", "scale:C", "scale:0.01",
                           "C times the mean variance of a unit, tr Cov(h) / H, C from 1e-12 to "
                           "1e12",
                           make};

}  // namespace infoplane
