// Compiled once per instruction set (CMakeLists.txt), with INFOPLANE_INSTRUCTION_SET naming it.
// Nothing inline from elsewhere may be used here: the linker could pick its copy for all.

#include <cstdint>
#include <cstring>

#include "estimators/detail/lanes.hpp"
#include "estimators/detail/row_loops.hpp"
#include "estimators/detail/tile_kernel.hpp"

namespace infoplane::detail::INFOPLANE_INSTRUCTION_SET {
namespace {

/// Rows and groups of columns of a block of sums that stays in registers: as many additions have
/// to be under way at once as two units take to finish one each.
struct BlockShape {
  std::size_t rows, groups;
};
/// For at least so many groups of columns beside each other. A register of columns is one load, a
/// row another one: a square needs the fewest.
#if defined(__AVX512F__)
constexpr BlockShape block_shapes[] = {{4, 4}, {8, 2}, {8, 1}};
#elif defined(__AVX__)
constexpr BlockShape block_shapes[] = {{4, 1}};
#else
constexpr BlockShape block_shapes[] = {{2, 1}};
#endif
constexpr std::size_t shapes = sizeof block_shapes / sizeof block_shapes[0];

/// Features of a block: so many of two leaves fit the first-level cache.
constexpr std::size_t block_features = 64;

/// The largest lane.
double largest_of(const Register& values) {
  double by_lane[lanes];
  store(by_lane, values);
  double largest = by_lane[0];
  for (std::size_t lane = 1; lane < lanes; ++lane) {
    largest = by_lane[lane] > largest ? by_lane[lane] : largest;
  }
  return largest;
}

/// What a block of sums starts from, and what becomes of it.
struct Stage {
  std::size_t features;    ///< of a leaf
  std::size_t count;       ///< of them, in this block
  bool first, last;        ///< block of features
  const double* a_starts;  ///< halves or padding of the rows
  const double* b_starts;  ///< of the columns
};

/// at[r][...] becomes inner products, or minus squared differences, of some rows with some groups
/// of columns, added to what their sums start from; behind the last block of features, minus half
/// the distances. Returns the largest of those.
template <bool ByDifferences, std::size_t rows, std::size_t groups>
INFOPLANE_INLINE Register add_block(const Stage& stage, const double* a, const double* b,
                                    Register largest, double* at) {
  constexpr std::size_t width = groups * parts;
  const std::size_t group_values = stage.features * lane_count;
  Register sums[rows][width];
  if (stage.first) {
    Register column_start[width];
#pragma GCC unroll 4
    for (std::size_t p = 0; p < width; ++p) column_start[p] = load(stage.b_starts + p * lanes);
#pragma GCC unroll 8
    for (std::size_t r = 0; r < rows; ++r) {
      const Register row_start = stage.a_starts[r] - Register{};
#pragma GCC unroll 4
      for (std::size_t p = 0; p < width; ++p) sums[r][p] = column_start[p] + row_start;
    }
  } else {
#pragma GCC unroll 8
    for (std::size_t r = 0; r < rows; ++r) {
#pragma GCC unroll 4
      for (std::size_t p = 0; p < width; ++p) sums[r][p] = load(at + r * leaf_rows + p * lanes);
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
    for (std::size_t r = 0; r < rows; ++r) {
      const Register row = a[k * lane_count + r] - Register{};
#pragma GCC unroll 4
      for (std::size_t p = 0; p < width; ++p) {
        if (ByDifferences) {
          const Register difference = row - column[p];
          sums[r][p] = sums[r][p] - difference * difference;
        } else {
          sums[r][p] = row * column[p] + sums[r][p];
        }
      }
    }
  }
  if (stage.last) {
    if (ByDifferences) {
#pragma GCC unroll 8
      for (std::size_t r = 0; r < rows; ++r) {
#pragma GCC unroll 4
        for (std::size_t p = 0; p < width; ++p) sums[r][p] *= 0.5;
      }
    }
    // Pairs first: a chain of all of them would be waited for.
    Register most[rows];
#pragma GCC unroll 8
    for (std::size_t r = 0; r < rows; ++r) {
      most[r] = sums[r][0];
#pragma GCC unroll 4
      for (std::size_t p = 1; p < width; ++p) most[r] = larger(most[r], sums[r][p]);
    }
#pragma GCC unroll 4
    for (std::size_t step = 1; step < rows; step *= 2) {
#pragma GCC unroll 8
      for (std::size_t r = 0; r + step < rows; r += 2 * step) {
        most[r] = larger(most[r], most[r + step]);
      }
    }
    largest = larger(largest, most[0]);
  }
#pragma GCC unroll 8
  for (std::size_t r = 0; r < rows; ++r) {
#pragma GCC unroll 4
    for (std::size_t p = 0; p < width; ++p) store(at + r * leaf_rows + p * lanes, sums[r][p]);
  }
  return largest;
}

/// Blocks of the largest shape that has no more than `together` groups of columns, for a group of
/// rows. Returns how many groups of columns that were.
template <bool ByDifferences, std::size_t shape = 0>
INFOPLANE_INLINE std::size_t add_blocks(const Stage& stage, std::size_t together, const double* a,
                                        const double* b, Register& largest, double* at) {
  constexpr BlockShape block = block_shapes[shape];
  if constexpr (shape + 1 < shapes) {
    if (together < block.groups)
      return add_blocks<ByDifferences, shape + 1>(stage, together, a, b, largest, at);
  }
  Stage of_block = stage;
  for (std::size_t r = 0; r < lane_count; r += block.rows) {
    of_block.a_starts = stage.a_starts + r;
    largest = add_block<ByDifferences, block.rows, block.groups>(of_block, a + r, b, largest,
                                                                 at + r * leaf_rows);
  }
  return block.groups;
}

template <bool ByDifferences>
double fill_distances(const LeafView& leaf, const LeafView& other, std::size_t features,
                      const SeenWidths& seen, double* tile) {
  const LeafView a = leaf;  // a copy: writing to `tile` could change what `leaf` says
  const LeafView b = other;
  Register largest = -0.5 * padding_distance - Register{};
  const double* a_starts = ByDifferences ? a.padding : a.halves;
  const double* b_starts = ByDifferences ? b.padding : b.halves;
  for (std::size_t k = 0; k < features; k += block_features) {
    const std::size_t count = features - k < block_features ? features - k : block_features;
    Stage stage{features, count, k == 0, k + count == features, nullptr, nullptr};
    for (std::size_t i = 0; i < a.groups; ++i) {
      const double* const rows = a.values + (i * features + k) * lane_count;
      stage.a_starts = a_starts + i * lane_count;
      const std::int32_t* const block = seen.of[i];
      for (std::size_t group = 0; group < b.groups;) {
        std::size_t together = 0;
        while (group + together < b.groups && block[group + together] > 0) ++together;
        if (together == 0) {
          ++group;
          continue;
        }
        stage.b_starts = b_starts + group * lane_count;
        const double* const columns = b.values + (group * features + k) * lane_count;
        double* const at = tile + (i * leaf_rows + group) * lane_count;
        group += add_blocks<ByDifferences>(stage, together, rows, columns, largest, at);
      }
    }
  }
  return -2.0 * largest_of(largest);
}

/// Exponentials that are under way at once: each waits for itself, as many as there are registers
/// for keep two units busy.
constexpr std::size_t exponentials_at_once = register_bytes == 64 ? 8 : 4;

/// Of the registers of a block, a group of rows by a group of columns, some.
template <Exponents exponents>
INFOPLANE_INLINE void fill_kernels(const ExponentialPass& pass, std::size_t at, double* tile) {
  Register values[exponentials_at_once];
#pragma GCC unroll 8
  for (std::size_t v = 0; v < exponentials_at_once; ++v) {
    values[v] = load(pass.of.halves + at + v / parts * leaf_rows + v % parts * lanes);
  }
  exp2_of<exponents>(values, 2.0 * pass.of.factor);
  for (int q = 0; q < pass.squarings; ++q) {
#pragma GCC unroll 8
    for (std::size_t v = 0; v < exponentials_at_once; ++v) values[v] = values[v] * values[v];
  }
#pragma GCC unroll 8
  for (std::size_t v = 0; v < exponentials_at_once; ++v) {
    store(tile + at + v / parts * leaf_rows + v % parts * lanes, values[v]);
  }
}

template <Exponents exponents>
void fill_seen(const ExponentialPass& asked, double* tile) {
  const ExponentialPass pass = asked;  // a copy, as in fill_distances
  constexpr std::size_t row_step = exponentials_at_once / parts;
  for (std::size_t i = 0; i < pass.row_groups * lane_count; i += row_step) {
    const std::int32_t* const seen = pass.seen->of[i / lane_count];
    for (std::size_t group = 0; group < pass.column_groups; ++group) {
      if (seen[group] > pass.width)
        fill_kernels<exponents>(pass, i * leaf_rows + group * lane_count, tile);
    }
  }
}

void exponentials(const ExponentialPass& pass, double* tile) {
  if (pass.of.farthest * pass.of.factor < largest_exponent) {
    fill_seen<Exponents::bounded>(pass, tile);
  } else {
    fill_seen<Exponents::any>(pass, tile);
  }
}

/// Rows whose sums are made at once, from a register of each.
constexpr std::size_t pass_rows = 4;

/// Adds a block of kernel values, one register of each row, or their squares.
template <bool Weighted, bool Squared>
INFOPLANE_INLINE void add_kernel(const Register (&row)[pass_rows], const double* row_weights,
                                 const double* column_weights, double* columns,
                                 Register (&sums)[pass_rows]) {
  Register column = load(columns);
  if (Weighted) {
    const Register weight = load(column_weights);
    Register value[pass_rows];
#pragma GCC unroll 4
    for (std::size_t r = 0; r < pass_rows; ++r) value[r] = Squared ? row[r] * row[r] : row[r];
#pragma GCC unroll 4
    for (std::size_t r = 0; r < pass_rows; ++r) sums[r] = value[r] * weight + sums[r];
    column += (value[0] * row_weights[0] + value[1] * row_weights[1]) +
              (value[2] * row_weights[2] + value[3] * row_weights[3]);
  } else if (Squared) {
#pragma GCC unroll 4
    for (std::size_t r = 0; r < pass_rows; ++r) sums[r] = multiply_add(row[r], row[r], sums[r]);
#pragma GCC unroll 4
    for (std::size_t r = 0; r < pass_rows; ++r) column = multiply_add(row[r], row[r], column);
  } else {
#pragma GCC unroll 4
    for (std::size_t r = 0; r < pass_rows; ++r) sums[r] = sums[r] + row[r];
    column += (row[0] + row[1]) + (row[2] + row[3]);
  }
  store(columns, column);
}

INFOPLANE_INLINE void square(Register (&values)[pass_rows], int times) {
  for (int q = 0; q < times; ++q) {
#pragma GCC unroll 4
    for (std::size_t i = 0; i < pass_rows; ++i) values[i] = values[i] * values[i];
  }
}

/// Squares kernel values so many times and adds them. The last square is one with the addition, as
/// in every pass that comes to this width, and stays out of `kernel` unless there is `more` to
/// come.
template <bool Weighted>
INFOPLANE_INLINE void add_width(Register (&kernel)[pass_rows], int squarings, bool more,
                                const double* row_weights, const double* column_weights,
                                double* columns, Register (&sums)[pass_rows]) {
  if (squarings == 0) {
    add_kernel<Weighted, false>(kernel, row_weights, column_weights, columns, sums);
    return;
  }
  square(kernel, squarings - 1);
  add_kernel<Weighted, true>(kernel, row_weights, column_weights, columns, sums);
  if (more) square(kernel, 1);
}

INFOPLANE_INLINE void load_rows(const double* from, std::size_t stride,
                                Register (&rows)[pass_rows]) {
#pragma GCC unroll 4
  for (std::size_t r = 0; r < pass_rows; ++r) rows[r] = load(from + r * stride);
}

INFOPLANE_INLINE void store_rows(const Register (&rows)[pass_rows], std::size_t stride,
                                 double* to) {
#pragma GCC unroll 4
  for (std::size_t r = 0; r < pass_rows; ++r) store(to + r * stride, rows[r]);
}

/// Kernels that a tile holds, a register of each of pass_rows rows.
struct StoredKernels {
  const double* tile;
  INFOPLANE_INLINE void get(std::size_t at, Register (&kernel)[pass_rows]) const {
    load_rows(tile + at, leaf_rows, kernel);
  }
};

/// Kernels that are made of -d/2.
template <Exponents exponents>
struct NewKernels {
  const double* halves;
  double factor;
  INFOPLANE_INLINE void get(std::size_t at, Register (&kernel)[pass_rows]) const {
    load_rows(halves + at, leaf_rows, kernel);
    exp2_of<exponents>(kernel, 2.0 * factor);
  }
};

/// pass_rows rows from row i on, register v of each.
template <bool Weighted, bool Two, bool Store, class Kernels>
INFOPLANE_INLINE void add_pass_block(const KernelPass& pass, const Kernels& kernels, std::size_t i,
                                     std::size_t v, bool second, double* tile,
                                     Register (&sums_0)[pass_rows], Register (&sums_1)[pass_rows]) {
  const std::size_t at = i * leaf_rows + v * lanes;
  Register kernel[pass_rows];
  kernels.get(at, kernel);
  const double* const row_weights = Weighted ? pass.row_weights + i : nullptr;
  const double* const column_weights = Weighted ? pass.column_weights + v * lanes : nullptr;
  add_width<Weighted>(kernel, pass.squarings[0], Store || (Two && second), row_weights,
                      column_weights, pass.sums[0].columns + v * lanes, sums_0);
  if (Two && second) {
    add_width<Weighted>(kernel, pass.squarings[1], Store, row_weights, column_weights,
                        pass.sums[1].columns + v * lanes, sums_1);
  }
  if (Store) store_rows(kernel, leaf_rows, tile + at);
}

/// The sums of rows from row i on.
INFOPLANE_INLINE void begin_rows(const LaneSums& rows, std::size_t i, Register (&sums)[pass_rows]) {
  if (rows.begun) {
    load_rows(rows.lanes + i * lane_count, lane_count, sums);
    return;
  }
#pragma GCC unroll 4
  for (std::size_t r = 0; r < pass_rows; ++r) sums[r] = Register{};
}

template <bool Weighted, bool Two, bool Store, class Kernels>
void run_pass(const KernelPass& asked, const Kernels kernels, double* tile) {
  const KernelPass pass = asked;  // a copy, as in fill_distances
  for (std::size_t i = 0; i < pass.row_groups * lane_count; i += pass_rows) {
    const std::int32_t* const seen = pass.seen->of[i / lane_count];
    Register sums_0[pass_rows];
    Register sums_1[pass_rows];
    begin_rows(pass.sums[0].rows, i, sums_0);
    if (Two) begin_rows(pass.sums[1].rows, i, sums_1);
    for (std::size_t group = 0; group < pass.column_groups; ++group) {
      if (seen[group] <= pass.widths[0]) continue;
      const bool second = Two && seen[group] > pass.widths[1];
      for (std::size_t v = group * parts; v < (group + 1) * parts; ++v) {
        add_pass_block<Weighted, Two, Store>(pass, kernels, i, v, second, tile, sums_0, sums_1);
      }
    }
    store_rows(sums_0, lane_count, pass.sums[0].rows.lanes + i * lane_count);
    if (Two) store_rows(sums_1, lane_count, pass.sums[1].rows.lanes + i * lane_count);
  }
}

template <bool Weighted, class Kernels>
void choose_pass(const KernelPass& pass, const Kernels& kernels, double* tile) {
  if (pass.two) {
    pass.store ? run_pass<Weighted, true, true>(pass, kernels, tile)
               : run_pass<Weighted, true, false>(pass, kernels, tile);
  } else {
    pass.store ? run_pass<Weighted, false, true>(pass, kernels, tile)
               : run_pass<Weighted, false, false>(pass, kernels, tile);
  }
}

template <class Kernels>
void sums_of(const Kernels& kernels, const KernelPass& pass, double* tile) {
  pass.row_weights == nullptr ? choose_pass<false>(pass, kernels, tile)
                              : choose_pass<true>(pass, kernels, tile);
}

void kernel_sums(const KernelPass& pass, double* tile) { sums_of(StoredKernels{tile}, pass, tile); }

void exponential_sums(const Exponential& of, const KernelPass& pass, double* tile) {
  if (of.farthest * of.factor < largest_exponent) {
    sums_of(NewKernels<Exponents::bounded>{of.halves, of.factor}, pass, tile);
  } else {
    sums_of(NewKernels<Exponents::any>{of.halves, of.factor}, pass, tile);
  }
}

void add_row_lanes(const double* lane_sums, std::size_t groups, double* rows) {
  for (std::size_t i = 0; i < groups * lane_count; i += pass_rows) {
    Register sums[pass_rows];
    load_rows(lane_sums + i * lane_count, lane_count, sums);
    add_lanes(sums, rows + i);
  }
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
                        exponential_sums,
                        add_row_lanes,
                        column_sums,
                        moments,
                        pack,
                        box,
                        box_distances,
                        seen_in_blocks,
                        least_distance};

}  // namespace infoplane::detail::INFOPLANE_INSTRUCTION_SET
