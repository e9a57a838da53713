#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/value.hpp"
#include "core/settings.hpp"

namespace infoplane::config {

/// One line of [grid]: a training key and the values it takes.
struct GridAxis {
  std::string key;  ///< dotted: "training.learning_rate"
  Source where;
  std::vector<Value> values;  ///< at least one; all of the type and range of the key, no two equal
};

/// A sweep file, read and checked. Every value is right by itself; what depends on the data (more
/// rows asked for than there are) is found when the trials are planned.
class SweepFile {
 public:
  /// `file` is how errors name the text. `overrides` are "key=value" as in --set: a key of a
  /// section replaces the file's value, and takes the key out of the grid; "grid.KEY=[...]" sets an
  /// axis. Throws ConfigError with file:line:column, or UsageError for a malformed override.
  static SweepFile parse(std::string_view text, const std::string& file,
                         const std::vector<std::string>& overrides = {});

  const std::string& name() const { return name_; }
  std::int64_t seed() const { return seed_; }
  const RecordSettings& record() const { return record_; }
  const EstimateSettings& estimate() const { return estimate_; }
  const std::vector<GridAxis>& axes() const { return axes_; }

  /// The settings at one point of the grid: choice[a] is the index of the value of axis a.
  TrialSettings trial(const std::vector<std::size_t>& choice) const;

  /// Where a key was written, for errors found later; the file itself when it stands nowhere.
  Source where(const std::string& dotted_key) const;
  /// The same for one entry of estimate.sigma2.
  Source where(const Noise& noise) const;

  /// The whole sweep as TOML with every default filled in; parses back to the same sweep.
  std::string resolved() const;

 private:
  SweepFile() = default;
  void read_axes(const Value& grid);

  Value root_;
  std::string file_;
  std::string name_;
  std::int64_t seed_ = 1;
  RecordSettings record_;
  EstimateSettings estimate_;
  std::vector<GridAxis> axes_;
};

/// Every setting of a trial as "section.key = value" lines: equal text means an equal network.
std::string canonical_text(const TrialSettings& settings);

/// One setting by its dotted key: numbers as numbers, everything else as text without quotes.
Setting setting_of(const TrialSettings& settings, const std::string& dotted_key);

/// Noise as the command line gives it, "1e-2", "log:1e-4:1e1:12", "[5, 2, 0.3]", "p90/1000":
/// checked and ordered like estimate.sigma2. Throws ConfigError that names `option`.
std::vector<Noise> parse_sigma2(const std::vector<std::string>& words, const std::string& option);

/// A table of all keys with their allowed values, meanings and defaults, for --help.
std::string describe_keys();

}  // namespace infoplane::config
