#include "estimators/noise/rule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "core/text.hpp"

namespace infoplane {

extern const NoiseRule percentile_rule;
extern const NoiseRule scale_rule;
extern const NoiseRule median_rule;

const std::vector<NoiseRule>& noise_rules() {
  static const std::vector<NoiseRule> rules{
      percentile_rule,
      scale_rule,
      median_rule,
  };
  return rules;
}

namespace {

std::string forms_of_all() {
  std::vector<std::string> forms;
  for (const NoiseRule& rule : noise_rules()) forms.emplace_back(rule.forms);
  return join(forms);
}

/// What may have been meant, with the numbers that were given: a mistyped range arrives here too.
std::string suggestion(const RuleText& text) {
  std::vector<std::string> names{"log", "lin"};
  for (const NoiseRule& rule : noise_rules()) names.emplace_back(rule.name);
  RuleText meant = text;
  meant.name = nearest_word(text.name, names);
  return meant.name.empty() ? "" : fmt::format("did you mean \"{}\"? ", meant.text());
}

}  // namespace

NoiseFunction make_noise_rule(const std::string& rule) {
  const RuleText text = RuleText::parse(rule);
  for (const NoiseRule& known : noise_rules()) {
    if (text.name != known.name) continue;
    NoiseFunction made = known.make(text);
    if (made) return made;
    throw std::invalid_argument(fmt::format("must be {}, for example \"{}\": {}", known.forms,
                                            known.example, known.meaning));
  }
  throw std::invalid_argument(
      fmt::format("{}there is no such rule; rules: {}; ranges: "
                  "log:from:to:count, lin:from:to:count, x2:from:to",
                  suggestion(text), forms_of_all()));
}

double noise_variance(const NoiseFunction& rule, const DistanceSummary& distances) {
  constexpr double share_of_scale = 1e-6;
  constexpr double of_constant_layer = 1e-12;
  const double variance = rule(distances);
  if (variance > 0) return variance;
  return distances.scale > 0 ? share_of_scale * distances.scale : of_constant_layer;
}

std::string describe_noise_rules() {
  std::string text;
  for (const NoiseRule& rule : noise_rules())
    text += fmt::format("  {:<18}  {}\n", rule.forms, rule.meaning);
  return text;
}

namespace detail {

bool has_shape(const RuleText& text, std::initializer_list<char> separators) {
  const bool same = std::equal(
      text.parameters.begin(), text.parameters.end(), separators.begin(), separators.end(),
      [](const RuleText::Parameter& parameter, char c) { return parameter.separator == c; });
  if (!same || text.parameters.empty()) return same;
  const double factor = text.parameters.back().value;
  return factor >= 1e-12 && factor <= 1e12;
}

}  // namespace detail

}  // namespace infoplane
