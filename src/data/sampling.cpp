#include "data/sampling.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/random.hpp"

namespace infoplane {
namespace {

std::int64_t share(double fraction, std::int64_t whole) {
  return std::clamp<std::int64_t>(std::llround(fraction * static_cast<double>(whole)), 1, whole);
}

}  // namespace

Split split_rows(const Dataset& data, const DataSettings& settings, std::uint64_t seed) {
  RandomStream random(seed);
  const std::vector<std::int64_t> order =
      random_permutation(static_cast<std::size_t>(data.rows()), random);
  const auto middle = order.begin() + share(settings.train_fraction, data.rows());
  Split split{{order.begin(), middle}, {}, {middle, order.end()}};
  std::sort(split.train.begin(), split.train.end());
  std::sort(split.test.begin(), split.test.end());
  return split;
}

std::vector<std::int64_t> sample_rows(const Dataset& data, const std::vector<std::int64_t>& train,
                                      double rate, std::uint64_t seed) {
  const std::vector<std::int32_t> labels = labels_of(data, train);
  std::map<std::int32_t, std::vector<std::int64_t>> classes;
  for (std::size_t i = 0; i < train.size(); ++i) classes[labels[i]].push_back(train[i]);

  RandomStream random(seed);
  std::vector<std::pair<double, std::int64_t>> places;
  for (const auto& [label, rows] : classes) {
    const std::vector<std::int64_t> order = random_permutation(rows.size(), random);
    for (std::size_t k = 0; k < order.size(); ++k) {
      const double place = (static_cast<double>(k) + 0.5) / static_cast<double>(rows.size());
      places.emplace_back(place, rows[static_cast<std::size_t>(order[k])]);
    }
  }
  std::sort(places.begin(), places.end());
  std::vector<std::int64_t> sampled;
  const std::int64_t count = share(rate, static_cast<std::int64_t>(train.size()));
  for (std::int64_t i = 0; i < count; ++i)
    sampled.push_back(places[static_cast<std::size_t>(i)].second);
  std::sort(sampled.begin(), sampled.end());
  return sampled;
}

std::vector<std::int64_t> draw_rows(std::int64_t rows, std::int64_t count, std::uint64_t seed) {
  RandomStream random(seed);
  std::vector<std::int64_t> order = random_permutation(static_cast<std::size_t>(rows), random);
  order.resize(static_cast<std::size_t>(count));
  std::sort(order.begin(), order.end());
  return order;
}

}  // namespace infoplane
