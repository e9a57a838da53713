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

INFOPLANE_INLINE Register smaller(Register a, Register b) {
#if defined(__AVX512F__)
  return _mm512_min_pd(a, b);
#elif defined(__AVX__)
  return _mm256_min_pd(a, b);
#elif defined(__x86_64__)
  return _mm_min_pd(a, b);
#else
  return a < b ? a : b;
#endif
}

typedef float FloatRegister __attribute__((vector_size(register_bytes)));
/// As many as a Register has lanes.
typedef float HalfRegister __attribute__((vector_size(register_bytes / 2)));
typedef std::int32_t FloatIntegerRegister __attribute__((vector_size(register_bytes)));
constexpr std::size_t float_lanes = register_bytes / sizeof(float);

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
#if defined(__AVX__)
#if defined(__AVX512F__)
  __m256d half[4];
  for (int r = 0; r < 4; ++r) {
    half[r] = _mm512_castpd512_pd256(sums[r]) + _mm512_extractf64x4_pd(sums[r], 1);
  }
#else
  const Register(&half)[4] = sums;
#endif
  const __m256d pair_01 = _mm256_hadd_pd(half[0], half[1]);
  const __m256d pair_23 = _mm256_hadd_pd(half[2], half[3]);
  const __m256d total =
      _mm256_permute2f128_pd(pair_01, pair_23, 0x21) + _mm256_blend_pd(pair_01, pair_23, 0xC);
  _mm256_storeu_pd(to, _mm256_loadu_pd(to) + total);
#else
  for (int r = 0; r < 4; ++r) {
    for (std::size_t lane = 0; lane < lanes; ++lane) to[r] += sums[r][lane];
  }
#endif
}

/// Kernels below 2^-this count as that: exponents of normal numbers end not far beyond.
constexpr double largest_exponent = 1000.0;

/// What is known of distances: nothing, or that none comes near largest_exponent.
enum class Distances { any, bounded };

/// Each lane d of `values` becomes 2^(-factor * d), for d >= 0; what lies below
/// 2^-largest_exponent counts as that. Relative error below 2e-10; 2^0 is exactly 1. -factor * d =
/// k + r with |r| <= 1/2; a polynomial that interpolates (2^r - 1) / r at Chebyshev nodes; 2^k goes
/// into the exponent bits. Every stage runs over all values before the next one starts: the chain
/// of one value is many times longer than a processor looks ahead.
template <Distances distances, std::size_t count>
INFOPLANE_INLINE void exp2_of_negative(Register (&values)[count], double factor) {
  constexpr double coefficients[] = {
      0.6931471805599452,    0.2402265092228881,     0.05550410883910484,   0.00961805667851274,
      0.0013333502384966778, 0.00015461444702883194, 1.5297324125640444e-05};
  constexpr std::size_t highest = sizeof coefficients / sizeof coefficients[0] - 1;
  constexpr double round_to_integer = 0x1.8p52;
  const Register limit = largest_exponent / factor - Register{};
  Register r[count];
  Register shifted[count];
  Register power[count];
  const auto each = [&](auto stage) __attribute__((always_inline)) {
    for (std::size_t i = 0; i < count; ++i) stage(i, values[i]);
  };
  if (distances == Distances::any) {
    each([&](std::size_t, Register& d) { d = smaller(d, limit); });
  }
  each([&](std::size_t i, Register& d) { shifted[i] = d * -factor + round_to_integer; });
  each([&](std::size_t i, Register& d) { r[i] = d * -factor - (shifted[i] - round_to_integer); });
  each([&](std::size_t i, Register&) {
    power[i] = r[i] * coefficients[highest] + coefficients[highest - 1];
  });
  for (std::size_t c = highest - 1; c-- > 0;) {
    each([&](std::size_t i, Register&) { power[i] = power[i] * r[i] + coefficients[c]; });
  }
  each([&](std::size_t i, Register&) { power[i] = power[i] * r[i] + 1.0; });
  // The low bits of `shifted` hold k in two's complement.
  each([&](std::size_t i, Register& d) {
    d = reinterpret_cast<Register>(reinterpret_cast<IntegerRegister>(power[i]) +
                                   (reinterpret_cast<IntegerRegister>(shifted[i]) << 52));
  });
}

}  // namespace infoplane::detail::INFOPLANE_INSTRUCTION_SET
