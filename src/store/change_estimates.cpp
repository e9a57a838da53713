#include "store/change_estimates.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

namespace infoplane {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// The table with other noise, in order: estimates that it has stay, others are NaN.
void change_sigma2(ResultsTable& table, std::vector<Noise> sigma2) {
  const std::vector<Noise> old = std::exchange(table.sigma2, std::move(sigma2));
  const std::size_t count = table.sigma2.size();
  const std::size_t slots = table.trials.size() * table.epochs.size() * table.layers.size();
  // `values` is [slot][sigma2][each]; empty stands for NaN everywhere, before and after.
  const auto change = [&](std::vector<double>& values, std::size_t each) {
    if (values.empty()) return;
    const std::vector<double> from =
        std::exchange(values, std::vector<double>(slots * count * each, nan));
    for (std::size_t s = 0; s < old.size(); ++s) {
      const auto place = std::lower_bound(table.sigma2.begin(), table.sigma2.end(), old[s]);
      if (place == table.sigma2.end() || !(*place == old[s])) continue;
      const auto to = static_cast<std::size_t>(place - table.sigma2.begin());
      for (std::size_t slot = 0; slot < slots; ++slot) {
        std::copy_n(&from[(slot * old.size() + s) * each], each,
                    &values[(slot * count + to) * each]);
      }
    }
  };
  change(table.i_xt, table.bounds.size());
  change(table.i_ty, table.bounds.size());
  change(table.sigma2_used, 1);
  change(table.error_bits, 1);
}

}  // namespace

bool extend_sigma2(ResultsTable& table, const std::vector<Noise>& sigma2) {
  std::set<Noise> all(table.sigma2.begin(), table.sigma2.end());
  for (const Noise& noise : sigma2) {
    const auto is_it = [&](const Noise& there) { return is_same_noise(there, noise); };
    if (std::none_of(all.begin(), all.end(), is_it)) all.insert(noise);
  }
  if (all.size() == table.sigma2.size()) return false;
  change_sigma2(table, {all.begin(), all.end()});
  return true;
}

void drop_sigma2(ResultsTable& table, const std::vector<Noise>& sigma2) {
  std::vector<Noise> kept;
  for (const Noise& noise : table.sigma2) {
    const auto is_it = [&](const Noise& dropped) { return is_same_noise(noise, dropped); };
    if (std::none_of(sigma2.begin(), sigma2.end(), is_it)) kept.push_back(noise);
  }
  change_sigma2(table, std::move(kept));
}

bool forget_estimates(ResultsTable& table, std::size_t trial) {
  bool any = false;
  const auto forget = [&](auto& values) {
    const std::size_t each = values.size() / table.trials.size();
    const auto first = values.begin() + static_cast<std::ptrdiff_t>(trial * each);
    const auto last = first + static_cast<std::ptrdiff_t>(each);
    any |= !std::all_of(first, last, [](double value) { return std::isnan(value); });
    std::fill(first, last, nan);
  };
  forget(table.i_xt);
  forget(table.i_ty);
  forget(table.sigma2_used);
  forget(table.error_bits);
  forget(table.distance_quantiles);
  forget(table.distance_histogram);
  forget(table.distance_mean);
  forget(table.distance_rank_error);
  return any;
}

}  // namespace infoplane
