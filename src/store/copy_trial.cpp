#include "store/copy_trial.hpp"

#include <algorithm>
#include <vector>

#include "core/distance_axes.hpp"
#include "core/errors.hpp"

namespace infoplane {
namespace {

constexpr std::size_t nowhere = static_cast<std::size_t>(-1);

/// For each entry of an axis its place on another.
template <class T>
std::vector<std::size_t> places(const std::vector<T>& axis, const std::vector<T>& on) {
  std::vector<std::size_t> places;
  for (const T& entry : axis) {
    const auto found = std::find(on.begin(), on.end(), entry);
    places.push_back(found == on.end() ? nowhere : static_cast<std::size_t>(found - on.begin()));
  }
  return places;
}

/// The same for axes that both have to have.
template <class T>
std::vector<std::size_t> all_places(const std::vector<T>& axis, const std::vector<T>& on) {
  std::vector<std::size_t> all = places(axis, on);
  if (std::count(all.begin(), all.end(), nowhere) > 0)
    throw InternalError("noise or bounds are missing where a trial is copied to");
  return all;
}

}  // namespace

void copy_trial(const ResultsTable& from, std::size_t t, ResultsTable& to, std::size_t u) {
  to.state.at(u) = from.state.at(t);
  to.attempts.at(u) = from.attempts.at(t);
  to.seconds.at(u) = from.seconds.at(t);
  to.trained_epochs.at(u) = from.trained_epochs.at(t);
  to.failure.at(u) = from.failure.at(t);

  const std::vector<std::size_t> epochs = places(from.epochs, to.epochs);
  const std::vector<std::size_t> layers = places(from.layers, to.layers);
  const std::vector<std::size_t> noises = all_places(from.sigma2, to.sigma2);
  const std::vector<std::size_t> bounds = all_places(from.bounds, to.bounds);
  for (std::size_t e = 0; e < epochs.size(); ++e) {
    if (epochs[e] == nowhere) continue;  // of other trials
    const std::size_t a = from.at_epoch(t, e);
    const std::size_t b = to.at_epoch(u, epochs[e]);
    for (auto column : {&ResultsTable::train_loss, &ResultsTable::train_accuracy,
                        &ResultsTable::validation_loss, &ResultsTable::validation_accuracy,
                        &ResultsTable::test_loss, &ResultsTable::test_accuracy}) {
      (to.*column).at(b) = (from.*column).at(a);
    }
    for (std::size_t l = 0; l < layers.size(); ++l) {
      if (layers[l] == nowhere) continue;
      const std::size_t c = from.at_snapshot(t, e, l);
      const std::size_t d = to.at_snapshot(u, epochs[e], layers[l]);
      for (auto column : {&ResultsTable::gradient_mean, &ResultsTable::gradient_deviation,
                          &ResultsTable::weight_norm, &ResultsTable::gradient_count,
                          &ResultsTable::distance_mean, &ResultsTable::distance_rank_error}) {
        (to.*column).at(d) = (from.*column).at(c);
      }
      const auto copy_many = [&](const auto& source, auto& target, std::size_t each) {
        std::copy_n(source.begin() + static_cast<std::ptrdiff_t>(c * each), each,
                    target.begin() + static_cast<std::ptrdiff_t>(d * each));
      };
      copy_many(from.distance_quantiles, to.distance_quantiles, distance_percents.size());
      copy_many(from.distance_histogram, to.distance_histogram, distance_bins);
      for (std::size_t s = 0; s < noises.size(); ++s) {
        const std::size_t f = from.at_noise(t, e, l, s);
        const std::size_t g = to.at_noise(u, epochs[e], layers[l], noises[s]);
        to.sigma2_used.at(g) = from.sigma2_used.at(f);
        to.error_bits.at(g) = from.error_bits.at(f);
        for (std::size_t k = 0; k < bounds.size(); ++k) {
          const std::size_t i = from.at_estimate(t, e, l, s, k);
          const std::size_t j = to.at_estimate(u, epochs[e], layers[l], noises[s], bounds[k]);
          to.i_xt.at(j) = from.i_xt.at(i);
          to.i_ty.at(j) = from.i_ty.at(i);
        }
      }
    }
  }
}

void copy_trial(const ActivationsFile& from, std::size_t t, ActivationsFile& to, std::size_t u) {
  const LedgerEntry entry = from.ledger(t);
  const TrialLayout& trial = from.layout().trials.at(t);
  const auto rows = from.layout().rows_of(trial);
  // All epochs of a trial on its way too: a checkpoint may build on them. An attempt that was told
  // to stop does not count, but has begun.
  const std::size_t epochs =
      entry.state == TrialState::done ? from.recorded_epochs(t) : trial.epochs.size();
  std::vector<float> values;
  for (std::size_t e = 0; entry.started > 0 && e < epochs; ++e) {
    for (std::size_t l = 0; l < trial.layers.size(); ++l) {
      from.read_snapshot(t, e, l, values);
      to.write_snapshot(
          u, e, l,
          MatrixView<const float>(values.data(), rows,
                                  static_cast<std::size_t>(trial.layers[l].features)));
    }
  }
  to.write_ledger(u, entry);
}

}  // namespace infoplane
