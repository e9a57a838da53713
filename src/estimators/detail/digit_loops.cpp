// Compiled once per kind of machine (CMakeLists.txt), with INFOPLANE_DIGIT_KERNEL naming it.
// Nothing inline from elsewhere may be used here: the linker could pick its copy for all. Floating
// point is not contracted, for all have to agree in every bit.

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "estimators/detail/digits.hpp"

#ifdef INFOPLANE_AMX_TILES
#include <immintrin.h>
#endif

#define INFOPLANE_INLINE inline __attribute__((always_inline))

namespace infoplane::detail::INFOPLANE_DIGIT_KERNEL {
namespace {

/// Vectors that every compiler makes of what registers the machine has.
typedef float Floats __attribute__((vector_size(digit_rows * sizeof(float))));
typedef std::int32_t Integers __attribute__((vector_size(digit_rows * sizeof(std::int32_t))));
typedef double Doubles __attribute__((vector_size(lane_count * sizeof(double))));
typedef std::int32_t HalfIntegers __attribute__((vector_size(lane_count * sizeof(std::int32_t))));
typedef float HalfFloats __attribute__((vector_size(lane_count * sizeof(float))));
typedef std::int64_t LongIntegers __attribute__((vector_size(lane_count * sizeof(std::int64_t))));

template <class Vector, class Number>
INFOPLANE_INLINE Vector load(const Number* from) {
  Vector to;
  std::memcpy(&to, from, sizeof to);
  return to;
}

/// GCC 12 takes parts of a register for these where it is left to it.
INFOPLANE_INLINE Doubles to_doubles(const std::int32_t* from) {
#ifdef INFOPLANE_AMX_TILES
  return _mm512_cvtepi32_pd(_mm256_load_si256(reinterpret_cast<const __m256i*>(from)));
#else
  return __builtin_convertvector(load<HalfIntegers>(from), Doubles);
#endif
}

INFOPLANE_INLINE Doubles to_doubles(const float* from) {
#ifdef INFOPLANE_AMX_TILES
  return _mm512_cvtps_pd(_mm256_loadu_ps(from));
#else
  return __builtin_convertvector(load<HalfFloats>(from), Doubles);
#endif
}

constexpr std::size_t block_bytes = digit_rows * digit_chunk;

/// Where a block of digits lies: one digit of 64 features of half a leaf.
std::size_t block_at(std::size_t chunks, std::size_t chunk, std::size_t digit, std::size_t half) {
  const std::size_t block = digit == 0 ? chunk : chunks + chunk * (digit_count - 1) + digit - 1;
  return (block * 2 + half) * block_bytes;
}

struct alignas(64) Products {
  std::int32_t values[digit_rows][digit_rows];
};

#ifdef INFOPLANE_AMX_TILES

/// All eight tile registers hold 16 rows of 64 bytes.
struct TileConfiguration {
  std::uint8_t palette = 1;
  std::uint8_t start = 0;
  std::uint8_t reserved[14] = {};
  std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
constexpr TileConfiguration all_tiles;

/// While it lives, the tile registers are in use on this thread.
class Tiles {
 public:
  Tiles() {
    _tile_loadconfig(&all_tiles);
    // Digits must be in memory before tiles are loaded: the instructions do not say that they read.
    asm volatile("" ::: "memory");
  }
  ~Tiles() { _tile_release(); }
  Tiles(const Tiles&) = delete;
  Tiles& operator=(const Tiles&) = delete;
};

/// Of digits 0 of two leaves, half by half. The tile registers are in use already.
void multiply_first(const std::int8_t* a, const std::int8_t* b, std::size_t chunks,
                    std::size_t a_halves, std::size_t b_halves, Products (&products)[2][2]) {
  const std::int8_t* const a_end = a + chunks * 2 * block_bytes;
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  for (; a < a_end; a += 2 * block_bytes, b += 2 * block_bytes) {
    _tile_loadd(4, a, digit_chunk);
    _tile_loadd(6, b, digit_chunk);
    _tile_dpbssd(0, 4, 6);
    if (b_halves == 2) {
      _tile_loadd(7, b + block_bytes, digit_chunk);
      _tile_dpbssd(1, 4, 7);
    }
    if (a_halves == 2) {
      _tile_loadd(5, a + block_bytes, digit_chunk);
      _tile_dpbssd(2, 5, 6);
      if (b_halves == 2) _tile_dpbssd(3, 5, 7);
    }
  }
  _tile_stored(0, products[0][0].values, sizeof products[0][0].values[0]);
  if (b_halves == 2) _tile_stored(1, products[0][1].values, sizeof products[0][1].values[0]);
  if (a_halves == 2) _tile_stored(2, products[1][0].values, sizeof products[1][0].values[0]);
  if (a_halves + b_halves == 4)
    _tile_stored(3, products[1][1].values, sizeof products[1][1].values[0]);
}

/// products[level] of digits i and j with i + j = level. The tile registers are in use already.
void multiply(const std::int8_t* a, const std::int8_t* b, std::size_t chunks, std::size_t a_half,
              std::size_t b_half, Products (&products)[digit_levels]) {
  static_assert(digit_count == 5 && digit_levels == 6, "written out below");
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  _tile_zero(4);
  _tile_zero(5);
  constexpr std::size_t stride = sizeof products[0].values[0];
  for (std::size_t chunk = 0; chunk < chunks; ++chunk) {
    const bool last = chunk + 1 == chunks;
    const std::int8_t* const first_a = a + block_at(chunks, chunk, 0, a_half);
    const std::int8_t* const first_b = b + block_at(chunks, chunk, 0, b_half);
    const std::int8_t* const a_1 = a + block_at(chunks, chunk, 1, a_half);
    const std::int8_t* const b_1 = b + block_at(chunks, chunk, 1, b_half);
    constexpr std::size_t next = 2 * block_bytes;  // digit
    _tile_loadd(6, first_a, digit_chunk);
    _tile_loadd(7, first_b, digit_chunk);
    _tile_dpbssd(0, 6, 7);
    if (last) _tile_stored(0, products[0].values, stride);
    _tile_loadd(7, b_1, digit_chunk);
    _tile_dpbssd(1, 6, 7);
    _tile_loadd(7, b_1 + next, digit_chunk);
    _tile_dpbssd(2, 6, 7);
    _tile_loadd(7, b_1 + 2 * next, digit_chunk);
    _tile_dpbssd(3, 6, 7);
    _tile_loadd(7, b_1 + 3 * next, digit_chunk);
    _tile_dpbssd(4, 6, 7);
    _tile_loadd(6, a_1, digit_chunk);
    _tile_dpbssd(5, 6, 7);
    _tile_loadd(7, first_b, digit_chunk);
    _tile_dpbssd(1, 6, 7);
    if (last) _tile_stored(1, products[1].values, stride);
    _tile_loadd(7, b_1, digit_chunk);
    _tile_dpbssd(2, 6, 7);
    _tile_loadd(7, b_1 + next, digit_chunk);
    _tile_dpbssd(3, 6, 7);
    _tile_loadd(7, b_1 + 2 * next, digit_chunk);
    _tile_dpbssd(4, 6, 7);
    _tile_loadd(6, a_1 + next, digit_chunk);
    _tile_dpbssd(5, 6, 7);
    _tile_loadd(7, first_b, digit_chunk);
    _tile_dpbssd(2, 6, 7);
    if (last) _tile_stored(2, products[2].values, stride);
    _tile_loadd(7, b_1, digit_chunk);
    _tile_dpbssd(3, 6, 7);
    _tile_loadd(7, b_1 + next, digit_chunk);
    _tile_dpbssd(4, 6, 7);
    _tile_loadd(6, a_1 + 2 * next, digit_chunk);
    _tile_dpbssd(5, 6, 7);
    _tile_loadd(7, first_b, digit_chunk);
    _tile_dpbssd(3, 6, 7);
    if (last) _tile_stored(3, products[3].values, stride);
    _tile_loadd(7, b_1, digit_chunk);
    _tile_dpbssd(4, 6, 7);
    _tile_loadd(6, a_1 + 3 * next, digit_chunk);
    _tile_dpbssd(5, 6, 7);
    _tile_loadd(7, first_b, digit_chunk);
    _tile_dpbssd(4, 6, 7);
  }
  _tile_stored(5, products[5].values, stride);
  _tile_stored(4, products[4].values, stride);
}

#else

/// Nothing has to be made ready.
class Tiles {
 public:
  Tiles() {}
};

/// to += products of a block of rows and one of columns.
void multiply_block(const std::int8_t* a, const std::int8_t* b, Products& to) {
  for (std::size_t i = 0; i < digit_rows; ++i) {
    for (std::size_t j = 0; j < digit_rows; ++j) {
      std::int32_t sum = 0;
      for (std::size_t k = 0; k < digit_chunk; ++k) {
        sum += std::int32_t{a[i * digit_chunk + k]} *
               std::int32_t{b[k / 4 * digit_chunk + j * 4 + k % 4]};
      }
      to.values[i][j] += sum;
    }
  }
}

/// Of digits 0 of two leaves, half by half.
void multiply_first(const std::int8_t* a, const std::int8_t* b, std::size_t chunks,
                    std::size_t a_halves, std::size_t b_halves, Products (&products)[2][2]) {
  for (std::size_t p = 0; p < a_halves; ++p) {
    for (std::size_t q = 0; q < b_halves; ++q) {
      products[p][q] = {};
      for (std::size_t chunk = 0; chunk < chunks; ++chunk) {
        multiply_block(a + block_at(chunks, chunk, 0, p), b + block_at(chunks, chunk, 0, q),
                       products[p][q]);
      }
    }
  }
}

/// products[level] of digits i and j with i + j = level.
void multiply(const std::int8_t* a, const std::int8_t* b, std::size_t chunks, std::size_t a_half,
              std::size_t b_half, Products (&products)[digit_levels]) {
  for (Products& level : products) level = {};
  for (std::size_t chunk = 0; chunk < chunks; ++chunk) {
    for (std::size_t i = 0; i < digit_count; ++i) {
      for (std::size_t j = 0; j < digit_count && i + j < digit_levels; ++j) {
        multiply_block(a + block_at(chunks, chunk, i, a_half),
                       b + block_at(chunks, chunk, j, b_half), products[i + j]);
      }
    }
  }
}

#endif

/// Of a row, in units; lanes are added up last.
struct RowSums {
  Doubles norm{};
  Doubles rest{};
  Doubles first{};  ///< norm of digits 0, in units of them
};

/// A whole number is added whose last bit is worth 1: what comes out is rounded, and its low bits
/// are the rounded number.
constexpr double to_integer = 0x1.8p52;
constexpr std::int64_t bits_of_to_integer = 0x4338000000000000;
/// The digits of u are those bytes of u + this, each less 128; no byte above is set.
constexpr std::int64_t half_digits = 0x8080808080;
constexpr int first_bits = static_cast<int>(digit_count - 1) * digit_bits;
static_assert(first_digit == std::int64_t{1} << first_bits, "digit 0");

/// The low bytes of numbers of a row, from feature f on, to where they belong in a block.
template <DigitOrder order>
INFOPLANE_INLINE void store_bytes(const LongIntegers& numbers, std::size_t row, std::size_t f,
                                  std::int8_t* block) {
  std::int8_t bytes[lane_count];
#ifdef INFOPLANE_AMX_TILES
  const __m128i low = _mm512_cvtepi64_epi8(reinterpret_cast<__m512i>(numbers));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(bytes), low);
#else
  for (std::size_t lane = 0; lane < lane_count; ++lane)
    bytes[lane] = static_cast<std::int8_t>(numbers[lane]);
#endif
  if (order == DigitOrder::rows) {
    std::memcpy(block + row * digit_chunk + f, bytes, sizeof bytes);
    return;
  }
  std::memcpy(block + f / 4 * digit_chunk + row * 4, bytes, 4);
  std::memcpy(block + (f / 4 + 1) * digit_chunk + row * 4, bytes + 4, 4);
}

/// Digits of one chunk of a row, `count` numbers of it, to the `blocks` of each digit; adds to
/// sums.
template <DigitOrder order>
INFOPLANE_INLINE void fill_digits(const float* row, const double* centre, std::size_t count,
                                  double per_unit, std::size_t row_in_block,
                                  std::int8_t* const (&blocks)[digit_count], RowSums& sums) {
  float last_row[digit_chunk];
  double last_centre[digit_chunk];
  if (count < digit_chunk) {
    for (std::size_t f = 0; f < digit_chunk; ++f) {
      last_row[f] = f < count ? row[f] : 0.0F;
      last_centre[f] = f < count ? centre[f] : 0.0;
    }
    row = last_row;
    centre = last_centre;
  }
  for (std::size_t f = 0; f < digit_chunk; f += lane_count) {
    const Doubles value = to_doubles(row + f) - load<Doubles>(centre + f);
    const Doubles shifted = value * per_unit + to_integer;
    const LongIntegers units = reinterpret_cast<LongIntegers>(shifted) - bits_of_to_integer;
    const LongIntegers bytes = units + half_digits;
    const LongIntegers first = (bytes >> first_bits) - (1 << (digit_bits - 1));
    const Doubles norm = __builtin_convertvector(units, Doubles);
    const Doubles first_norm = __builtin_convertvector(first, Doubles);
    const Doubles rest = norm - first_digit * first_norm;
    sums.norm += norm * norm;
    sums.rest += rest * rest;
    sums.first += first_norm * first_norm;
    const LongIntegers signed_bytes = bytes ^ half_digits;
#pragma GCC unroll 5
    for (std::size_t d = 0; d < digit_count; ++d) {
      const int shift = static_cast<int>(digit_count - 1 - d) * digit_bits;
      store_bytes<order>(signed_bytes >> shift, row_in_block, f, blocks[d]);
    }
  }
}

double largest_of(const DigitSource& source) {
  Doubles by_lane{};
  const std::size_t whole = source.features / lane_count * lane_count;
  double largest = 0;
  for (std::size_t r = 0; r < source.count; ++r) {
    const float* const row = source.rows[r];
    for (std::size_t k = 0; k < whole; k += lane_count) {
      const Doubles value = to_doubles(row + k) - load<Doubles>(source.centre + k);
      const Doubles size = value < -value ? -value : value;
      by_lane = by_lane < size ? size : by_lane;
    }
    for (std::size_t k = whole; k < source.features; ++k) {
      const double value = static_cast<double>(row[k]) - source.centre[k];
      const double size = value < 0 ? -value : value;
      largest = largest < size ? size : largest;
    }
  }
  for (std::size_t lane = 0; lane < lane_count; ++lane)
    largest = largest < by_lane[lane] ? by_lane[lane] : largest;
  return largest;
}

double sum_of(const Doubles& lanes) {
  return ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) +
         ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
}

/// Farther than any two rows whose digits say something of each other.
constexpr float far_away = 1e37F;

template <DigitOrder order>
void pack_in(const DigitSource& source, std::int8_t* to, DigitLeaf& leaf) {
  int exponent = 0;
  const double largest = largest_of(source);
  if (largest > 0) __builtin_frexp(largest, &exponent);
  const double per_unit = __builtin_ldexp(1.0, number_bits - exponent);
  leaf.unit = __builtin_ldexp(1.0, exponent - number_bits);
  leaf.halves = source.count > digit_rows ? 2 : 1;
  const std::size_t chunks = digit_chunks(source.features);
  const auto blocks_at = [&](std::size_t chunk, std::size_t row, auto& blocks) {
    for (std::size_t d = 0; d < digit_count; ++d)
      blocks[d] = to + block_at(chunks, chunk, d, row / digit_rows);
  };
  std::int8_t* blocks[digit_count];
  double largest_rest = 0;
  for (std::size_t r = 0; r < source.count; ++r) {
    RowSums sums;
    for (std::size_t c = 0; c < chunks; ++c) {
      const std::size_t from = c * digit_chunk;
      const std::size_t left = source.features - from;
      blocks_at(c, r, blocks);
      fill_digits<order>(source.rows[r] + from, source.centre + from,
                         left < digit_chunk ? left : digit_chunk, per_unit, r % digit_rows, blocks,
                         sums);
    }
    leaf.norms[r] = -0.5 * sum_of(sums.norm) * (leaf.unit * leaf.unit);
    leaf.first_norms[r] = static_cast<float>(sum_of(sums.first));
    const double rest = sum_of(sums.rest);
    largest_rest = largest_rest < rest ? rest : largest_rest;
  }
  for (std::size_t r = source.count; r < leaf_rows; ++r) {
    leaf.norms[r] = -padding_distance;
    leaf.first_norms[r] = far_away;
    if (r >= leaf.halves * digit_rows) continue;
    for (std::size_t c = 0; c < chunks; ++c) {
      blocks_at(c, r, blocks);
      for (std::int8_t* const block : blocks) {
        for (std::size_t f = 0; f < digit_chunk; f += lane_count)
          store_bytes<order>(LongIntegers{}, r % digit_rows, f, block);
      }
    }
  }
  // Rounded up by more than all that was rounded, to units as well.
  const double rounding = 0.5 * __builtin_sqrt(static_cast<double>(source.features));
  leaf.rest = leaf.unit * (1.000001 * __builtin_sqrt(largest_rest) + rounding);
}

void pack(const DigitSource& source, DigitOrder order, std::int8_t* to, DigitLeaf& leaf) {
  order == DigitOrder::rows ? pack_in<DigitOrder::rows>(source, to, leaf)
                            : pack_in<DigitOrder::columns>(source, to, leaf);
}

float first_distance(const DigitView& a, const DigitView& b, std::size_t features) {
  Products products[2][2];
  const Tiles tiles;
  multiply_first(a.digits, b.digits, digit_chunks(features), a.leaf->halves, b.leaf->halves,
                 products);
  const auto ratio = static_cast<float>(b.leaf->unit / a.leaf->unit);
  Floats by_column = far_away - Floats{};
  for (std::size_t q = 0; q < b.leaf->halves; ++q) {
    const Floats norms = load<Floats>(b.leaf->first_norms + q * digit_rows) * (ratio * ratio);
    for (std::size_t p = 0; p < a.leaf->halves; ++p) {
      for (std::size_t i = 0; i < digit_rows; ++i) {
        const Floats product =
            __builtin_convertvector(load<Integers>(products[p][q].values[i]), Floats);
        const Floats distance =
            (norms + a.leaf->first_norms[p * digit_rows + i]) - product * (2.0F * ratio);
        by_column = distance < by_column ? distance : by_column;
      }
    }
  }
  float least = by_column[0];
  for (std::size_t j = 1; j < digit_rows; ++j) least = by_column[j] < least ? by_column[j] : least;
  return least;
}

/// a * b + c where a * b is exact: rounded once, with one instruction or two.
INFOPLANE_INLINE Doubles multiply_add(const Doubles& a, double b, const Doubles& c) {
#ifdef INFOPLANE_AMX_TILES
  return _mm512_fmadd_pd(a, b - Doubles{}, c);
#else
  return a * b + c;
#endif
}

/// -d/2 of half of the columns of a row of products. Units are powers of two.
INFOPLANE_INLINE Doubles halves_of(const Products (&products)[digit_levels], std::size_t i,
                                   std::size_t j, const Doubles& norms, double unit) {
  constexpr double level_down = 1.0 / (1 << digit_bits);
  Doubles product{};
#pragma GCC unroll 6
  for (std::size_t level = digit_levels; level-- > 0;) {
    product = multiply_add(product, level_down, to_doubles(products[level].values[i] + j));
  }
  return multiply_add(product, unit, norms);
}

double distances(const DigitView& a, const DigitView& b, std::size_t features, double* tile) {
  const std::size_t chunks = digit_chunks(features);
  const double unit = a.leaf->unit * b.leaf->unit * (first_digit * first_digit);
  Doubles largest = -padding_distance - Doubles{};
  const Tiles tiles;
  for (std::size_t p = 0; p < a.leaf->halves; ++p) {
    for (std::size_t q = 0; q < b.leaf->halves; ++q) {
      Products products[digit_levels];
      multiply(a.digits, b.digits, chunks, p, q, products);
      for (std::size_t j = 0; j < digit_rows; j += lane_count) {
        const std::size_t column = q * digit_rows + j;
        const Doubles norms = load<Doubles>(b.leaf->norms + column);
        for (std::size_t i = 0; i < digit_rows; ++i) {
          const std::size_t row = p * digit_rows + i;
          const Doubles halves = halves_of(products, i, j, norms + a.leaf->norms[row], unit);
          largest = halves > largest ? halves : largest;
          std::memcpy(tile + row * leaf_rows + column, &halves, sizeof halves);
        }
      }
    }
  }
  double most = largest[0];
  for (std::size_t j = 1; j < lane_count; ++j) most = largest[j] > most ? largest[j] : most;
  return -2.0 * most;
}

#define INFOPLANE_QUOTE(WORD) #WORD
#define INFOPLANE_NAME(WORD) INFOPLANE_QUOTE(WORD)

}  // namespace

extern const DigitKernel kernel;
const DigitKernel kernel{INFOPLANE_NAME(INFOPLANE_DIGIT_KERNEL), pack, first_distance, distances};

}  // namespace infoplane::detail::INFOPLANE_DIGIT_KERNEL
