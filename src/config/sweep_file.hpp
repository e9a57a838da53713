#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/value.hpp"
#include "core/settings.hpp"
#include "core/shard.hpp"

namespace infoplane::config {

/// One line of [grid]: a training key and the values it takes; or a section and tables, of which
/// each overlays the section in its trials.
struct GridAxis {
  std::string key;  ///< dotted, "training.learning_rate", or a section: "model"
  Source where;
  std::vector<Value> values;  ///< at least one; all of the type and range of the key, no two equal
  std::vector<Setting> labels;  ///< of each value: the setting, or a few words that tell tables
                                ///< apart, "gcn" or "fcn hidden=200-200"

  bool is_over_tables() const { return key.find('.') == std::string::npos; }
};

/// A sweep file, read and checked. Every value is right by itself; what depends on the data (more
/// rows asked for than there are) is found when the trials are planned.
class SweepFile {
 public:
  /// `file` is how errors name the text. `overrides` are "key=value" as in --set: a key of a
  /// section replaces the file's value, and takes the key out of the grid and of the tables there;
  /// "grid.KEY=[...]" sets an axis. Throws ConfigError with file:line:column, or UsageError for a
  /// malformed override.
  static SweepFile parse(std::string_view text, const std::string& file,
                         const std::vector<std::string>& overrides = {});

  const std::string& name() const { return name_; }
  std::int64_t seed() const { return seed_; }
  /// Which part of the trials; the whole unless asked for.
  const Shard& shard() const { return shard_; }
  const DataPlaces& data_places() const { return places_; }
  const RecordSettings& record() const { return record_; }
  const EstimateSettings& estimate() const { return estimate_; }
  const std::vector<GridAxis>& axes() const { return axes_; }

  /// The settings at one point of the grid: choice[a] is the index of the value of axis a. Throws
  /// ConfigError where they do not go together.
  TrialSettings trial(const std::vector<std::size_t>& choice) const;

  /// Where a key was written, for errors found later; the file itself when it stands nowhere.
  Source where(const std::string& dotted_key) const;
  /// The same for the value that a trial has: of several on an axis, its own.
  Source where(const std::string& dotted_key, const TrialSettings& trial) const;
  /// The same for one entry of estimate.sigma2.
  Source where(const Noise& noise) const;

  /// The whole sweep as TOML with every default filled in that any trial uses; parses back to the
  /// same sweep. Where the grid sets the kind of model, [model] has only what the file says.
  std::string resolved() const;

 private:
  SweepFile() = default;
  void read_axes(const Value& grid);
  TrialSettings base_settings() const;
  bool is_axis(const std::string& key) const;
  bool grid_sets(const std::string& dotted_key) const;

  Value root_;
  std::string file_;
  std::string name_;
  std::int64_t seed_ = 1;
  Shard shard_;
  DataPlaces places_;
  RecordSettings record_;
  EstimateSettings estimate_;
  std::vector<GridAxis> axes_;
};

/// Every setting that a trial uses, as "section.key = value" lines: equal text means an equal
/// network.
std::string canonical_text(const TrialSettings& settings);

/// One setting by its dotted key: numbers as numbers, everything else as text without quotes.
Setting setting_of(const TrialSettings& settings, const std::string& dotted_key);

/// Noise as the command line gives it, "1e-2", "log:1e-4:1e1:12", "[5, 2, 0.3]", "p90/1000":
/// checked and ordered like estimate.sigma2. Throws ConfigError that names `option`.
std::vector<Noise> parse_sigma2(const std::vector<std::string>& words, const std::string& option);

/// A table of all keys with their allowed values, meanings and defaults, for --help.
std::string describe_keys();

}  // namespace infoplane::config
