#include "estimators/distances.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <utility>

#include "core/distance_axes.hpp"
#include "core/random.hpp"
#include "estimators/pairwise.hpp"
#include "estimators/pairwise_validation.hpp"

namespace infoplane {
namespace {

std::size_t pair_count(std::size_t rows) { return rows * (rows - 1) / 2; }

/// Four sums side by side: one alone would wait for each addition.
double squared_distance(const float* a, const float* b, std::size_t features) {
  std::array<double, 4> sums{};
  std::size_t k = 0;
  for (; k + 4 <= features; k += 4) {
    for (std::size_t lane = 0; lane < 4; ++lane) {
      const double difference = static_cast<double>(a[k + lane]) - static_cast<double>(b[k + lane]);
      sums[lane] += difference * difference;
    }
  }
  for (; k < features; ++k) {
    const double difference = static_cast<double>(a[k]) - static_cast<double>(b[k]);
    sums[0] += difference * difference;
  }
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

std::vector<double> all_distances(MatrixView<const float> h) {
  std::vector<double> distances;
  distances.reserve(pair_count(h.rows()));
  for (std::size_t i = 0; i < h.rows(); ++i) {
    for (std::size_t j = i + 1; j < h.rows(); ++j)
      distances.push_back(squared_distance(h.row(i), h.row(j), h.cols()));
  }
  return distances;
}

std::vector<double> sampled_distances(MatrixView<const float> h, std::uint64_t seed) {
  RandomStream random(seed);
  std::vector<double> distances(most_distances);
  for (double& distance : distances) {
    const std::size_t i = random.below(h.rows());
    std::size_t j = random.below(h.rows() - 1);
    if (j >= i) ++j;
    distance = squared_distance(h.row(i), h.row(j), h.cols());
  }
  return distances;
}

/// Numbers that are not negative order like their bits, so they can be dealt out digit by digit:
/// for 2^17 of them several times as fast as comparing.
void sort_not_negative(std::vector<double>& values) {
  constexpr std::size_t digit_bits = 11;
  constexpr std::size_t digits = 6;
  constexpr std::size_t buckets = std::size_t{1} << digit_bits;
  if (values.size() < 4 * buckets) {
    std::sort(values.begin(), values.end());
    return;
  }
  const auto digit = [](double value, std::size_t which) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    return static_cast<std::size_t>(bits >> (which * digit_bits)) & (buckets - 1);
  };
  std::vector<std::size_t> places(digits * buckets, 0);  // [digit][bucket]: counts, then starts
  for (const double value : values) {
    for (std::size_t d = 0; d < digits; ++d) ++places[d * buckets + digit(value, d)];
  }
  std::vector<double> other(values.size());
  for (std::size_t d = 0; d < digits; ++d) {
    std::size_t* const place = places.data() + d * buckets;
    if (place[digit(values[0], d)] == values.size()) continue;
    std::size_t start = 0;
    for (std::size_t b = 0; b < buckets; ++b) start += std::exchange(place[b], start);
    for (const double value : values) other[place[digit(value, d)]++] = value;
    values.swap(other);
  }
}

/// tr Cov(h) with divisor N. Features are taken relative to the first row: one that is constant
/// then has a variance of exactly 0.
double trace_of_covariance(MatrixView<const float> h) {
  const auto rows = static_cast<double>(h.rows());
  const float* const origin = h.row(0);
  std::vector<double> mean(h.cols(), 0.0);
  const auto relative = [&](const float* row, std::size_t k) {
    return static_cast<double>(row[k]) - static_cast<double>(origin[k]);
  };
  for (std::size_t i = 0; i < h.rows(); ++i) {
    for (std::size_t k = 0; k < h.cols(); ++k) mean[k] += relative(h.row(i), k);
  }
  for (double& value : mean) value /= rows;
  std::vector<double> squares(h.cols(), 0.0);
  for (std::size_t i = 0; i < h.rows(); ++i) {
    for (std::size_t k = 0; k < h.cols(); ++k) {
      const double deviation = relative(h.row(i), k) - mean[k];
      squares[k] += deviation * deviation;
    }
  }
  double trace = 0;
  for (const double value : squares) trace += value / rows;
  return trace;
}

}  // namespace

double DistanceSummary::quantile(double percent) const {
  INFOPLANE_EXPECT(percent >= 0 && percent <= 100);
  const auto count = static_cast<double>(sorted.size());
  // The nudge: 99.9 % of 1000 is rank 999, however 99.9 is rounded.
  const double rank = std::clamp(std::ceil(percent * count / 100 - 1e-9), 1.0, count);
  return sorted[static_cast<std::size_t>(rank) - 1];
}

std::vector<double> DistanceSummary::quantiles() const {
  std::vector<double> values;
  for (const double percent : distance_percents) values.push_back(quantile(percent));
  return values;
}

std::vector<float> DistanceSummary::histogram() const {
  std::vector<float> shares;
  const auto count = static_cast<double>(sorted.size());
  auto begin = sorted.begin();
  for (std::size_t bin = 0; bin < distance_bins; ++bin) {
    const double edge = distance_bin_edge(bin);
    const auto end = bin == 0 ? std::upper_bound(begin, sorted.end(), edge)
                              : std::lower_bound(begin, sorted.end(), edge);
    shares.push_back(static_cast<float>(static_cast<double>(end - begin) / count));
    begin = end;
  }
  return shares;
}

DistanceSummary summarize_distances(MatrixView<const float> h, std::uint64_t seed) {
  detail::require_snapshot(h, std::vector<std::int32_t>(h.rows()), {});
  if (h.rows() < 2) throw SnapshotError("a snapshot of 1 row has no distances");
  const auto rows = static_cast<double>(h.rows());
  DistanceSummary summary;
  const double trace = trace_of_covariance(h);
  summary.scale = trace / static_cast<double>(h.cols());
  summary.mean = 2 * trace * rows / (rows - 1);
  if (pair_count(h.rows()) <= most_distances) {
    summary.sorted = all_distances(h);
  } else {
    constexpr double failure = 0.001;
    summary.sorted = sampled_distances(h, seed);
    summary.rank_error =
        std::sqrt(std::log(2 / failure) / (2 * static_cast<double>(most_distances)));
  }
  sort_not_negative(summary.sorted);
  return summary;
}

double distances_cost_s(std::size_t rows, std::size_t features) {
  constexpr double seconds_per_pair = 18e-9;  // drawing and sorting
  constexpr double seconds_per_difference = 0.45e-9;
  constexpr double seconds_per_value = 2e-9;
  const auto pairs = static_cast<double>(std::min(pair_count(rows), most_distances));
  const auto width = static_cast<double>(features);
  return pairs * (seconds_per_pair + seconds_per_difference * width) +
         seconds_per_value * static_cast<double>(rows) * width;
}

}  // namespace infoplane
