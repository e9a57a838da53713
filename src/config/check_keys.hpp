#pragma once

#include <string>
#include <vector>

#include "config/sweep_file.hpp"
#include "config/value.hpp"

// Whether the keys of a sweep go together. Internal to the room.

namespace infoplane::config::detail {

/// The choices (config/goes_with.hpp) that the trials of a sweep make.
class Choices {
 public:
  /// Both must outlive this. `root` without what the grid sets.
  Choices(const Value& root, const std::vector<GridAxis>& axes);

  /// Whether any trial makes use of a key.
  bool use(const std::string& dotted_key) const;
  /// Throws ConfigError, at its place, for a key that is written and of no use to any trial.
  void refuse_unused_keys() const;

 private:
  std::vector<std::string> words(const std::string& selector, const Value* table) const;
  void refuse_unused(const std::string& dotted_key, const Value& value, const Value* table) const;

  const Value& root_;
  const std::vector<GridAxis>& axes_;
  TrialSettings base_;
};

/// Throws ConfigError where one key of a trial needs another, or a value does not go with its
/// choices. `root` holds the trial's sections, `file` is where what is not written would stand.
void refuse_wrong_trial(const TrialSettings& trial, const Value& root, const std::string& file);

}  // namespace infoplane::config::detail
