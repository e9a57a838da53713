#pragma once

// The loops over rows that are prepared for tiles: their sums, moments, packing and boxes. Included
// only by tile_kernel_loops.cpp, once per instruction set, hence the namespace.

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "estimators/detail/lanes.hpp"
#include "estimators/detail/tile_kernel.hpp"

namespace infoplane::detail::INFOPLANE_INSTRUCTION_SET {

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

/// Of lane_count features from k on.
INFOPLANE_INLINE void find_moments(const float* const* rows, std::size_t count, std::size_t k,
                                   double* sums, double* squares) {
  Register sum[parts] = {};
  Register square[parts] = {};
  HalfRegister origin[parts];
  std::memcpy(origin, rows[0] + k, sizeof origin);
  for (std::size_t i = 1; i < count; ++i) {
    HalfRegister row[parts];
    std::memcpy(row, rows[i] + k, sizeof row);
#pragma GCC unroll 4
    for (std::size_t p = 0; p < parts; ++p) {
      const Register difference = to_doubles(row[p] - origin[p]);
      sum[p] += difference;
      square[p] += difference * difference;  // exact: the same whether it is fused or not
    }
  }
  std::memcpy(sums + k, sum, sizeof sum);
  std::memcpy(squares + k, square, sizeof square);
}

void moments(const float* const* rows, std::size_t count, std::size_t features, double* sums,
             double* squares) {
  if (features < lane_count) {
    for (std::size_t k = 0; k < features; ++k) {
      double sum = 0;
      double square = 0;
      for (std::size_t i = 1; i < count; ++i) {
        const float difference = rows[i][k] - rows[0][k];
        sum += static_cast<double>(difference);
        square += static_cast<double>(difference) * static_cast<double>(difference);
      }
      sums[k] = sum;
      squares[k] = square;
    }
    return;
  }
  std::size_t k = 0;
  for (; k + lane_count <= features; k += lane_count) find_moments(rows, count, k, sums, squares);
  // Some of them once more.
  if (k < features) find_moments(rows, count, features - lane_count, sums, squares);
}

void pack(const float* const* rows, const double* centre, std::size_t features, double* to,
          double* norms) {
  Register sums[parts] = {};
  for (std::size_t k = 0; k < features; k += lane_count) {
    const std::size_t count = features - k < lane_count ? features - k : lane_count;
    float columns[lane_count][lane_count];
    transpose(rows, k, count, columns);
    for (std::size_t f = 0; f < count; ++f, to += lane_count) {
      for (std::size_t p = 0; p < parts; ++p) {
        HalfRegister part;
        std::memcpy(&part, columns[f] + p * lanes, sizeof part);
        const Register centred = to_doubles(part) - centre[k + f];
        store(to + p * lanes, centred);
        sums[p] = centred * centred + sums[p];
      }
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
  // What overflows is about that far, at least.
  constexpr float most = 0x1.fffffep127F;
  for (auto& distance : nearest)
    distance = (distance < most ? distance : most - FloatRegister{}) * shrink;
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

}  // namespace infoplane::detail::INFOPLANE_INSTRUCTION_SET
