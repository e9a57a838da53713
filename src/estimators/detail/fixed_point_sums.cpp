#include "estimators/detail/fixed_point_sums.hpp"

#include <cmath>

#include "core/errors.hpp"

namespace infoplane::detail {

FixedPointSums::FixedPointSums(const OrderedRows& rows, std::size_t widths)
    : rows_(rows),
      widths_(widths),
      // A sum is at most N: as many digits behind the point as 62 bits leave.
      fraction_bits_(61 - static_cast<int>(std::ceil(std::log2(rows.total_weight() + 1.0)))) {}

std::vector<std::size_t> FixedPointSums::part_bounds(std::size_t parts) const {
  std::vector<std::size_t> bounds;
  for (std::size_t p = 0; p <= parts; ++p)
    bounds.push_back(first_width(p, parts) * size_of_width());
  return bounds;
}

void FixedPointSums::add(PartialSums& partial, PairwiseSums& sums) const {
  INFOPLANE_EXPECT(sums.size() == size());
  const double units = std::ldexp(1.0, fraction_bits_);
  for (std::size_t l = 0; l < partial.leaves(); ++l) {
    const std::size_t at = partial.first_leaf() + l;
    const Leaf& leaf = rows_.leaves()[at];
    double dropped = 0;
    for (std::size_t width = 0; width < widths_; ++width) {
      dropped += partial.dropped(at, width);
      sums[dropped_at(width, at)] += std::llrint(dropped);
    }
    for (std::size_t width = 0; width < partial.begun(at); ++width) {
      for (const bool same : {true, false}) {
        const double* from = partial.kernel(width, same, leaf.first);
        std::int64_t* to = sums.data() + kernel_at(width, same, leaf.first);
        for (std::size_t r = 0; r < leaf.rows; ++r) {
          to[r] += static_cast<std::int64_t>(from[r] * units + 0.5);
        }
      }
    }
  }
}

/// Half a unit of the rows of the own class and half a unit of the others.
double FixedPointSums::rounding(std::size_t times) const {
  return std::ldexp(static_cast<double>(times), -fraction_bits_);
}

void FixedPointSums::add_rows(std::size_t width, const PairwiseSums& sums, double left_out_each,
                              InformationSum& sum) const {
  INFOPLANE_EXPECT(sums.size() == size());
  const double unit = std::ldexp(1.0, -fraction_bits_);
  for (std::size_t l = 0; l < rows_.leaves().size(); ++l) {
    const Leaf& leaf = rows_.leaves()[l];
    const double left_out = left_out_each * static_cast<double>(sums[dropped_at(width, l)]);
    for (std::size_t position = leaf.first; position < leaf.first + leaf.rows; ++position) {
      const auto value = [&](bool same_class) {
        return static_cast<double>(sums[kernel_at(width, same_class, position)]) * unit;
      };
      sum.add(rows_.weight(position), value(true), value(false), left_out);
    }
  }
}

}  // namespace infoplane::detail
