// Compiled once per instruction set (CMakeLists.txt), with INFOPLANE_INSTRUCTION_SET naming it.
// Nothing inline from elsewhere may be used here: the linker could pick its copy for all.

#include "estimators/detail/lanes.hpp"
#include "estimators/detail/tile_kernel.hpp"

namespace infoplane::detail::INFOPLANE_INSTRUCTION_SET {
namespace {

/// Rows of a block of dot products that stays in registers.
constexpr std::size_t block_rows = register_bytes == 64 ? 8 : register_bytes == 32 ? 4 : 2;

/// Features of a block: so many of two leaves fit the first-level cache.
constexpr std::size_t block_features = 64;

/// tile (+)= inner products, or squared differences, over `count` features of all.
template <bool ByDifferences>
void add_features(const double* a, std::size_t a_groups, const double* b, std::size_t b_groups,
                  std::size_t features, std::size_t count, bool first, double* tile) {
  for (std::size_t i = 0; i < a_groups * lane_count; i += block_rows) {
    const double* a_values = a + (i / lane_count) * features * lane_count + i % lane_count;
    for (std::size_t group = 0; group < b_groups; ++group) {
      const double* b_values = b + group * features * lane_count;
      double* at = tile + i * leaf_rows + group * lane_count;
      Register sums[block_rows][parts];
#pragma GCC unroll 8
      for (std::size_t r = 0; r < block_rows; ++r) {
#pragma GCC unroll 4
        for (std::size_t p = 0; p < parts; ++p) {
          sums[r][p] = first ? Register{} : load(at + r * leaf_rows + p * lanes);
        }
      }
      for (std::size_t k = 0; k < count; ++k) {
        Register column[parts];
#pragma GCC unroll 4
        for (std::size_t p = 0; p < parts; ++p) {
          column[p] = load(b_values + k * lane_count + p * lanes);
        }
#pragma GCC unroll 8
        for (std::size_t r = 0; r < block_rows; ++r) {
          const Register row = a_values[k * lane_count + r] - Register{};
#pragma GCC unroll 4
          for (std::size_t p = 0; p < parts; ++p) {
            if (ByDifferences) {
              const Register difference = row - column[p];
              sums[r][p] = difference * difference + sums[r][p];
            } else {
              sums[r][p] = row * column[p] + sums[r][p];
            }
          }
        }
      }
#pragma GCC unroll 8
      for (std::size_t r = 0; r < block_rows; ++r) {
#pragma GCC unroll 4
        for (std::size_t p = 0; p < parts; ++p) {
          store(at + r * leaf_rows + p * lanes, sums[r][p]);
        }
      }
    }
  }
}

template <bool ByDifferences>
double fill_distances(const LeafView& a, const LeafView& b, std::size_t features, double* tile) {
  for (std::size_t k = 0; k < features; k += block_features) {
    const std::size_t count = features - k < block_features ? features - k : block_features;
    add_features<ByDifferences>(a.values + k * lane_count, a.groups, b.values + k * lane_count,
                                b.groups, features, count, k == 0, tile);
  }
  Register smallest = padding_distance - Register{};
  const std::size_t vectors = b.groups * parts;
  const double* a_extra = ByDifferences ? a.padding : a.norms;
  const double* b_extra = ByDifferences ? b.padding : b.norms;
  for (std::size_t i = 0; i < a.groups * lane_count; ++i) {
    double* row = tile + i * leaf_rows;
    for (std::size_t v = 0; v < vectors; ++v) {
      const Register extra = load(b_extra + v * lanes) + a_extra[i];
      const Register sum = load(row + v * lanes);
      const Register distance = ByDifferences ? sum + extra : larger(extra - 2.0 * sum, Register{});
      smallest = smaller(smallest, distance);
      store(row + v * lanes, distance);
    }
  }
  double by_lane[lanes];
  store(by_lane, smallest);
  double least = by_lane[0];
  for (std::size_t lane = 1; lane < lanes; ++lane) {
    least = by_lane[lane] < least ? by_lane[lane] : least;
  }
  return least;
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
      exp2_of_negative(values, factor);
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

template <bool Weighted, bool Two, bool Store>
void run_pass(const KernelPass& pass, double* tile) {
  constexpr std::size_t rows_at_once = 4;
  const std::size_t rows = pass.row_groups * lane_count;
  const std::size_t vectors = pass.column_groups * parts;
  const int first = pass.squarings[0];
  const int second = pass.squarings[1];
  double* columns_0 = pass.sums[0].columns;
  double* columns_1 = pass.sums[1].columns;
  const double* column_weights = pass.column_weights;
  for (std::size_t i = 0; i < rows; i += rows_at_once) {
    Register sums_0[rows_at_once];
    Register sums_1[rows_at_once];
#pragma GCC unroll 4
    for (std::size_t r = 0; r < rows_at_once; ++r) sums_0[r] = sums_1[r] = Register{};
    double* at = tile + i * leaf_rows;
    for (std::size_t v = 0; v < vectors; ++v, at += lanes) {
      Register kernel[rows_at_once];
#pragma GCC unroll 4
      for (std::size_t r = 0; r < rows_at_once; ++r) kernel[r] = load(at + r * leaf_rows);
      const auto add = [&](Register(&sums)[rows_at_once], double* columns)
          __attribute__((always_inline)) {
        Register column = load(columns + v * lanes);
        if (Weighted) {
          const Register weight = load(column_weights + v * lanes);
          const double* weights = pass.row_weights + i;
#pragma GCC unroll 4
          for (std::size_t r = 0; r < rows_at_once; ++r) sums[r] = kernel[r] * weight + sums[r];
          column += (kernel[0] * weights[0] + kernel[1] * weights[1]) +
                    (kernel[2] * weights[2] + kernel[3] * weights[3]);
        } else {
#pragma GCC unroll 4
          for (std::size_t r = 0; r < rows_at_once; ++r) sums[r] = sums[r] + kernel[r];
          column += (kernel[0] + kernel[1]) + (kernel[2] + kernel[3]);
        }
        store(columns + v * lanes, column);
      };
      for (int q = 0; q < first; ++q) {
#pragma GCC unroll 4
        for (std::size_t r = 0; r < rows_at_once; ++r) kernel[r] = kernel[r] * kernel[r];
      }
      add(sums_0, columns_0);
      if (Two) {
        for (int q = 0; q < second; ++q) {
#pragma GCC unroll 4
          for (std::size_t r = 0; r < rows_at_once; ++r) kernel[r] = kernel[r] * kernel[r];
        }
        add(sums_1, columns_1);
      }
      if (Store) {
#pragma GCC unroll 4
        for (std::size_t r = 0; r < rows_at_once; ++r) store(at + r * leaf_rows, kernel[r]);
      }
    }
    add_lanes(sums_0, pass.sums[0].rows + i);
    if (Two) add_lanes(sums_1, pass.sums[1].rows + i);
  }
}

template <bool Weighted>
void choose_pass(const KernelPass& pass, double* tile) {
  if (pass.two) {
    pass.store ? run_pass<Weighted, true, true>(pass, tile)
               : run_pass<Weighted, true, false>(pass, tile);
  } else {
    pass.store ? run_pass<Weighted, false, true>(pass, tile)
               : run_pass<Weighted, false, false>(pass, tile);
  }
}

void kernel_sums(const KernelPass& pass, double* tile) {
  pass.row_weights == nullptr ? choose_pass<false>(pass, tile) : choose_pass<true>(pass, tile);
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
                        box_distances,
                        least_distance};

}  // namespace infoplane::detail::INFOPLANE_INSTRUCTION_SET
