#pragma once

// Vectors as wide as the machine's registers. Included only by tile_kernel_loops.cpp, once
// per instruction set, hence the namespace.

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "estimators/detail/tile_kernel.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace infoplane::detail::INFOPLANE_INSTRUCTION_SET {

#if defined(__AVX512F__)
constexpr std::size_t register_bytes = 64;
#elif defined(__AVX__)
constexpr std::size_t register_bytes = 32;
#else
constexpr std::size_t register_bytes = 16;
#endif

typedef double Register __attribute__((vector_size(register_bytes)));
typedef std::int64_t IntegerRegister __attribute__((vector_size(register_bytes)));

constexpr std::size_t lanes = register_bytes / sizeof(double);
/// Registers that hold one group of rows.
constexpr std::size_t parts = lane_count / lanes;

#define INFOPLANE_INLINE inline __attribute__((always_inline))

INFOPLANE_INLINE Register larger(Register a, Register b) {
#if defined(__AVX512F__)
  return _mm512_max_pd(a, b);
#elif defined(__AVX__)
  return _mm256_max_pd(a, b);
#elif defined(__x86_64__)
  return _mm_max_pd(a, b);
#else
  return a > b ? a : b;
#endif
}

/// a * b + c, rounded once where the machine can. The compiler decides by what else becomes of a
/// product whether it fuses a * b + c: where two loops have to agree in every bit it must not.
INFOPLANE_INLINE Register multiply_add(const Register& a, const Register& b, const Register& c) {
#if defined(__AVX512F__)
  return _mm512_fmadd_pd(a, b, c);
#elif defined(__AVX__) && defined(__FMA__)
  return _mm256_fmadd_pd(a, b, c);
#elif defined(__FP_FAST_FMA)
  Register sum;
  for (std::size_t lane = 0; lane < lanes; ++lane)
    sum[lane] = __builtin_fma(a[lane], b[lane], c[lane]);
  return sum;
#else
  return a * b + c;
#endif
}

typedef float FloatRegister __attribute__((vector_size(register_bytes)));
/// As many as a Register has lanes.
typedef float HalfRegister __attribute__((vector_size(register_bytes / 2)));
typedef std::int32_t FloatIntegerRegister __attribute__((vector_size(register_bytes)));
constexpr std::size_t float_lanes = register_bytes / sizeof(float);

/// GCC 12 takes parts of a register for this where it is left to it.
INFOPLANE_INLINE Register to_doubles(const HalfRegister& from) {
#if defined(__AVX512F__)
  return _mm512_cvtps_pd(from);
#elif defined(__AVX__)
  return _mm256_cvtps_pd(from);
#else
  return __builtin_convertvector(from, Register);
#endif
}

/// Features that lie beside each other in lane_count rows become columns: columns[feature][lane],
/// of `count` features from k on, at most lane_count; the others are 0 or anything.
INFOPLANE_INLINE void transpose(const float* const* rows, std::size_t k, std::size_t count,
                                float (&columns)[lane_count][lane_count]) {
#if defined(__AVX__)
  alignas(32) static constexpr std::int32_t wanted[2 * lane_count] = {-1, -1, -1, -1,
                                                                      -1, -1, -1, -1};
  const __m256i mask =
      _mm256_loadu_si256(reinterpret_cast<const __m256i*>(wanted + lane_count - count));
  __m256 row[lane_count];
  for (std::size_t i = 0; i < lane_count; ++i) row[i] = _mm256_maskload_ps(rows[i] + k, mask);
  // Pairs of rows, fours, eights.
  for (std::size_t half = 0; half < lane_count; half += 4) {
    const __m256 low_01 = _mm256_unpacklo_ps(row[half], row[half + 1]);
    const __m256 high_01 = _mm256_unpackhi_ps(row[half], row[half + 1]);
    const __m256 low_23 = _mm256_unpacklo_ps(row[half + 2], row[half + 3]);
    const __m256 high_23 = _mm256_unpackhi_ps(row[half + 2], row[half + 3]);
    row[half] = _mm256_shuffle_ps(low_01, low_23, 0x44);
    row[half + 1] = _mm256_shuffle_ps(low_01, low_23, 0xEE);
    row[half + 2] = _mm256_shuffle_ps(high_01, high_23, 0x44);
    row[half + 3] = _mm256_shuffle_ps(high_01, high_23, 0xEE);
  }
  for (std::size_t i = 0; i < 4; ++i) {
    _mm256_storeu_ps(columns[i], _mm256_permute2f128_ps(row[i], row[i + 4], 0x20));
    _mm256_storeu_ps(columns[i + 4], _mm256_permute2f128_ps(row[i], row[i + 4], 0x31));
  }
#else
  for (std::size_t lane = 0; lane < lane_count; ++lane) {
    for (std::size_t f = 0; f < count; ++f) columns[f][lane] = rows[lane][k + f];
  }
#endif
}

