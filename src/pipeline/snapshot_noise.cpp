#include "pipeline/snapshot_noise.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "comm/serialized.hpp"
#include "core/random.hpp"
#include "estimators/pairwise.hpp"

namespace infoplane {

void broadcast_noise(const Communicator& comm, std::vector<Noise>& noise) {
  std::vector<std::string> texts;
  for (const Noise& entry : noise) texts.push_back(to_string(entry));
  broadcast(comm, texts);
  noise.clear();
  for (const std::string& text : texts) noise.push_back(Noise::from_text(text));
}

std::string describe(const RunLayout& layout, const SnapshotPlace& place) {
  const TrialLayout& trial = layout.trials[place.trial];
  return fmt::format("trial {}, layer {}, epoch {}", trial.id, trial.layers[place.layer].name,
                     trial.epochs[place.epoch]);
}

SnapshotNoise::SnapshotNoise(const ActivationsFile& activations, const std::vector<Noise>& noise)
    : activations_(activations), noise_(noise) {
  for (const Noise& entry : noise_) {
    try {
      rules_.push_back(entry.kind == Noise::Kind::rule ? make_noise_rule(entry.rule)
                                                       : NoiseFunction());
    } catch (const std::invalid_argument& error) {
      // An older or newer infoplane made the file.
      throw InputError(
          fmt::format("the noise \"{}\" of this run is not known: {}", entry.rule, error.what()));
    }
  }
}

bool SnapshotNoise::needs_distances(const std::vector<std::uint64_t>& entries) const {
  return std::any_of(entries.begin(), entries.end(), [&](std::uint64_t entry) {
    return noise_[entry].kind == Noise::Kind::rule && !noise_[entry].at_last;
  });
}

DistanceSummary SnapshotNoise::distances(const SnapshotPlace& place,
                                         MatrixView<const float> snapshot) const {
  const TrialLayout& trial = activations_.layout().trials[place.trial];
  // The pairs of a sample follow from what the snapshot is, not from when it is looked at.
  const std::uint64_t seed = derive_seed(0, {"distances", trial.id, trial.layers[place.layer].name,
                                             std::to_string(trial.epochs[place.epoch])});
  try {
    return summarize_distances(snapshot, seed);
  } catch (const SnapshotError& error) {
    throw InputError(fmt::format("the snapshot of {} in activations.h5 is damaged: {}",
                                 describe(activations_.layout(), place), error.what()));
  }
}

double SnapshotNoise::variance(std::size_t entry, const SnapshotPlace& place,
                               const DistanceSummary* distances) {
  const Noise& noise = noise_[entry];
  switch (noise.kind) {
    case Noise::Kind::number:
      return noise.number;
    case Noise::Kind::list:
      return noise.list.at(place.layer);
    case Noise::Kind::rule:
      break;
  }
  return noise.at_last ? frozen(place)[entry] : noise_variance(rules_[entry], *distances);
}

const std::vector<double>& SnapshotNoise::frozen(const SnapshotPlace& place) {
  const auto [cached, is_new] = frozen_.try_emplace({place.trial, place.layer}, noise_.size());
  if (!is_new) return cached->second;
  const RunLayout& layout = activations_.layout();
  const TrialLayout& trial = layout.trials[place.trial];
  const SnapshotPlace last{place.trial, activations_.recorded_epochs(place.trial) - 1, place.layer};
  std::vector<float> values;
  activations_.read_snapshot(last.trial, last.epoch, last.layer, values);
  const DistanceSummary summary =
      distances(last, {values.data(), layout.rows_of(trial),
                       static_cast<std::size_t>(trial.layers[last.layer].features)});
  for (std::size_t entry = 0; entry < noise_.size(); ++entry) {
    if (noise_[entry].at_last) cached->second[entry] = noise_variance(rules_[entry], summary);
  }
  return cached->second;
}

}  // namespace infoplane
