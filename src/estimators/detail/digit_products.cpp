#include "estimators/detail/digit_products.hpp"

#include <algorithm>
#include <cmath>

#include "estimators/detail/error_budget.hpp"

namespace infoplane::detail {
namespace {

/// Units of two leaves that are farther apart say nothing in float32.
constexpr double largest_ratio = 0x1p30;

/// Pairs of leaves that tell for all.
constexpr std::size_t pairs_looked_at = 16;

/// Narrower rows are multiplied faster in float64.
constexpr std::size_t least_features = 64;

constexpr double squared(double value) { return value * value; }

/// Of two numbers, what the products of digits that are not made add up to at most, in units.
constexpr double products_left_out() {
  double sum = 0;
  for (std::size_t i = 0; i < digit_count; ++i) {
    for (std::size_t j = 0; j < digit_count; ++j) {
      if (i + j < digit_levels) continue;
      double product = squared(1 << (digit_bits - 1));
      for (std::size_t k = i + j; k < 2 * (digit_count - 1); ++k) product *= 1 << digit_bits;
      sum += product;
    }
  }
  return sum;
}

}  // namespace

bool DigitProducts::pays(const OrderedRows& rows) {
  return rows.features() >= least_features && rows.features() <= most_digit_features;
}

bool DigitProducts::mostly_within(double share) const {
  const std::size_t leaves = rows_.leaves().size();
  if (leaves < 2) return true;
  Scratch scratch;
  alignas(64) double tile[leaf_rows * leaf_rows];
  std::size_t within = 0;
  for (std::size_t pair = 0; pair < pairs_looked_at; ++pair) {
    const std::size_t i = pair * leaves / pairs_looked_at;
    const std::size_t j = (i + 1 + (7 * pair) % (leaves - 1)) % leaves;
    const double least = distances(i, j, scratch, tile);
    within += error(i, j, least, scratch) <= share * least ? 1 : 0;
  }
  return 4 * within >= 3 * pairs_looked_at;
}

DigitView DigitProducts::view(std::size_t leaf, DigitOrder order, Scratch& scratch) const {
  if (scratch.leaves.empty()) scratch.leaves.resize(rows_.leaves().size());
  auto& cache = order == DigitOrder::rows ? scratch.rows : scratch.columns;
  DigitLeaf& known = scratch.leaves[leaf];
  const std::int8_t* const digits =
      cache.at(leaf, digit_bytes(rows_.features()),
               [&](std::int8_t* to) { kernel_.pack(rows_.digit_source(leaf), order, to, known); });
  return {&known, digits};
}

/// Rows are no farther from their first digits than `rest`, and the triangle has three sides. The
/// float32 sum of three terms is wrong by less than 2^-21 of the norms.
double DigitProducts::least_distance(std::size_t leaf, std::size_t other, Scratch& scratch) const {
  const DigitView a = view(leaf, DigitOrder::rows, scratch);
  const DigitView b = view(other, DigitOrder::columns, scratch);
  const double ratio = b.leaf->unit / a.leaf->unit;
  if (ratio > largest_ratio || ratio < 1 / largest_ratio) return 0;
  const double first = static_cast<double>(kernel_.first_distance(a, b, rows_.features())) *
                       squared(first_digit * a.leaf->unit);
  const double norms = squared(std::sqrt(rows_.leaves()[leaf].largest_norm) + a.leaf->rest) +
                       squared(std::sqrt(rows_.leaves()[other].largest_norm) + b.leaf->rest);
  const double nearest = std::sqrt(std::max(0.0, first - 0x1p-20 * norms));
  return squared(std::max(0.0, nearest - a.leaf->rest - b.leaf->rest));
}

double DigitProducts::distances(std::size_t leaf, std::size_t other, Scratch& scratch,
                                double* tile) const {
  const DigitView a = view(leaf, DigitOrder::rows, scratch);
  const DigitView b = view(other, DigitOrder::columns, scratch);
  return kernel_.distances(a, b, rows_.features(), tile);
}

/// Two rows are rounded by half a unit in every feature, which moves each along any direction by
/// `rounding` together at most; beside that, products are left out and numbers added up in float64.
double DigitProducts::error(std::size_t leaf, std::size_t other, double distance,
                            const Scratch& scratch) const {
  const double a = scratch.leaves[leaf].unit;
  const double b = scratch.leaves[other].unit;
  const auto features = static_cast<double>(rows_.features());
  const double rounding = 0.5 * std::sqrt(features) * (a + b);
  const double left_out = 2.0 * features * products_left_out() * a * b;
  const double norms = rows_.leaves()[leaf].largest_norm + rows_.leaves()[other].largest_norm;
  return left_out + cancellation_error(rows_.features()) * norms +
         rounding * (2.0 * std::sqrt(std::max(0.0, distance)) + rounding);
}

}  // namespace infoplane::detail
