#include "sweep/shard_trials.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

#include "core/text.hpp"

namespace infoplane {

void keep_shard(TrialGrid& grid, const config::SweepFile& sweep) {
  const Shard& shard = sweep.shard();
  if (shard.is_whole()) return;
  const auto shards = static_cast<std::size_t>(shard.count);
  if (grid.trials.size() < shards) {
    throw config::ConfigError(
        fmt::format("sweep.shard = \"{}\"", to_string(shard)), sweep.where("sweep.shard"),
        fmt::format("the sweep has {} only: take at most as many shards",
                    count_of(static_cast<std::int64_t>(grid.trials.size()), "trial")));
  }
  std::vector<std::size_t> deck(grid.trials.size());
  std::iota(deck.begin(), deck.end(), std::size_t{0});
  const auto place = [&](std::size_t t) {
    const TrialSettings& settings = grid.trials[t].settings;
    const double passes =
        static_cast<double>(settings.training.epochs) * settings.data.sampling_rate;
    return std::tuple<double, const std::string&>(-passes, grid.trials[t].id);
  };
  std::sort(deck.begin(), deck.end(),
            [&](std::size_t a, std::size_t b) { return place(a) < place(b); });
  std::vector<bool> kept(deck.size(), false);
  for (auto at = static_cast<std::size_t>(shard.index - 1); at < deck.size(); at += shards)
    kept[deck[at]] = true;
  std::vector<Trial> trials;
  for (std::size_t t = 0; t < kept.size(); ++t) {
    if (kept[t]) trials.push_back(std::move(grid.trials[t]));
  }
  grid.trials = std::move(trials);
}

}  // namespace infoplane
