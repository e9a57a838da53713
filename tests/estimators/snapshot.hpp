#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "estimators/pairwise.hpp"
#include "estimators/pairwise_reference.hpp"

namespace infoplane::test {

/// A snapshot with its labels. The values are those of float32, kept in float64 too, so that the
/// reference and the fast code see the very same numbers.
struct Snapshot {
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::vector<float> values;  ///< rows x cols
  std::vector<std::int32_t> labels;

  Snapshot(std::size_t n, std::size_t h) : rows(n), cols(h), values(n * h), labels(n) {}

  float& at(std::size_t i, std::size_t k) { return values[i * cols + k]; }
  float at(std::size_t i, std::size_t k) const { return values[i * cols + k]; }
  MatrixView<const float> view() const { return {values.data(), rows, cols}; }
};

inline std::vector<PairwiseEstimate> fast(const Snapshot& s, const std::vector<double>& sigma2) {
  return pairwise_information(s.view(), s.labels, sigma2);
}

inline std::vector<PairwiseEstimate> reference(const Snapshot& s,
                                               const std::vector<double>& sigma2) {
  const std::vector<double> values(s.values.begin(), s.values.end());
  return pairwise_information_reference({values.data(), s.rows, s.cols}, s.labels, sigma2);
}

/// Normal values times `scale`, labels 0 ... classes - 1.
inline Snapshot random_snapshot(std::size_t rows, std::size_t cols, double scale,
                                std::size_t classes, std::uint64_t seed) {
  Snapshot s(rows, cols);
  RandomStream random(seed);
  for (float& value : s.values) value = static_cast<float>(scale * random.normal());
  for (std::int32_t& label : s.labels) label = static_cast<std::int32_t>(random.below(classes));
  return s;
}

/// Integers from -64 to 64 times `unit`, a power of two: sums, products with small integers and
/// translations of such values are exact in float32.
inline Snapshot random_dyadic_snapshot(std::size_t rows, std::size_t cols, double unit,
                                       std::size_t classes, std::uint64_t seed) {
  Snapshot s(rows, cols);
  RandomStream random(seed);
  for (float& value : s.values) {
    value = static_cast<float>(unit * (static_cast<double>(random.below(129)) - 64));
  }
  for (std::int32_t& label : s.labels) label = static_cast<std::int32_t>(random.below(classes));
  return s;
}

/// The mean squared distance of two rows: the sigma2 at which something happens lie around it.
inline double mean_squared_distance(const Snapshot& s) {
  double twice_trace = 0;
  for (std::size_t k = 0; k < s.cols; ++k) {
    double sum = 0;
    double squares = 0;
    for (std::size_t i = 0; i < s.rows; ++i) {
      sum += s.at(i, k);
      squares += static_cast<double>(s.at(i, k)) * s.at(i, k);
    }
    const auto n = static_cast<double>(s.rows);
    twice_trace += 2 * (squares / n - sum / n * (sum / n));
  }
  return twice_trace;
}

inline std::string seed_text(std::uint64_t seed) { return "seed " + std::to_string(seed); }

}  // namespace infoplane::test
