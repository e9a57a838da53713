#include "analysis/select.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>

#include "core/errors.hpp"
#include "core/text.hpp"

namespace infoplane {
namespace {

std::size_t estimates_at(const ResultsTable& table, std::size_t sigma2) {
  const std::size_t bounds = table.bounds.size();
  const std::size_t step = table.sigma2.size() * bounds;
  std::size_t count = 0;
  for (std::size_t at = sigma2 * bounds; at < table.i_xt.size(); at += step) {
    for (std::size_t b = 0; b < bounds; ++b) count += std::isnan(table.i_xt[at + b]) ? 0 : 1;
  }
  return count;
}

/// The numbers that are farthest: others may have been added and not be there yet.
std::vector<std::size_t> farthest_numbers(const ResultsTable& table) {
  std::vector<std::size_t> farthest;
  std::size_t most = 0;
  for (std::size_t s = 0; s < table.sigma2.size(); ++s) {
    if (table.sigma2[s].kind != Noise::Kind::number) continue;
    const std::size_t count = estimates_at(table, s);
    if (count > most) farthest.clear();
    most = std::max(most, count);
    if (count == most) farthest.push_back(s);
  }
  return farthest;
}

constexpr std::size_t most_listed = 12;

/// Whether `infoplane estimate` takes it: a list has one number for each layer, in every trial.
bool fits_layers(const Noise& noise, const ResultsTable& table) {
  if (noise.kind != Noise::Kind::list) return true;
  for (std::size_t t = 0; t < table.trials.size(); ++t) {
    std::size_t depth = 0;
    for (std::size_t l = 0; l < table.layers.size(); ++l)
      depth += table.layer_position[table.at_layer(t, l)] >= 0 ? 1U : 0U;
    if (depth != noise.list.size()) return false;
  }
  return true;
}

}  // namespace

std::optional<Noise> shared_sigma2(const std::vector<const ResultsTable*>& tables) {
  const auto middle_of_shared = [&](const auto& candidates) -> std::optional<Noise> {
    std::vector<Noise> shared = candidates(*tables.at(0));
    for (const ResultsTable* table : tables) {
      const std::vector<Noise> theirs = candidates(*table);
      const auto lacks = [&](const Noise& noise) {
        return std::none_of(theirs.begin(), theirs.end(),
                            [&](const Noise& other) { return is_same_noise(other, noise); });
      };
      shared.erase(std::remove_if(shared.begin(), shared.end(), lacks), shared.end());
    }
    if (shared.empty()) return std::nullopt;
    return shared[(shared.size() - 1) / 2];
  };
  const auto farthest = [](const ResultsTable& table) {
    std::vector<Noise> noise;
    for (const std::size_t s : farthest_numbers(table)) noise.push_back(table.sigma2[s]);
    return noise;
  };
  const std::optional<Noise> number = middle_of_shared(farthest);
  if (number) return number;
  return middle_of_shared([](const ResultsTable& table) { return table.sigma2; });
}

std::string shared_bound(const std::vector<const ResultsTable*>& tables) {
  const std::string usual = "kl";
  const auto have = [&](const std::string& bound) {
    return std::all_of(tables.begin(), tables.end(), [&](const ResultsTable* table) {
      return std::find(table->bounds.begin(), table->bounds.end(), bound) != table->bounds.end();
    });
  };
  if (have(usual)) return usual;
  const std::vector<std::string>& first = tables.at(0)->bounds;
  const auto shared = std::find_if(first.begin(), first.end(), have);
  return shared == first.end() ? usual : *shared;
}

std::size_t sigma2_index(const ResultsTable& table, const std::optional<Noise>& sigma2) {
  if (!sigma2) {
    // The middle of the numbers; without any the middle of the rules is as good as another.
    const std::vector<std::size_t> farthest = farthest_numbers(table);
    if (!farthest.empty()) return farthest[(farthest.size() - 1) / 2];
    return (table.sigma2.size() - 1) / 2;
  }
  std::vector<std::string> words;
  for (std::size_t s = 0; s < table.sigma2.size(); ++s) {
    if (is_same_noise(table.sigma2[s], *sigma2)) return s;
    words.push_back(to_string(table.sigma2[s]));
  }
  if (sigma2->kind == Noise::Kind::rule) {
    const std::string near = nearest_word(to_string(*sigma2), words);
    throw UsageError(fmt::format(
        "no estimates at sigma2 = {} ({}there are: {})", to_string(*sigma2),
        near.empty() ? "" : "did you mean " + near + "? ", join_some(words, most_listed)));
  }
  std::string hint;
  if (fits_layers(*sigma2, table)) {
    hint = fmt::format("; infoplane estimate RUN --sigma2 {} makes them",
                       shell_word(to_string(*sigma2)));
  }
  throw UsageError(fmt::format("no estimates at sigma2 = {} (there are: {}){}", to_string(*sigma2),
                               join_some(words, most_listed), hint));
}

std::size_t bound_index(const ResultsTable& table, const std::string& bound) {
  const auto found = std::find(table.bounds.begin(), table.bounds.end(), bound);
  if (found == table.bounds.end()) {
    throw UsageError(
        fmt::format("no bound \"{}\" in this run (there are: {})", bound, join(table.bounds)));
  }
  return static_cast<std::size_t>(found - table.bounds.begin());
}

std::size_t trial_index(const ResultsTable& table, const std::string& id_or_start) {
  std::vector<std::size_t> matches;
  for (std::size_t t = 0; t < table.trials.size(); ++t) {
    if (!id_or_start.empty() && table.trials[t].rfind(id_or_start, 0) == 0) matches.push_back(t);
  }
  if (matches.size() == 1) return matches[0];
  throw UsageError(fmt::format("{} trial \"{}\" in this run; infoplane compare RUN lists them",
                               matches.empty() ? "no" : "more than one", id_or_start));
}

std::optional<std::size_t> find_axis(const std::vector<std::string>& axes, const std::string& key) {
  std::vector<std::size_t> meant;
  for (std::size_t a = 0; a < axes.size(); ++a) {
    if (axes[a] == key) return a;
    if (axes[a].substr(axes[a].rfind('.') + 1) == key) meant.push_back(a);
  }
  if (meant.size() > 1)
    throw UsageError(fmt::format("\"{}\" could be {} or {}", key, axes[meant[0]], axes[meant[1]]));
  return meant.empty() ? std::nullopt : std::optional(meant[0]);
}

bool is_setting(const Setting& setting, const std::string& text) {
  if (std::holds_alternative<std::string>(setting)) return std::get<std::string>(setting) == text;
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0') return false;
  const auto* whole = std::get_if<std::int64_t>(&setting);
  return number == (whole ? static_cast<double>(*whole) : std::get<double>(setting));
}

namespace {

std::size_t axis_index(const ResultsTable& table, const std::string& key) {
  const std::optional<std::size_t> axis = find_axis(table.axes, key);
  if (axis) return *axis;
  throw UsageError(
      fmt::format("\"{}\" is not varied in this run (varied: {})", key, join(table.axes)));
}

}  // namespace

std::vector<std::size_t> trials_where(const ResultsTable& table,
                                      const std::vector<std::string>& conditions) {
  std::vector<std::size_t> matching(table.trials.size());
  std::iota(matching.begin(), matching.end(), std::size_t{0});
  for (const std::string& condition : conditions) {
    const std::size_t equals_sign = condition.find('=');
    if (equals_sign == std::string::npos) {
      throw UsageError("--where " + condition +
                       " is not key=value (for example --where activation=tanh)");
    }
    const std::size_t axis = axis_index(table, condition.substr(0, equals_sign));
    const std::string wanted = condition.substr(equals_sign + 1);
    std::vector<std::string> there;
    std::vector<std::size_t> kept;
    for (const std::size_t t : matching) {
      const std::string value = to_string(table.varied[t][axis]);
      if (std::find(there.begin(), there.end(), value) == there.end()) there.push_back(value);
      if (is_setting(table.varied[t][axis], wanted)) kept.push_back(t);
    }
    if (kept.empty()) {
      throw NoSuchTrial(fmt::format("no trial has {} = {} (there are: {})", table.axes[axis],
                                    wanted, join(there)));
    }
    matching = std::move(kept);
  }
  return matching;
}

std::vector<std::size_t> recorded_epoch_indices(const ResultsTable& table, std::size_t trial) {
  std::vector<std::size_t> recorded;
  for (std::size_t e = 0; e < table.epochs.size(); ++e) {
    if (!std::isnan(table.train_loss[table.at_epoch(trial, e)])) recorded.push_back(e);
  }
  return recorded;
}

std::optional<std::size_t> last_epoch_index(const ResultsTable& table, std::size_t trial) {
  const std::vector<std::size_t> recorded = recorded_epoch_indices(table, trial);
  return recorded.empty() ? std::nullopt : std::optional(recorded.back());
}

std::size_t last_hidden_layer_index(const ResultsTable& table, std::size_t trial) {
  std::int32_t depth = 0;
  for (std::size_t l = 0; l < table.layers.size(); ++l)
    depth = std::max(depth, table.layer_position[table.at_layer(trial, l)]);
  for (std::size_t l = 0; l < table.layers.size(); ++l) {
    if (table.layer_position[table.at_layer(trial, l)] == std::max(0, depth - 1)) return l;
  }
  throw InputError("trial " + table.trials[trial] + " has no layers");
}

}  // namespace infoplane
