#include "sweep/expand.hpp"

#include <fmt/format.h>

#include <unordered_map>

#include "core/hashing.hpp"
#include "core/random.hpp"
#include "sweep/shard_trials.hpp"

namespace infoplane {
namespace {

constexpr std::size_t most_trials = 1'000'000;

TrialSeeds seeds_of(std::int64_t sweep_seed, std::int64_t repetition) {
  const std::string word = std::to_string(repetition);
  const auto seed = [&](std::string_view purpose) {
    return derive_seed(static_cast<std::uint64_t>(sweep_seed), {"trial", word, purpose});
  };
  return {seed("split"),   seed("subset"),  seed("labels"),
          seed("weights"), seed("batches"), seed("layers")};
}

}  // namespace

TrialGrid expand(const config::SweepFile& sweep) {
  TrialGrid grid;
  std::size_t count = 1;
  for (const config::GridAxis& axis : sweep.axes()) {
    grid.axes.push_back(axis.key);
    count *= axis.values.size();
    if (count > most_trials) {
      throw config::ConfigError("[grid] has more than a million trials", axis.where,
                                "split the sweep, or shorten its lists");
    }
  }

  std::unordered_map<std::string, std::size_t> indices;  // of ids
  std::vector<std::size_t> choice(grid.axes.size(), 0);
  for (std::size_t t = 0; t < count; ++t) {
    std::size_t rest = t;
    for (std::size_t a = choice.size(); a-- > 0;) {
      const std::size_t values = sweep.axes()[a].values.size();
      choice[a] = rest % values;
      rest /= values;
    }
    Trial trial;
    trial.settings = sweep.trial(choice);
    const std::string canonical = config::canonical_text(trial.settings);
    trial.id = short_hash(fmt::format("{}\n{}", sweep.seed(), canonical), 12);
    const auto [same, is_new] = indices.emplace(trial.id, grid.trials.size());
    if (!is_new) {
      if (config::canonical_text(grid.trials[same->second].settings) != canonical)
        throw InternalError("two trials have the id " + trial.id);
      ++grid.duplicates;
      continue;
    }
    trial.seeds = seeds_of(sweep.seed(), trial.settings.training.seed);
    trial.epochs = sweep.record().epochs.epochs(trial.settings.training.epochs);
    for (std::size_t a = 0; a < choice.size(); ++a)
      trial.varied.push_back(sweep.axes()[a].labels[choice[a]]);
    if (trial.epochs.empty()) {
      throw config::ConfigError(
          "record.epochs records nothing", sweep.where("record.epochs"),
          fmt::format("a trial of {} epochs ends before the first recorded one",
                      trial.settings.training.epochs));
    }
    grid.trials.push_back(std::move(trial));
  }
  keep_shard(grid, sweep);
  return grid;
}

std::uint64_t sweep_seed(const config::SweepFile& sweep, std::string_view purpose) {
  return derive_seed(static_cast<std::uint64_t>(sweep.seed()), {"sweep", purpose});
}

}  // namespace infoplane
