#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/errors.hpp"
#include "core/noise.hpp"
#include "store/results_table.hpp"

namespace infoplane {

/// Which estimates a table or a picture shows.
struct EstimateChoice {
  std::optional<Noise> sigma2;       ///< default: the middle one of the run's numbers
  std::optional<std::string> bound;  ///< default: kl, where the run has it
};

/// Noise at which several runs can be compared: the middle of the numbers that they share, of those
/// with most estimates if they share one of these; else a list or rule. Nothing where they share
/// none.
std::optional<Noise> shared_sigma2(const std::vector<const ResultsTable*>& tables);

/// "kl" if all these runs have it, else the first bound that they share; "kl" where they share
/// none.
std::string shared_bound(const std::vector<const ResultsTable*>& tables);

/// Positions on the axes of one run. Throw UsageError that lists what there is.
std::size_t sigma2_index(const ResultsTable& table, const std::optional<Noise>& sigma2);
std::size_t bound_index(const ResultsTable& table, const std::string& bound);
std::size_t trial_index(const ResultsTable& table, const std::string& id_or_start);

/// The varied key that is meant by "training.seed", or by "seed" where no other ends like that.
/// Throws UsageError where several do.
std::optional<std::size_t> find_axis(const std::vector<std::string>& axes, const std::string& key);

/// A run varies what it was asked for, and none of its trials has it.
class NoSuchTrial : public UsageError {
 public:
  using UsageError::UsageError;
};

/// The trials whose varied settings are as said: "learning_rate=0.001", "model.activation=tanh",
/// all of them. Numbers are compared as numbers. Throws NoSuchTrial when nothing matches, and
/// another UsageError when a key is not varied.
std::vector<std::size_t> trials_where(const ResultsTable& table,
                                      const std::vector<std::string>& conditions);

/// Whether a setting is what `text` says; numbers are compared as numbers.
bool is_setting(const Setting& setting, const std::string& text);

/// The epochs at which a trial was recorded, positions on the axis.
std::vector<std::size_t> recorded_epoch_indices(const ResultsTable& table, std::size_t trial);

/// The last of them; nothing before the first.
std::optional<std::size_t> last_epoch_index(const ResultsTable& table, std::size_t trial);

/// The layer before the output layer; the output where there is no other.
std::size_t last_hidden_layer_index(const ResultsTable& table, std::size_t trial);

}  // namespace infoplane
