#include "analysis/equality.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>

#include "analysis/select.hpp"
#include "core/distance_axes.hpp"
#include "core/errors.hpp"
#include "store/activations_file.hpp"
#include "store/atomic_file.hpp"
#include "store/results_table.hpp"

namespace infoplane {
namespace {

/// Collects sentences up to a number.
class Findings {
 public:
  explicit Findings(std::size_t most) : most_(most) {}
  template <class... Args>
  void add(fmt::format_string<Args...> format, Args&&... args) {
    if (!full()) sentences_.push_back(fmt::format(format, std::forward<Args>(args)...));
  }
  bool full() const { return sentences_.size() >= most_; }
  bool empty() const { return sentences_.empty(); }
  std::vector<std::string> take() { return std::move(sentences_); }

 private:
  std::size_t most_;
  std::vector<std::string> sentences_;
};

template <class T>
bool same_bits(const T& a, const T& b) {
  return std::memcmp(&a, &b, sizeof a) == 0;
}
bool same_number(double a, double b) { return same_bits(a, b) || (std::isnan(a) && std::isnan(b)); }

/// Both runs in memory and which trial of b is which of a.
struct Pair {
  const ResultsTable& a;
  const ResultsTable& b;
  std::vector<std::size_t> in_b;  ///< position in b of each trial of a
};

void compare_metrics(const Pair& pair, std::size_t t, Findings& found) {
  struct Column {
    const char* name;
    std::vector<double> ResultsTable::*values;
  };
  const Column columns[] = {{"train loss", &ResultsTable::train_loss},
                            {"train accuracy", &ResultsTable::train_accuracy},
                            {"validation loss", &ResultsTable::validation_loss},
                            {"validation accuracy", &ResultsTable::validation_accuracy},
                            {"test loss", &ResultsTable::test_loss},
                            {"test accuracy", &ResultsTable::test_accuracy}};
  for (const Column& column : columns) {
    for (std::size_t e = 0; e < pair.a.epochs.size(); ++e) {
      const double x = (pair.a.*column.values)[pair.a.at_epoch(t, e)];
      const double y = (pair.b.*column.values)[pair.b.at_epoch(pair.in_b[t], e)];
      if (same_number(x, y)) continue;
      found.add("trial {}: {} at epoch {} is {} and {}", pair.a.trials[t], column.name,
                pair.a.epochs[e], x, y);
      break;
    }
  }
}

void compare_gradients(const Pair& pair, std::size_t t, Findings& found) {
  for (std::size_t e = 0; e < pair.a.epochs.size(); ++e) {
    for (std::size_t l = 0; l < pair.a.layers.size(); ++l) {
      const std::size_t x = pair.a.at_snapshot(t, e, l);
      const std::size_t y = pair.b.at_snapshot(pair.in_b[t], e, l);
      if (same_number(pair.a.gradient_mean[x], pair.b.gradient_mean[y]) &&
          same_number(pair.a.gradient_deviation[x], pair.b.gradient_deviation[y]) &&
          same_number(pair.a.weight_norm[x], pair.b.weight_norm[y])) {
        continue;
      }
      found.add("trial {}: the gradients of layer {} at epoch {} differ", pair.a.trials[t],
                pair.a.layers[l], pair.a.epochs[e]);
      return;
    }
  }
}

void compare_estimates(const Pair& pair, std::size_t t, Findings& found) {
  const ResultsTable& a = pair.a;
  const std::size_t per_trial =
      a.epochs.size() * a.layers.size() * a.sigma2.size() * a.bounds.size();
  for (std::size_t i = 0; i < per_trial; ++i) {
    const std::size_t in_a = t * per_trial + i;
    const std::size_t in_b = pair.in_b[t] * per_trial + i;
    const bool xt_same = same_number(a.i_xt[in_a], pair.b.i_xt[in_b]);
    if (xt_same && same_number(a.i_ty[in_a], pair.b.i_ty[in_b])) continue;
    std::size_t rest = i;
    const std::size_t bound = rest % a.bounds.size();
    rest /= a.bounds.size();
    const std::size_t sigma2 = rest % a.sigma2.size();
    rest /= a.sigma2.size();
    const std::size_t layer = rest % a.layers.size();
    found.add("trial {}: {} at epoch {}, layer {}, sigma2 {}, bound {} is {} and {} bits",
              a.trials[t], xt_same ? "I(T;Y)" : "I(X;T)", a.epochs[rest / a.layers.size()],
              a.layers[layer], to_string(a.sigma2[sigma2]), a.bounds[bound],
              xt_same ? a.i_ty[in_a] : a.i_xt[in_a],
              xt_same ? pair.b.i_ty[in_b] : pair.b.i_xt[in_b]);
    return;
  }
}

/// The first difference of a column that has `each` numbers for every snapshot.
template <class T>
void compare_column(const Pair& pair, std::size_t t, const char* name,
                    std::vector<T> ResultsTable::*column, std::size_t each, Findings& found) {
  const ResultsTable& a = pair.a;
  const std::size_t per_trial = a.epochs.size() * a.layers.size() * each;
  for (std::size_t i = 0; i < per_trial; ++i) {
    const T x = (a.*column)[t * per_trial + i];
    const T y = (pair.b.*column)[pair.in_b[t] * per_trial + i];
    if (same_bits(x, y) || (std::isnan(x) && std::isnan(y))) continue;
    const std::size_t snapshot = i / each;
    found.add("trial {}: {} at epoch {}, layer {} is {} and {}", a.trials[t], name,
              a.epochs[snapshot / a.layers.size()], a.layers[snapshot % a.layers.size()], x, y);
    return;
  }
}

void compare_noise(const Pair& pair, std::size_t t, Findings& found) {
  const std::size_t noise = pair.a.sigma2.size();
  compare_column(pair, t, "the noise variance used", &ResultsTable::sigma2_used, noise, found);
  compare_column(pair, t, "the bound on the error", &ResultsTable::error_bits, noise, found);
  compare_column(pair, t, "a quantile of the distances", &ResultsTable::distance_quantiles,
                 distance_percents.size(), found);
  compare_column(pair, t, "the histogram of the distances", &ResultsTable::distance_histogram,
                 distance_bins, found);
  compare_column(pair, t, "the mean distance", &ResultsTable::distance_mean, 1, found);
  compare_column(pair, t, "the rank error of the distances", &ResultsTable::distance_rank_error, 1,
                 found);
}

std::string word_of(std::int64_t number) { return std::to_string(number); }
std::string word_of(const std::string& text) { return text; }
std::string word_of(const Noise& noise) { return to_string(noise); }

template <class T>
bool same_axis(const char* name, const std::vector<T>& a, const std::vector<T>& b,
               Findings& found) {
  if (a == b) return true;
  const auto [x, y] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  found.add("the {} differ: {} and {} of them, first at number {} ({}; {})", name, a.size(),
            b.size(), x - a.begin() + 1, x == a.end() ? "none" : word_of(*x),
            y == b.end() ? "none" : word_of(*y));
  return false;
}

std::optional<Pair> match(const ResultsTable& a, const ResultsTable& b, Findings& found) {
  bool comparable = same_axis("recorded epochs", a.epochs, b.epochs, found);
  comparable &= same_axis("layers", a.layers, b.layers, found);
  comparable &= same_axis("noise variances", a.sigma2, b.sigma2, found);
  comparable &= same_axis("bounds", a.bounds, b.bounds, found);
  Pair pair{a, b, {}};
  for (const std::string& id : a.trials) {
    const auto at = std::find(b.trials.begin(), b.trials.end(), id);
    if (at == b.trials.end()) {
      found.add("trial {} is only in the first run", id);
      comparable = false;
    }
    pair.in_b.push_back(static_cast<std::size_t>(at - b.trials.begin()));
  }
  for (const std::string& id : b.trials) {
    if (std::find(a.trials.begin(), a.trials.end(), id) == a.trials.end()) {
      found.add("trial {} is only in the second run", id);
      comparable = false;
    }
  }
  if (!comparable) return std::nullopt;
  return pair;
}

void compare_results(const Pair& pair, Findings& found) {
  const ResultsTable& a = pair.a;
  const ResultsTable& b = pair.b;
  for (std::size_t t = 0; t < a.trials.size() && !found.full(); ++t) {
    const std::size_t u = pair.in_b[t];
    if (a.state[t] != b.state[u]) {
      found.add("trial {} is {} and {}", a.trials[t], name_of(a.state_of(t)),
                name_of(b.state_of(u)));
    }
    if (a.recorded_rows[t] != b.recorded_rows[u] || a.train_rows[t] != b.train_rows[u] ||
        !same_number(a.label_entropy[t], b.label_entropy[u])) {
      found.add("trial {} was recorded or trained on other rows", a.trials[t]);
    }
    if (a.failure[t] != b.failure[u]) {
      found.add("trial {} failed for \"{}\" and \"{}\"", a.trials[t], a.failure[t], b.failure[u]);
    }
    for (std::size_t l = 0; l < a.layers.size(); ++l) {
      if (a.layer_position[a.at_layer(t, l)] != b.layer_position[b.at_layer(u, l)] ||
          a.features[a.at_layer(t, l)] != b.features[b.at_layer(u, l)]) {
        found.add("trial {}: layer {} has another place or size", a.trials[t], a.layers[l]);
      }
    }
    compare_metrics(pair, t, found);
    compare_gradients(pair, t, found);
    compare_estimates(pair, t, found);
    compare_noise(pair, t, found);
  }
}

ActivationsFile open_activations(const RunDirectory& run, const ResultsTable& table) {
  ActivationsFile file(run.activations(), ActivationsFile::Access::read, Communicator::serial());
  file.require_trials(table.trials);
  return file;
}

/// First difference of one trial's snapshots. Both files have the same layout.
void compare_slab(const ActivationsFile& a, const ActivationsFile& b, std::size_t t, std::size_t u,
                  Findings& found) {
  const TrialLayout& trial = a.layout().trials[t];
  std::vector<float> x;
  std::vector<float> y;
  for (std::size_t e = 0; e < trial.epochs.size(); ++e) {
    for (std::size_t l = 0; l < trial.layers.size(); ++l) {
      a.read_snapshot(t, e, l, x);
      b.read_snapshot(u, e, l, y);
      if (x.size() == y.size() && std::memcmp(x.data(), y.data(), x.size() * sizeof x[0]) == 0)
        continue;
      if (x.size() != y.size()) {
        found.add("trial {}: layer {} has another number of rows or features", trial.id,
                  trial.layers[l].name);
        return;
      }
      std::size_t i = 0;
      while (same_bits(x[i], y[i])) ++i;
      const auto features = static_cast<std::size_t>(trial.layers[l].features);
      found.add("trial {}: layer {} at epoch {}, row {}, feature {} is {} and {}", trial.id,
                trial.layers[l].name, trial.epochs[e], i / features, i % features, x[i], y[i]);
      return;
    }
  }
}

void compare_activations(const Pair& pair, const RunDirectory& run_a, const RunDirectory& run_b,
                         Findings& found) {
  const bool in_a = std::filesystem::exists(run_a.activations());
  const bool in_b = std::filesystem::exists(run_b.activations());
  if (!in_a || !in_b) return;
  const ActivationsFile a = open_activations(run_a, pair.a);
  const ActivationsFile b = open_activations(run_b, pair.b);
  for (std::size_t t = 0; t < pair.a.trials.size() && !found.full(); ++t) {
    const std::size_t u = pair.in_b[t];
    if (pair.a.state_of(t) != TrialState::done || pair.b.state_of(u) != TrialState::done) continue;
    if (a.layout().trials[t].epochs != b.layout().trials[u].epochs ||
        a.layout().trials[t].layers.size() != b.layout().trials[u].layers.size()) {
      found.add("trial {} has other recorded epochs or layers", pair.a.trials[t]);
      continue;
    }
    compare_slab(a, b, t, u, found);
  }
}

/// Estimates are of no use without the variance they were made with.
void check_variance(const ResultsTable& table, std::size_t t, std::size_t e, std::size_t l,
                    std::size_t s, Findings& found) {
  if (std::isnan(table.i_xt[table.at_estimate(t, e, l, s, 0)])) return;
  const Noise& noise = table.sigma2[s];
  const double used = table.sigma2_used[table.at_noise(t, e, l, s)];
  const auto position = static_cast<std::size_t>(table.layer_position[table.at_layer(t, l)]);
  const bool right = noise.kind == Noise::Kind::number ? used == noise.number
                     : noise.kind == Noise::Kind::list
                         ? position < noise.list.size() && used == noise.list[position]
                         : used > 0;
  if (right) return;
  found.add("trial {}, epoch {}, layer {}, sigma2 {}: the noise variance used is {}",
            table.trials[t], table.epochs[e], table.layers[l], to_string(noise), used);
}

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

}  // namespace

std::vector<std::string> run_differences(const RunDirectory& a, const RunDirectory& b,
                                         std::size_t most) {
  a.require_run();
  b.require_run();
  const ResultsTable results_a = read_results(a.results());
  const ResultsTable results_b = read_results(b.results());
  Findings found(most);
  if (const std::optional<Pair> pair = match(results_a, results_b, found)) {
    compare_results(*pair, found);
    compare_activations(*pair, a, b, found);
  }
  return found.take();
}

std::vector<std::string> run_defects(const RunDirectory& run, std::size_t most) {
  run.require_run();
  const ResultsTable table = read_results(run.results());
  Findings found(most);
  if (!table.sealed) {
    found.add(
        "results.nc has no checksum yet: a job writes it, or was killed (the same run command "
        "completes it)");
  }
  for (const auto& [name, value] : table.provenance) {
    if (name == "sweep" && !ends_with(read_text(run.sweep()), std::get<std::string>(value))) {
      found.add("{} is not the sweep of results.nc, which has the text in its attribute `sweep`",
                run.sweep().string());
    }
  }
  constexpr double rounding = 1e-9;
  for (std::size_t t = 0; t < table.trials.size(); ++t) {
    const TrialState state = table.state_of(t);
    if (state == TrialState::pending || state == TrialState::running) {
      found.add("trial {} is {}: the same run command trains it", table.trials[t], name_of(state));
    }
    if (state != TrialState::done) continue;
    if (!last_epoch_index(table, t)) {
      found.add("trial {} is done but has no recorded epoch", table.trials[t]);
    }
    const double ceiling_xt = std::log2(static_cast<double>(table.recorded_rows[t]));
    for (std::size_t e = 0; e < table.epochs.size(); ++e) {
      if (std::isnan(table.train_loss[table.at_epoch(t, e)])) continue;
      for (std::size_t l = 0; l < table.layers.size(); ++l) {
        if (table.layer_position[table.at_layer(t, l)] < 0) continue;
        if (std::isnan(table.distance_mean[table.at_snapshot(t, e, l)])) {
          found.add(
              "trial {}, epoch {}, layer {}: the distances are missing (the same run command "
              "completes it)",
              table.trials[t], table.epochs[e], table.layers[l]);
        }
        for (std::size_t s = 0; s < table.sigma2.size(); ++s) {
          check_variance(table, t, e, l, s, found);
          for (std::size_t b = 0; b < table.bounds.size(); ++b) {
            const std::size_t at = table.at_estimate(t, e, l, s, b);
            const auto check = [&](const char* name, double bits, double least, double ceiling) {
              if (std::isnan(bits)) {
                found.add(
                    "trial {}, epoch {}, layer {}, sigma2 {}, bound {}: {} is missing (the same "
                    "run command "
                    "completes it)",
                    table.trials[t], table.epochs[e], table.layers[l], to_string(table.sigma2[s]),
                    table.bounds[b], name);
              } else if (bits < least - rounding || bits > ceiling + rounding) {
                found.add(
                    "trial {}, epoch {}, layer {}, sigma2 {}, bound {}: {} = {} bits is outside "
                    "[{}, {}]",
                    table.trials[t], table.epochs[e], table.layers[l], to_string(table.sigma2[s]),
                    table.bounds[b], name, bits, least, ceiling);
              }
            };
            check("I(X;T)", table.i_xt[at], 0, ceiling_xt);
            check("I(T;Y)", table.i_ty[at], table.label_entropy[t] - ceiling_xt,
                  table.label_entropy[t]);
          }
        }
      }
    }
  }
  if (std::filesystem::exists(run.activations())) {
    const ActivationsFile file = open_activations(run, table);
    const std::vector<LedgerEntry> ledger = file.ledger();
    for (std::size_t t = 0; t < ledger.size() && !found.full(); ++t) {
      if (ledger[t].state != table.state_of(t)) {
        found.add("trial {} is {} in the ledger and {} in the results", table.trials[t],
                  name_of(ledger[t].state), name_of(table.state_of(t)));
      }
      if (ledger[t].state == TrialState::done && !file.slab_is_whole(t)) {
        found.add("trial {}: the activations do not have the checksum of the ledger",
                  file.layout().trials[t].id);
      }
    }
  }
  return found.take();
}

}  // namespace infoplane
