#include "estimators/detail/row_sums.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "estimators/detail/partial_sums.hpp"
#include "estimators/detail/tile_kernel.hpp"

namespace infoplane::test {
namespace {

using detail::lane_count;
using detail::LaneSums;
using detail::leaf_groups;
using detail::leaf_rows;
using detail::PartialSums;
using detail::RowSums;

constexpr std::size_t widths = 3;

/// Lanes of the smallest register.
constexpr std::size_t tile_lanes = 2;

/// What a tile does: row r gets r + 1 in some lanes, beside what is there if it is begun.
void add_tile(const LaneSums& sums) {
  for (std::size_t r = 0; r < leaf_rows; ++r) {
    double* const lanes = sums.lanes + r * lane_count;
    for (std::size_t lane = 0; lane < lane_count; ++lane) {
      if (!sums.begun) lanes[lane] = 0;
      if (lane < tile_lanes) lanes[lane] += static_cast<double>(r + 1);
    }
  }
}

/// Sums of two leaves, all `value`.
PartialSums filled(double value) {
  PartialSums partial;
  partial.clear(0, 2, 0, 2 * leaf_rows, widths);
  for (std::size_t leaf = 0; leaf < 2; ++leaf)
    partial.begin(leaf, leaf * leaf_rows, leaf_rows, widths);
  for (std::size_t w = 0; w < widths; ++w) {
    for (const bool same : {true, false})
      std::fill_n(partial.kernel(w, same, 0), 2 * leaf_rows, value);
  }
  return partial;
}

TEST(RowSums, AddsTheLanesOfAllTilesToTheRowsOfTheLeaf) {
  RowSums rows(widths);
  PartialSums partial = filled(0.5);
  for (int tile = 0; tile < 3; ++tile) {
    const LaneSums sums = rows.at(1, false);
    EXPECT_EQ(sums.begun, tile > 0);
    add_tile(sums);
  }
  rows.add_to(partial, leaf_rows, leaf_groups, detail::tile_kernel());
  for (std::size_t r = 0; r < leaf_rows; ++r) {
    EXPECT_EQ(partial.kernel(1, false, leaf_rows)[r],
              0.5 + 3.0 * tile_lanes * static_cast<double>(r + 1))
        << "row " << r;
  }
}

TEST(RowSums, LeavesAllElseAsItWas) {
  RowSums rows(widths);
  PartialSums partial = filled(0.5);
  add_tile(rows.at(1, false));
  constexpr std::size_t groups = 2;
  rows.add_to(partial, leaf_rows, groups, detail::tile_kernel());
  for (std::size_t w = 0; w < widths; ++w) {
    for (const bool same : {true, false}) {
      for (std::size_t position = 0; position < 2 * leaf_rows; ++position) {
        const bool added =
            w == 1 && !same && position >= leaf_rows && position < leaf_rows + groups * lane_count;
        EXPECT_EQ(partial.kernel(w, same, 0)[position] != 0.5, added)
            << "width " << w << ", same class " << same << ", position " << position;
      }
    }
  }
}

TEST(RowSums, BeginsAnewForTheNextLeaf) {
  RowSums rows(widths);
  PartialSums partial = filled(0);
  add_tile(rows.at(0, true));
  add_tile(rows.at(2, true));
  rows.add_to(partial, 0, leaf_groups, detail::tile_kernel());
  EXPECT_FALSE(rows.at(2, true).begun);
  add_tile({rows.at(0, true).lanes, false});
  rows.clear();
  EXPECT_FALSE(rows.at(0, true).begun);
  rows.clear();
  rows.add_to(partial, leaf_rows, leaf_groups, detail::tile_kernel());  // nothing is there to add
  for (std::size_t r = 0; r < leaf_rows; ++r) {
    EXPECT_EQ(partial.kernel(0, true, 0)[r], tile_lanes * static_cast<double>(r + 1));
    EXPECT_EQ(partial.kernel(0, true, leaf_rows)[r], 0);
  }
}

}  // namespace
}  // namespace infoplane::test
