#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace infoplane {

/// How a noise rule is written: a name, then numbers, the first straight after the name or each
/// after a ':' or '/': "p90/1000", "scale:0.01", "median". Which names there are and what their
/// numbers mean is said in src/estimators/noise.
struct RuleText {
  struct Parameter {
    char separator;  ///< ':' or '/', or 0 straight after the name
    double value;
  };

  std::string name;
  std::vector<Parameter> parameters;

  /// Throws std::invalid_argument with the reason when `text` has another shape.
  static RuleText parse(std::string_view text);
  /// Canonical: "p90/1e3" and "p90/1000" have the same.
  std::string text() const;
};

/// One entry of estimate.sigma2: the variance of the noise that is added to a layer, as
///
///   0.01                  a number, the same for every layer
///   [5, 2, 0.3, 0.125]    a list, one number for each layer, input side first
///   p90/1000              a rule, evaluated for each snapshot from its own distances
///   p90/1000@last         the rule at the trial's last recorded epoch, for all epochs of the layer
///
/// All variances are positive.
struct Noise {
  enum class Kind { number, list, rule };

  Kind kind = Kind::number;
  double number = 0;
  std::vector<double> list;
  std::string rule;      ///< canonical, without "@last"
  bool at_last = false;  ///< a rule with "@last"

  Noise() = default;
  Noise(double variance) : number(variance) {}
  static Noise of_layers(std::vector<double> variances);
  /// Throws std::invalid_argument with the reason.
  static Noise of_rule(std::string_view text);
  /// Any of the four, as to_string writes them and as the command line gives them. Throws
  /// std::invalid_argument with the reason.
  static Noise from_text(std::string_view text);
};

/// "0.01", "[5, 2, 0.3, 0.125]", "p90/1000@last"; equal noise has equal text.
std::string to_string(const Noise& noise);

bool operator==(const Noise& a, const Noise& b);
bool operator!=(const Noise& a, const Noise& b);
/// Whether two entries mean the same noise. Numbers may differ by rounding: as they come out of a
/// range, and as somebody types them.
bool is_same_noise(const Noise& a, const Noise& b);
/// The order of the axis: numbers, increasing; then lists; then rules by their text.
bool operator<(const Noise& a, const Noise& b);
std::ostream& operator<<(std::ostream& out, const Noise& noise);

/// For messages: what may stand in estimate.sigma2.
extern const char* const noise_forms;

}  // namespace infoplane
