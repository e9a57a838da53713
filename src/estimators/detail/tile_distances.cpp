#include "estimators/detail/tile_distances.hpp"

#include "estimators/detail/error_budget.hpp"

namespace infoplane::detail {

TileDistances::TileDistances(const OrderedRows& rows, const DigitKernel* digits,
                             double tolerable_share)
    : rows_(rows), kernel_(tile_kernel()), tolerable_share_(tolerable_share) {
  if (digits == nullptr || !DigitProducts::pays(rows)) return;
  digits_.emplace(rows, *digits);
  if (!digits_->mostly_within(tolerable_share)) digits_.reset();
}

double TileDistances::least(std::size_t leaf, std::size_t other, Scratch& scratch) const {
  return digits_ ? digits_->least_distance(leaf, other, scratch.digits) : 0.0;
}

double TileDistances::fill(std::size_t leaf, std::size_t other, const SeenWidths& seen,
                           Scratch& scratch, Tile& halves) const {
  if (leaf == other) return fill_by_differences(leaf, other, seen, scratch, halves);
  if (digits_) {
    const double least = digits_->distances(leaf, other, scratch.digits, halves.values);
    if (is_accurate(least, digits_->error(leaf, other, least, scratch.digits))) return least;
  }
  const double least =
      kernel_.distances(rows_.view(leaf, scratch.packed_a), rows_.view(other, scratch.packed_b),
                        rows_.features(), seen, halves.values);
  const double norms = rows_.leaves()[leaf].largest_norm + rows_.leaves()[other].largest_norm;
  if (is_accurate(least, cancellation_error(rows_.features()) * norms)) return least;
  return fill_by_differences(leaf, other, seen, scratch, halves);
}

/// Centring rounds: differences of two rows that are almost the same are taken of what they were.
double TileDistances::fill_by_differences(std::size_t leaf, std::size_t other,
                                          const SeenWidths& seen, Scratch& scratch,
                                          Tile& halves) const {
  const LeafView a = rows_.raw_view(rows_.leaves()[leaf], scratch.raw_a);
  const LeafView b = leaf == other ? a : rows_.raw_view(rows_.leaves()[other], scratch.raw_b);
  return kernel_.distances_by_differences(a, b, rows_.features(), seen, halves.values);
}

}  // namespace infoplane::detail
