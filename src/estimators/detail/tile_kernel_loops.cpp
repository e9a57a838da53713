// Compiled once per instruction set (CMakeLists.txt), with INFOPLANE_INSTRUCTION_SET naming it.
// Nothing inline from elsewhere may be used here: the linker could pick its copy for all.

#include <cstdint>
#include <cstring>

#include "estimators/detail/lanes.hpp"
#include "estimators/detail/tile_kernel.hpp"

namespace infoplane::detail::INFOPLANE_INSTRUCTION_SET {
namespace {

/// Rows and groups of columns of a block of sums that stays in registers: as many additions have
/// to be under way at once as two units take to finish one each.
constexpr std::size_t block_rows = register_bytes == 64 ? 8 : register_bytes == 32 ? 4 : 2;
constexpr std::size_t block_groups = register_bytes == 64 ? 2 : 1;

/// Features of a block: so many of two leaves fit the first-level cache.
constexpr std::size_t block_features = 64;

/// The smallest lane.
double least_of(const Register& values) {
  double by_lane[lanes];
  store(by_lane, values);
  double least = by_lane[0];
  for (std::size_t lane = 1; lane < lanes; ++lane) {
    least = by_lane[lane] < least ? by_lane[lane] : least;
  }
  return least;
}

/// What a block of sums starts from, and what becomes of it.
struct Stage {
  std::size_t features;   ///< of a leaf
  std::size_t count;      ///< of them, in this block
  bool first, last;       ///< block of features
  const double* a_extra;  ///< norms or padding of the rows
  const double* b_extra;  ///< of the columns
};

/// at[r][...] (+)= inner products, or squared differences, of block_rows rows with `groups` groups
/// of columns; behind the last block of features, distances. Returns the smallest of those.
template <bool ByDifferences, std::size_t groups>
INFOPLANE_INLINE Register add_block(const Stage& stage, const double* a, const double* b,
                                    Register smallest, double* at) {
  constexpr std::size_t width = groups * parts;
  const std::size_t group_values = stage.features * lane_count;
  Register sums[block_rows][width];
#pragma GCC unroll 8
  for (std::size_t r = 0; r < block_rows; ++r) {
#pragma GCC unroll 4
    for (std::size_t p = 0; p < width; ++p) {
      sums[r][p] = stage.first ? Register{} : load(at + r * leaf_rows + p * lanes);
    }
  }
#pragma GCC unroll 2
  for (std::size_t k = 0; k < stage.count; ++k) {
    Register column[width];
#pragma GCC unroll 4
    for (std::size_t p = 0; p < width; ++p) {
      column[p] = load(b + p / parts * group_values + k * lane_count + p % parts * lanes);
    }
#pragma GCC unroll 8
    for (std::size_t r = 0; r < block_rows; ++r) {
      const Register row = a[k * lane_count + r] - Register{};
#pragma GCC unroll 4
      for (std::size_t p = 0; p < width; ++p) {
        if (ByDifferences) {
          const Register difference = row - column[p];
          sums[r][p] = difference * difference + sums[r][p];
        } else {
          sums[r][p] = row * column[p] + sums[r][p];
        }
      }
    }
  }
  if (stage.last) {
    Register column_extra[width];
#pragma GCC unroll 4
    for (std::size_t p = 0; p < width; ++p) column_extra[p] = load(stage.b_extra + p * lanes);
#pragma GCC unroll 8
    for (std::size_t r = 0; r < block_rows; ++r) {
      const Register row_extra = stage.a_extra[r] - Register{};
#pragma GCC unroll 4
      for (std::size_t p = 0; p < width; ++p) {
        const Register extra = column_extra[p] + row_extra;
        sums[r][p] = ByDifferences ? sums[r][p] + extra : extra - 2.0 * sums[r][p];
      }
    }
    // Pairs first: a chain of all of them would be waited for.
    Register least[block_rows];
#pragma GCC unroll 8
    for (std::size_t r = 0; r < block_rows; ++r) {
      least[r] = sums[r][0];
#pragma GCC unroll 4
      for (std::size_t p = 1; p < width; ++p) least[r] = smaller(least[r], sums[r][p]);
    }
#pragma GCC unroll 4
    for (std::size_t step = 1; step < block_rows; step *= 2) {
#pragma GCC unroll 8
      for (std::size_t r = 0; r + step < block_rows; r += 2 * step) {
        least[r] = smaller(least[r], least[r + step]);
      }
    }
    smallest = smaller(smallest, least[0]);
  }
#pragma GCC unroll 8
  for (std::size_t r = 0; r < block_rows; ++r) {
#pragma GCC unroll 4
    for (std::size_t p = 0; p < width; ++p) store(at + r * leaf_rows + p * lanes, sums[r][p]);
  }
  return smallest;
}

template <bool ByDifferences>
double fill_distances(const LeafView& a, const LeafView& b, std::size_t features,
                      const SeenWidths& seen, double* tile) {
  Register smallest = padding_distance - Register{};
  const double* a_extra = ByDifferences ? a.padding : a.norms;
  const double* b_extra = ByDifferences ? b.padding : b.norms;
  for (std::size_t k = 0; k < features; k += block_features) {
    const std::size_t count = features - k < block_features ? features - k : block_features;
    Stage stage{features, count, k == 0, k + count == features, nullptr, nullptr};
    for (std::size_t i = 0; i < a.groups * lane_count; i += block_rows) {
      const double* rows =
          a.values + ((i / lane_count) * features + k) * lane_count + i % lane_count;
      stage.a_extra = a_extra + i;
      const std::int32_t* const block = seen.of[i / lane_count];
      for (std::size_t group = 0; group < b.groups;) {
        if (block[group] == 0) {
          ++group;
          continue;
        }
        const double* columns = b.values + (group * features + k) * lane_count;
        double* at = tile + i * leaf_rows + group * lane_count;
        stage.b_extra = b_extra + group * lane_count;
        if (block_groups == 2 && group + 1 < b.groups && block[group + 1] > 0) {
          smallest = add_block<ByDifferences, block_groups>(stage, rows, columns, smallest, at);
          group += block_groups;
        } else {
          smallest = add_block<ByDifferences, 1>(stage, rows, columns, smallest, at);
          ++group;
        }
      }
    }
  }
  return least_of(smallest);
}

void exponentials(std::size_t row_groups, std::size_t column_groups, double factor, int squarings,
                  const double* distances, double* tile) {
  constexpr std::size_t at_once = register_bytes == 64 ? 8 : 4;
  constexpr std::size_t row_step = at_once / parts;
  const std::size_t rows = row_groups * lane_count;
  for (std::size_t i = 0; i < rows; i += row_step) {
    for (std::size_t group = 0; group < column_groups; ++group) {
      const std::size_t at = i * leaf_rows + group * lane_count;
      Register values[at_once];
#pragma GCC unroll 8
      for (std::size_t v = 0; v < at_once; ++v) {
        values[v] = load(distances + at + v / parts * leaf_rows + v % parts * lanes);
      }
      exp2_of_negative<Distances::any>(values, factor);
      for (int q = 0; q < squarings; ++q) {
#pragma GCC unroll 8
        for (std::size_t v = 0; v < at_once; ++v) values[v] = values[v] * values[v];
      }
#pragma GCC unroll 8
      for (std::size_t v = 0; v < at_once; ++v) {
        store(tile + at + v / parts * leaf_rows + v % parts * lanes, values[v]);
      }
    }
  }
}

/// What a pass starts from.
enum class Tiles { kernels, distances, bounded };

constexpr std::size_t pass_rows = 4;
/// Registers of a row that are worked on at once: with four rows enough to keep two units busy
/// while each exponential waits for itself, and no more than there are registers for.
constexpr std::size_t pass_width = register_bytes == 64 ? 2 : 1;

/// Adds a block of kernel values [register][row].
template <bool Weighted, std::size_t width>
INFOPLANE_INLINE void add_kernel(const Register (&kernel)[width * pass_rows],
                                 const double* row_weights, const double* column_weights,
                                 double* columns, Register (&sums)[pass_rows]) {
#pragma GCC unroll 2
  for (std::size_t p = 0; p < width; ++p) {
    const Register* const row = kernel + p * pass_rows;
    Register column = load(columns + p * lanes);
    if (Weighted) {
      const Register weight = load(column_weights + p * lanes);
#pragma GCC unroll 4
      for (std::size_t r = 0; r < pass_rows; ++r) sums[r] = row[r] * weight + sums[r];
      column += (row[0] * row_weights[0] + row[1] * row_weights[1]) +
                (row[2] * row_weights[2] + row[3] * row_weights[3]);
    } else {
#pragma GCC unroll 4
      for (std::size_t r = 0; r < pass_rows; ++r) sums[r] = sums[r] + row[r];
      column += (row[0] + row[1]) + (row[2] + row[3]);
    }
    store(columns + p * lanes, column);
  }
}

template <std::size_t count>
INFOPLANE_INLINE void square(Register (&values)[count], int times) {
  for (int q = 0; q < times; ++q) {
#pragma GCC unroll 8
    for (std::size_t i = 0; i < count; ++i) values[i] = values[i] * values[i];
  }
}

/// `width` registers of pass_rows rows, from row i and register v on.
template <bool Weighted, bool Two, bool Store, Tiles tiles, std::size_t width>
INFOPLANE_INLINE void add_pass_block(const KernelPass& pass, std::size_t i, std::size_t v,
                                     bool second, double* tile, Register (&sums_0)[pass_rows],
                                     Register (&sums_1)[pass_rows]) {
  const std::size_t at = i * leaf_rows + v * lanes;
  const double* const from = (tiles == Tiles::kernels ? tile : pass.distances) + at;
  Register kernel[width * pass_rows];
#pragma GCC unroll 8
  for (std::size_t n = 0; n < width * pass_rows; ++n) {
    kernel[n] = load(from + n % pass_rows * leaf_rows + n / pass_rows * lanes);
  }
  if (tiles == Tiles::distances) exp2_of_negative<Distances::any>(kernel, pass.factor);
  if (tiles == Tiles::bounded) exp2_of_negative<Distances::bounded>(kernel, pass.factor);
  const double* const row_weights = Weighted ? pass.row_weights + i : nullptr;
  const double* const column_weights = Weighted ? pass.column_weights + v * lanes : nullptr;
  square(kernel, pass.squarings[0]);
  add_kernel<Weighted, width>(kernel, row_weights, column_weights, pass.sums[0].columns + v * lanes,
                              sums_0);
  if (Two && second) {
    square(kernel, pass.squarings[1]);
    add_kernel<Weighted, width>(kernel, row_weights, column_weights,
                                pass.sums[1].columns + v * lanes, sums_1);
  }
  if (Store) {
#pragma GCC unroll 8
    for (std::size_t n = 0; n < width * pass_rows; ++n) {
      store(tile + at + n % pass_rows * leaf_rows + n / pass_rows * lanes, kernel[n]);
    }
  }
}

template <bool Weighted, bool Two, bool Store, Tiles tiles>
void run_pass(const KernelPass& pass, double* tile) {
  const std::size_t rows = pass.row_groups * lane_count;
  for (std::size_t i = 0; i < rows; i += pass_rows) {
    const std::int32_t* const seen = pass.seen->of[i / lane_count];
    Register sums_0[pass_rows] = {};
    Register sums_1[pass_rows] = {};
    for (std::size_t group = 0; group < pass.column_groups; ++group) {
      if (seen[group] <= pass.widths[0]) continue;
      const bool second = Two && seen[group] > pass.widths[1];
      if (pass_width == 2 && group + 1 < pass.column_groups && seen[group + 1] > pass.widths[0] &&
          (!Two || second == (seen[group + 1] > pass.widths[1]))) {
        add_pass_block<Weighted, Two, Store, tiles, pass_width>(pass, i, group, second, tile,
                                                                sums_0, sums_1);
        ++group;
        continue;
      }
      for (std::size_t v = group * parts; v < (group + 1) * parts; ++v) {
        add_pass_block<Weighted, Two, Store, tiles, 1>(pass, i, v, second, tile, sums_0, sums_1);
      }
    }
    add_lanes(sums_0, pass.sums[0].rows + i);
    if (Two) add_lanes(sums_1, pass.sums[1].rows + i);
  }
}

template <bool Weighted, Tiles tiles>
void choose_pass(const KernelPass& pass, double* tile) {
  if (pass.two) {
    pass.store ? run_pass<Weighted, true, true, tiles>(pass, tile)
               : run_pass<Weighted, true, false, tiles>(pass, tile);
  } else {
    pass.store ? run_pass<Weighted, false, true, tiles>(pass, tile)
               : run_pass<Weighted, false, false, tiles>(pass, tile);
  }
}

template <Tiles tiles>
void choose_pass(const KernelPass& pass, double* tile) {
  pass.row_weights == nullptr ? choose_pass<false, tiles>(pass, tile)
                              : choose_pass<true, tiles>(pass, tile);
}

void kernel_sums(const KernelPass& pass, double* tile) {
  if (pass.distances == nullptr) {
    choose_pass<Tiles::kernels>(pass, tile);
  } else if (pass.farthest * pass.factor < largest_exponent) {
    choose_pass<Tiles::bounded>(pass, tile);
  } else {
    choose_pass<Tiles::distances>(pass, tile);
  }
}

/// Numbers of a row that are worked on at once.
constexpr std::size_t row_numbers = 8;

/// sums[lane] += values[row * stride + lane], and the largest size of any.
template <std::size_t count>
INFOPLANE_INLINE float add_columns(const float* values, std::size_t rows, std::size_t stride,
                                   double* sums, float largest) {
  double sum[count] = {};
  float size[count] = {};
  for (std::size_t i = 0; i < rows; ++i, values += stride) {
#pragma omp simd
    for (std::size_t lane = 0; lane < count; ++lane) {
      const float value = values[lane];
      sum[lane] += static_cast<double>(value);
      const float positive = value < 0 ? -value : value;
      size[lane] = size[lane] < positive ? positive : size[lane];
    }
  }
  for (std::size_t lane = 0; lane < count; ++lane) {
    sums[lane] += sum[lane];
    largest = largest < size[lane] ? size[lane] : largest;
  }
  return largest;
}

/// The same for the last `left` columns, fewer than `count`.
template <std::size_t count>
INFOPLANE_INLINE float add_last_columns(const float* values, std::size_t rows, std::size_t stride,
                                        std::size_t left, double* sums, float largest) {
  if constexpr (count > 1) {
    if (left < count - 1)
      return add_last_columns<count - 1>(values, rows, stride, left, sums, largest);
    return left == 0 ? largest : add_columns<count - 1>(values, rows, stride, sums, largest);
  }
  return largest;
}

float column_sums(const float* values, std::size_t rows, std::size_t features, double* sums) {
  constexpr std::size_t rows_at_once = 64;  // that the nearest cache keeps for the next columns
  float largest = 0;
  for (std::size_t i = 0; i < rows; i += rows_at_once) {
    const std::size_t count = rows - i < rows_at_once ? rows - i : rows_at_once;
    const float* const from = values + i * features;
    std::size_t k = 0;
    for (; k + row_numbers <= features; k += row_numbers) {
      largest = add_columns<row_numbers>(from + k, count, features, sums + k, largest);
    }
    largest =
        add_last_columns<row_numbers>(from + k, count, features, features - k, sums + k, largest);
  }
  return largest;
}

void pack(const float* const* rows, const double* centre, std::size_t features, double* to,
          double* norms) {
  Register sums[parts] = {};
  for (std::size_t k = 0; k < features; ++k, to += lane_count) {
    float column[lane_count];
    for (std::size_t lane = 0; lane < lane_count; ++lane) column[lane] = rows[lane][k];
    for (std::size_t p = 0; p < parts; ++p) {
      HalfRegister part;
      std::memcpy(&part, column + p * lanes, sizeof part);
      const Register centred = __builtin_convertvector(part, Register) - centre[k];
      store(to + p * lanes, centred);
      sums[p] = centred * centred + sums[p];
    }
  }
  std::memcpy(norms, sums, sizeof sums);
}

/// The ranges of `count` features among the rows.
template <std::size_t count>
INFOPLANE_INLINE void find_ranges(const float* const* rows, std::size_t k, float* low,
                                  float* high) {
  float least[count];
  float most[count];
  for (std::size_t n = 0; n < count; ++n) least[n] = most[n] = rows[0][k + n];
#pragma GCC unroll 8
  for (std::size_t lane = 1; lane < lane_count; ++lane) {
    const float* const row = rows[lane] + k;
#pragma omp simd
    for (std::size_t n = 0; n < count; ++n) {
      least[n] = row[n] < least[n] ? row[n] : least[n];
      most[n] = row[n] > most[n] ? row[n] : most[n];
    }
  }
  std::memcpy(low + k, least, sizeof least);
  std::memcpy(high + k, most, sizeof most);
}

void box(const float* const* rows, std::size_t features, float* low, float* high) {
  if (features < row_numbers) {
    for (std::size_t k = 0; k < features; ++k) find_ranges<1>(rows, k, low, high);
    return;
  }
  std::size_t k = 0;
  for (; k + row_numbers <= features; k += row_numbers)
    find_ranges<row_numbers>(rows, k, low, high);
  // Some of them once more.
  if (k < features) find_ranges<row_numbers>(rows, features - row_numbers, low, high);
}

void box_distances(const float* low, const float* high, const float* lows, const float* highs,
                   std::size_t features, float* nearest, float* farthest) {
  float near[box_lanes] = {};
  float far[box_lanes] = {};
  for (std::size_t k = 0; k < features * box_lanes; k += box_lanes) {
    const float low_k = low[k];
    const float high_k = high[k];
#pragma omp simd
    for (std::size_t lane = 0; lane < box_lanes; ++lane) {
      const float above = lows[k + lane] - high_k;
      const float below = low_k - highs[k + lane];
      // Boxes apart: one of the two is the gap. The other way round, both reach across.
      float gap = above > below ? above : below;
      gap = gap > 0.0F ? gap : 0.0F;
      const float reach = above < below ? above : below;
      near[lane] += gap * gap;
      far[lane] += reach * reach;
    }
  }
  for (std::size_t lane = 0; lane < box_lanes; ++lane) {
    nearest[lane] = near[lane];
    farthest[lane] = far[lane];
  }
}

std::size_t seen_in_blocks(const float* row_lows, const float* row_highs, const float* column_lows,
                           const float* column_highs, std::size_t features, float shrink,
                           const float* reach, std::size_t whole, std::size_t widths,
                           SeenWidths& seen) {
  constexpr std::size_t blocks = leaf_groups * leaf_groups;
  constexpr std::size_t registers = blocks / float_lanes;
  FloatRegister nearest[registers] = {};
  for (std::size_t k = 0; k < features; ++k) {
    const FloatRegister column_low = repeated(column_lows + k * leaf_groups);
    const FloatRegister column_high = repeated(column_highs + k * leaf_groups);
#pragma GCC unroll 4
    for (std::size_t r = 0; r < registers; ++r) {
      const FloatRegister above = column_low - load(row_highs + k * blocks + r * float_lanes);
      const FloatRegister below = load(row_lows + k * blocks + r * float_lanes) - column_high;
      const FloatRegister gap = larger(larger(above, below), FloatRegister{});
      nearest[r] = gap * gap + nearest[r];
    }
  }
  for (std::size_t r = 0; r < registers; ++r) nearest[r] = nearest[r] * shrink;
  FloatIntegerRegister counts[registers];
  for (auto& count : counts) count = static_cast<std::int32_t>(whole) - FloatIntegerRegister{};
  for (std::size_t w = whole; w < widths; ++w) {
#pragma GCC unroll 4
    for (std::size_t r = 0; r < registers; ++r) counts[r] -= nearest[r] <= reach[w];
  }
  std::memcpy(seen.of, counts, sizeof seen.of);
  const std::int32_t* const of_block = seen.of[0];
  std::int32_t least = of_block[0];
#pragma omp simd reduction(min : least)
  for (std::size_t block = 0; block < blocks; ++block) {
    least = least < of_block[block] ? least : of_block[block];
  }
  return static_cast<std::size_t>(least);
}

float least_distance(const float* products, std::size_t stride, const float* row_norms,
                     std::size_t rows, const float* column_norms, std::size_t columns) {
  float least = 3e38F;
  for (std::size_t i = 0; i < rows; ++i) {
    const float* row = products + i * stride;
    float row_least = 3e38F;
#pragma omp simd reduction(min : row_least)
    for (std::size_t j = 0; j < columns; ++j) {
      const float distance = column_norms[j] - 2.0F * row[j];
      row_least = row_least < distance ? row_least : distance;
    }
    row_least += row_norms[i];
    least = least < row_least ? least : row_least;
  }
  return least;
}

#define INFOPLANE_QUOTE(WORD) #WORD
#define INFOPLANE_NAME(WORD) INFOPLANE_QUOTE(WORD)

}  // namespace

extern const TileKernel kernel;
const TileKernel kernel{INFOPLANE_NAME(INFOPLANE_INSTRUCTION_SET),
                        fill_distances<false>,
                        fill_distances<true>,
                        exponentials,
                        kernel_sums,
                        column_sums,
                        pack,
                        box,
                        box_distances,
                        seen_in_blocks,
                        least_distance};

}  // namespace infoplane::detail::INFOPLANE_INSTRUCTION_SET
