#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace infoplane::detail {

/// Rows of a leaf at most; a tile is the leaf x leaf block of pairs that is worked off at once. Two
/// leaves of 20 features and their tile fit the first-level cache.
constexpr std::size_t leaf_rows = 32;
/// Rows are stored in groups of this many, one SIMD lane for each.
constexpr std::size_t lane_count = 8;
/// Groups of a leaf.
constexpr std::size_t leaf_groups = leaf_rows / lane_count;
/// Boxes are stored in groups of this many.
constexpr std::size_t box_lanes = 8;
/// The distance of rows that only fill up a group from all others, at least: their kernel is next
/// to 0 everywhere.
constexpr double padding_distance = 1e300;

/// Up to leaf_rows centred rows, padded to whole groups by any numbers. values:
/// [group][feature][lane].
struct LeafView {
  const double* values;
  const double* halves;   ///< -|h|^2 / 2, [group][lane]; -padding_distance for padding
  const double* padding;  ///< 0, or -padding_distance for padding
  const double* weights;  ///< multiplicities
  std::size_t groups;
};

/// How many widths can be seen in each block of a tile, which is a group of rows by a group of
/// columns: the widest ones.
struct SeenWidths {
  std::int32_t of[leaf_groups][leaf_groups];
};

/// Sums of rows whose lanes have not been added up yet.
struct LaneSums {
  double* lanes;  ///< [row][lane_count]; as many of them are in use as a register has
  bool begun;     ///< whether anything is there that has to be added to
};

/// Where the kernel of one noise width is summed.
struct KernelSums {
  LaneSums rows;    ///< the sums over columns
  double* columns;  ///< [column], the sums over rows are added
};

/// The kernels 2^(-factor * d) of a tile of -d/2.
struct Exponential {
  const double* halves;  ///< -d/2
  double factor;         ///< its double is finite
  double farthest;       ///< no d is above; infinity if nothing is known
};

/// One pass over a tile of them: each is squared so many times.
struct ExponentialPass {
  Exponential of;
  int squarings;
  std::size_t row_groups;
  std::size_t column_groups;
  const SeenWidths* seen;
  std::int32_t width;  ///< a block where it is not seen is left out
};

/// One pass over a tile of kernel values: each is squared `squarings[0]` times and summed; with
/// `two` it is squared another `squarings[1]` times and summed for a second width.
struct KernelPass {
  std::size_t row_groups;
  std::size_t column_groups;
  const double* row_weights;     ///< null: all 1
  const double* column_weights;  ///< null: all 1
  const SeenWidths* seen;
  std::int32_t widths[2];  ///< a block where they are not seen is left out
  int squarings[2];
  KernelSums sums[2];
  bool two;
  bool store;  ///< whether the tile shall hold the last kernel afterwards
};

/// The loops over tiles and over what is prepared for them, compiled for one instruction set. Tiles
/// are [row][leaf_rows]. Of a squared distance d they hold -d/2, as the sum of -|a|^2/2, -|b|^2/2
/// and the products ab comes out: the factor of the exponential takes the rest.
struct TileKernel {
  const char* name;  ///< "avx512", "avx2", "baseline"

  /// By |a|^2 + |b|^2 - 2ab, which for near rows may be below 0 by what was cancelled; returns the
  /// smallest d. Blocks where no width is seen stay what they are, and do not count.
  double (*distances)(const LeafView& a, const LeafView& b, std::size_t features,
                      const SeenWidths& seen, double* tile);
  /// The same by differences: slower, without cancellation.
  double (*distances_by_differences)(const LeafView& a, const LeafView& b, std::size_t features,
                                     const SeenWidths& seen, double* tile);
  /// Blocks that are left out stay what they are.
  void (*exponentials)(const ExponentialPass& pass, double* tile);
  void (*sums)(const KernelPass& pass, double* tile);
  /// The same for kernels that no tile holds yet, and with the same bits.
  void (*exponential_sums)(const Exponential& of, const KernelPass& pass, double* tile);
  /// Adds up the lanes of `groups` groups of rows: rows[r] += the sum of lane_sums[r][...].
  void (*add_lanes)(const double* lane_sums, std::size_t groups, double* rows);

  /// Adds the sums over the rows of a matrix to `sums`; returns its largest |value|.
  float (*column_sums)(const float* values, std::size_t rows, std::size_t features, double* sums);
  /// `sums` and `squares` become, of each feature, those of what count >= 1 rows differ by from the
  /// first one. Differences are rounded to float32, and infinite where they are too large for it:
  /// all instruction sets give the same bits.
  void (*moments)(const float* const* rows, std::size_t count, std::size_t features, double* sums,
                  double* squares);
  /// A group of lane_count rows in columns, [feature][lane], `centre` taken off; and the squared
  /// norms of that.
  void (*pack)(const float* const* rows, const double* centre, std::size_t features, double* to,
               double* norms);
  /// The smallest and the largest value of each feature among lane_count rows.
  void (*box)(const float* const* rows, std::size_t features, float* low, float* high);

  /// Bounds on the squared distances between one box and box_lanes others, in float32: good to
  /// (features + 4) * 2^-24 of themselves. Boxes are stored as [feature][box_lanes]; `low` and
  /// `high` point at the lane of the one.
  void (*box_distances)(const float* low, const float* high, const float* lows, const float* highs,
                        std::size_t features, float* nearest, float* farthest);
  /// Of each block of a tile how many of the `widths` numbers in `reach`, which fall, are not below
  /// `shrink` times the squared distance of the boxes of its groups; the first `whole` count
  /// anyway. Returns the smallest count. The boxes of the columns are stored as [feature][group],
  /// those of the rows repeated, [feature][group][leaf_groups].
  std::size_t (*seen_in_blocks)(const float* row_lows, const float* row_highs,
                                const float* column_lows, const float* column_highs,
                                std::size_t features, float shrink, const float* reach,
                                std::size_t whole, std::size_t widths, SeenWidths& seen);
  /// The least of row_norms[i] + column_norms[j] - 2 products[i * stride + j], in float32.
  float (*least_distance)(const float* products, std::size_t stride, const float* row_norms,
                          std::size_t rows, const float* column_norms, std::size_t columns);
};

/// The fastest one this machine runs.
const TileKernel& tile_kernel();
/// All that this machine runs, slowest first. For tests.
std::vector<const TileKernel*> tile_kernels();

}  // namespace infoplane::detail