INFOPLANE_INLINE FloatRegister larger(FloatRegister a, FloatRegister b) {
#if defined(__AVX512F__)
  return _mm512_max_ps(a, b);
#elif defined(__AVX__)
  return _mm256_max_ps(a, b);
#elif defined(__x86_64__)
  return _mm_max_ps(a, b);
#else
  return a > b ? a : b;
#endif
}

INFOPLANE_INLINE FloatRegister load(const float* from) {
  FloatRegister to;
  std::memcpy(&to, from, sizeof to);
  return to;
}

/// Four numbers again and again.
INFOPLANE_INLINE FloatRegister repeated(const float* from) {
#if defined(__AVX512F__)
  return _mm512_broadcast_f32x4(_mm_loadu_ps(from));
#elif defined(__AVX__)
  return _mm256_broadcast_ps(reinterpret_cast<const __m128*>(from));
#else
  return load(from);
#endif
}

INFOPLANE_INLINE Register load(const double* from) {
  Register to;
  std::memcpy(&to, from, sizeof to);
  return to;
}

INFOPLANE_INLINE void store(double* to, const Register& from) {
  std::memcpy(to, &from, sizeof from);
}

/// to[r] += the sum of the lanes of sums[r].
INFOPLANE_INLINE void add_lanes(const Register (&sums)[4], double* to) {
#if defined(__AVX512F__)
  const Register pairs_01 =
      _mm512_unpacklo_pd(sums[0], sums[1]) + _mm512_unpackhi_pd(sums[0], sums[1]);
  const Register pairs_23 =
      _mm512_unpacklo_pd(sums[2], sums[3]) + _mm512_unpackhi_pd(sums[2], sums[3]);
  const Register halves = _mm512_shuffle_f64x2(pairs_01, pairs_23, 0x88) +
                          _mm512_shuffle_f64x2(pairs_01, pairs_23, 0xDD);
  const Register total =
      _mm512_shuffle_f64x2(halves, halves, 0x88) + _mm512_shuffle_f64x2(halves, halves, 0xDD);
  _mm256_storeu_pd(to, _mm256_loadu_pd(to) + _mm512_castpd512_pd256(total));
#elif defined(__AVX__)
  const __m256d pair_01 = _mm256_hadd_pd(sums[0], sums[1]);
  const __m256d pair_23 = _mm256_hadd_pd(sums[2], sums[3]);
  const __m256d total =
      _mm256_permute2f128_pd(pair_01, pair_23, 0x21) + _mm256_blend_pd(pair_01, pair_23, 0xC);
  _mm256_storeu_pd(to, _mm256_loadu_pd(to) + total);
#else
  for (int r = 0; r < 4; ++r) {
    for (std::size_t lane = 0; lane < lanes; ++lane) to[r] += sums[r][lane];
  }
#endif
}

/// Kernels below 2^-this may count as that: exponents of normal numbers end not far beyond.
constexpr double largest_exponent = 1000.0;

/// What is known of exponents: nothing, or that none comes near -largest_exponent.
enum class Exponents { any, bounded };

