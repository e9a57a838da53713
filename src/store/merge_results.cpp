#include "store/merge_results.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>

#include "core/distance_axes.hpp"
#include "core/errors.hpp"
#include "core/text.hpp"
#include "store/copy_trial.hpp"

namespace infoplane {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

void require_same_axes(const std::vector<ResultsTable>& parts,
                       const std::vector<std::string>& names) {
  for (std::size_t p = 1; p < parts.size(); ++p) {
    if (parts[p].sigma2 != parts[0].sigma2) {
      std::vector<std::string> missing;
      const auto collect = [&](const ResultsTable& from, const ResultsTable& other) {
        for (const Noise& noise : from.sigma2) {
          if (std::find(other.sigma2.begin(), other.sigma2.end(), noise) == other.sigma2.end())
            missing.push_back(shell_word(to_string(noise)));
        }
      };
      collect(parts[0], parts[p]);
      const std::size_t lacking = missing.empty() ? 0 : p;
      if (missing.empty()) collect(parts[p], parts[0]);
      throw UsageError(fmt::format(
          "{} and {} have other noise variances: infoplane estimate {} --sigma2 {} adds what one "
          "lacks",
          names[0], names[p], shell_word(names[lacking]), join(missing, " ")));
    }
    if (parts[p].bounds != parts[0].bounds || parts[p].axes != parts[0].axes) {
      throw UsageError(fmt::format("{} and {} are not of one sweep: their {} differ", names[0],
                                   names[p],
                                   parts[p].axes != parts[0].axes ? "varied settings" : "bounds"));
    }
  }
}

std::vector<std::int64_t> dimensions_from_text(const std::string& text) {
  std::vector<std::int64_t> shape;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('x', at), text.size());
    shape.push_back(std::stoll(text.substr(at, end - at)));
    at = end + 1;
  }
  return shape;
}

/// What is known of a trial's layers, from the input side.
std::vector<LayerLayout> layers_of(const ResultsTable& table, std::size_t trial) {
  std::map<std::int32_t, LayerLayout> layers;
  for (std::size_t l = 0; l < table.layers.size(); ++l) {
    const std::size_t at = table.at_layer(trial, l);
    if (table.layer_position[at] < 0) continue;
    layers[table.layer_position[at]] = {table.layers[l], table.features[at], table.layer_kind[at],
                                        dimensions_from_text(table.layer_shape[at]),
                                        table.layer_follows[at] != 0};
  }
  std::vector<LayerLayout> ordered;
  for (auto& [position, layer] : layers) ordered.push_back(std::move(layer));
  return ordered;
}

/// The shape of the merged run as far as a table of results depends on it.
RunLayout joint_layout(const std::vector<ResultsTable>& parts,
                       const std::vector<TrialPlace>& places, std::vector<double>& label_entropy) {
  RunLayout layout;
  layout.axes = parts[0].axes;
  std::map<std::pair<std::int64_t, double>, std::size_t> row_sets;  // what is known of each
  for (const TrialPlace& place : places) {
    const ResultsTable& part = parts[place.part];
    const std::size_t t = place.trial;
    TrialLayout trial;
    trial.id = part.trials[t];
    trial.epochs = part.epochs;
    trial.layers = layers_of(part, t);
    const std::pair rows(part.recorded_rows[t], part.label_entropy[t]);
    const auto [row_set, is_new] = row_sets.emplace(rows, row_sets.size());
    trial.row_set = row_set->second;
    trial.train_rows = part.train_rows[t];
    trial.parameters = part.parameters[t];
    trial.varied = part.varied[t];
    layout.trials.push_back(std::move(trial));
    if (!is_new) continue;
    layout.row_sets.push_back(
        {std::vector<std::int64_t>(static_cast<std::size_t>(rows.first)), {}});
    label_entropy.push_back(rows.second);
  }
  return layout;
}

/// Every number there is, unknown.
void fill_unknown(ResultsTable& table) {
  const std::size_t trials = table.trials.size();
  const std::size_t epochs = trials * table.epochs.size();
  const std::size_t snapshots = epochs * table.layers.size();
  const std::size_t noise = snapshots * table.sigma2.size();
  table.state.assign(trials, 0);
  table.attempts.assign(trials, 0);
  table.seconds.assign(trials, nan);
  table.trained_epochs.assign(trials, 0);
  table.failure.assign(trials, "");
  for (const auto column :
       {&ResultsTable::train_loss, &ResultsTable::train_accuracy, &ResultsTable::validation_loss,
        &ResultsTable::validation_accuracy, &ResultsTable::test_loss, &ResultsTable::test_accuracy})
    (table.*column).assign(epochs, nan);
  for (const auto column : {&ResultsTable::gradient_mean, &ResultsTable::gradient_deviation,
                            &ResultsTable::weight_norm, &ResultsTable::gradient_count,
                            &ResultsTable::distance_mean, &ResultsTable::distance_rank_error})
    (table.*column).assign(snapshots, nan);
  table.i_xt.assign(noise * table.bounds.size(), nan);
  table.i_ty.assign(noise * table.bounds.size(), nan);
  table.sigma2_used.assign(noise, nan);
  table.error_bits.assign(noise, nan);
  table.distance_quantiles.assign(snapshots * distance_percents.size(), nan);
  table.distance_histogram.assign(snapshots * distance_bins,
                                  std::numeric_limits<float>::quiet_NaN());
}

}  // namespace

std::vector<TrialPlace> places_of(const std::vector<ResultsTable>& parts,
                                  const std::vector<std::string>& names,
                                  const std::vector<std::string>& ids) {
  std::map<std::string, TrialPlace> found;
  for (std::size_t p = 0; p < parts.size(); ++p) {
    for (std::size_t t = 0; t < parts[p].trials.size(); ++t) {
      const std::string& id = parts[p].trials[t];
      const auto [entry, is_new] = found.emplace(id, TrialPlace{p, t});
      if (!is_new) {
        throw UsageError(fmt::format("trial {} is in {} and in {}: give each shard once", id,
                                     names[entry->second.part], names[p]));
      }
    }
  }
  std::vector<TrialPlace> places;
  std::size_t absent = 0;
  for (const std::string& id : ids) {
    const auto entry = found.find(id);
    if (entry == found.end()) {
      ++absent;
    } else {
      places.push_back(entry->second);
      found.erase(entry);
    }
  }
  if (!found.empty()) {
    throw UsageError(fmt::format("trial {} of {} is none of the sweep's", found.begin()->first,
                                 names[found.begin()->second.part]));
  }
  if (absent > 0) {
    throw UsageError(fmt::format("{} of the sweep's {} are in none of the runs given", absent,
                                 count_of(static_cast<std::int64_t>(ids.size()), "trial")));
  }
  return places;
}

ResultsTable merge_results(const std::vector<ResultsTable>& parts,
                           const std::vector<std::string>& names,
                           const std::vector<std::string>& ids) {
  require_same_axes(parts, names);
  const std::vector<TrialPlace> places = places_of(parts, names, ids);
  std::vector<double> label_entropy;
  const RunLayout layout = joint_layout(parts, places, label_entropy);
  ResultsTable merged = empty_results(layout, label_entropy, parts[0].sigma2, {}, {});
  merged.bounds = parts[0].bounds;
  fill_unknown(merged);
  for (std::size_t t = 0; t < places.size(); ++t)
    copy_trial(parts[places[t].part], places[t].trial, merged, t);
  return merged;
}

}  // namespace infoplane
