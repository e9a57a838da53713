#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <vector>

#include "core/noise.hpp"
#include "estimators/distances.hpp"

// Noise rules: the variance of the noise from the distances of a snapshot. A rule is one file of
// this folder that defines a NoiseRule, and a declaration and a line in rule.cpp.

namespace infoplane {

/// The noise variance for a snapshot; 0 for one whose distances leave nothing to go by.
using NoiseFunction = std::function<double(const DistanceSummary&)>;

struct NoiseRule {
  const char* name;     ///< RuleText::name
  const char* forms;    ///< how it is written: "pQ/DIVISOR"
  const char* example;  ///< "p90/1000"
  const char* meaning;  ///< what it gives, for errors and --help
  /// The function for these parameters; an empty one when they are not what the rule takes.
  NoiseFunction (*make)(const RuleText& text);
};

const std::vector<NoiseRule>& noise_rules();

/// The function of a rule in its canonical form (Noise::rule). Throws std::invalid_argument with
/// the reason when there is no such rule, or not with these numbers.
NoiseFunction make_noise_rule(const std::string& rule);

/// What a rule gives for a snapshot, always positive. Where it gives 0 (all rows alike, or so many
/// duplicates that the percentile is 0) the noise is 1e-6 of tr Cov(h)/H, which tells every two
/// rows apart that are not duplicates for all practical purposes; 1e-12 where all rows are alike,
/// and no noise changes anything.
double noise_variance(const NoiseFunction& rule, const DistanceSummary& distances);

/// One line for each rule, for --help.
std::string describe_noise_rules();

namespace detail {

/// Whether the parameters stand after these separators, and the last, a factor or divisor, is a
/// number that leaves a variance within the range of float64.
bool has_shape(const RuleText& text, std::initializer_list<char> separators);

}  // namespace detail

}  // namespace infoplane