#if defined(__AVX512F__)
/// 2^r for |r| <= 1/16 is 1 + r * polynomial, whose largest relative error is as small as it can be
/// (8.3e-11). As good a one for |r| <= 1/2 has three terms more, which cost more than the table.
constexpr double exp2_coefficients[] = {0.6931471740135721, 0.2402265031777628, 0.05551071489871377,
                                        0.009620418841720624};
constexpr int log2_steps = 3;
/// The bits of 2^(j / 8), minus j << 49.
alignas(64) constexpr std::int64_t exp2_steps[] = {
    0x3FF0000000000000, 0x3FEF72B83C7D517B, 0x3FEF06FE0A31B715, 0x3FEEBFDAD5362A27,
    0x3FEEA09E667F3BCD, 0x3FEEACE5422AA0DB, 0x3FEEE89F995AD3AD, 0x3FEF5818DCFBA487};
#else
/// For |r| <= 1/2, at Chebyshev nodes (1.1e-10).
constexpr double exp2_coefficients[] = {
    0.6931471805599452,    0.2402265092228881,     0.05550410883910484,   0.00961805667851274,
    0.0013333502384966778, 0.00015461444702883194, 1.5297324125640444e-05};
constexpr int log2_steps = 0;
#endif

/// 2^(n / 2^log2_steps) * power, n being in the low bits of `shifted` in two's complement.
INFOPLANE_INLINE Register scaled(const Register& power, const Register& shifted) {
#if defined(__AVX512F__)
  const __m512i n = _mm512_castpd_si512(shifted);
  const __m512i step = _mm512_permutexvar_epi64(n, _mm512_load_si512(exp2_steps));
  // n = 8 q + j: q arrives at the exponent, and j << 49 is what the step lacks.
  const __m512i scale = _mm512_add_epi64(step, _mm512_slli_epi64(n, 52 - log2_steps));
  // Rounded, whatever it will be added to: not for the compiler to fuse.
  return _mm512_mul_round_pd(_mm512_castsi512_pd(scale), power, _MM_FROUND_CUR_DIRECTION);
#else
  return reinterpret_cast<Register>(reinterpret_cast<IntegerRegister>(power) +
                                    (reinterpret_cast<IntegerRegister>(shifted) << 52));
#endif
}

/// Each lane v of `values` becomes 2^(factor * v), for factor * v <= 0. Relative error below 2e-10;
/// 2^0 is exactly 1, and nothing rises above. factor * v = k + r, k being rounded to a multiple of
/// 2^-log2_steps, to even, by a number so large that it has no more digits. Every stage runs over
/// all values before the next one starts: the chain of one value is many times longer than a
/// processor looks ahead.
template <Exponents exponents, std::size_t count>
INFOPLANE_INLINE void exp2_of(Register (&values)[count], double factor) {
  const auto each = [&](auto stage) __attribute__((always_inline)) {
    for (std::size_t i = 0; i < count; ++i) stage(i, values[i]);
  };
  constexpr double round_to_step = 0x1.8p52 / (1 << log2_steps);
  constexpr std::size_t highest = sizeof exp2_coefficients / sizeof exp2_coefficients[0] - 1;
  if (exponents == Exponents::any) {
    const Register limit = -largest_exponent / factor - Register{};
    each([&](std::size_t, Register& v) { v = larger(v, limit); });
  }
  Register shifted[count];
  Register r[count];
  Register power[count];
  each([&](std::size_t i, Register& v) { shifted[i] = v * factor + round_to_step; });
  each([&](std::size_t i, Register& v) { r[i] = v * factor - (shifted[i] - round_to_step); });
  each([&](std::size_t i, Register&) {
    power[i] = r[i] * exp2_coefficients[highest] + exp2_coefficients[highest - 1];
  });
  for (std::size_t c = highest - 1; c-- > 0;) {
    each([&](std::size_t i, Register&) { power[i] = power[i] * r[i] + exp2_coefficients[c]; });
  }
  each([&](std::size_t i, Register&) { power[i] = power[i] * r[i] + 1.0; });
  each([&](std::size_t i, Register& v) { v = scaled(power[i], shifted[i]); });
}

}  // namespace infoplane::detail::INFOPLANE_INSTRUCTION_SET
