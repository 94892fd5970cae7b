// A register of float32 and the few functions that row code needs. Include only where ATTNLAB_LEVEL is
// defined: every name is in that level's namespace, so that no other level's code can be linked in its place.
#pragma once

#include <bit>
#include <cstdint>
#include <experimental/simd>
#include <limits>
#include <type_traits>
#if defined(__AVX2__)
#include <immintrin.h>
#endif

#include "attnlab/core/dtype.h"
#include "attnlab/variants/real.h"

namespace attnlab::ATTNLAB_LEVEL {

#define ATTNLAB_INLINE [[gnu::always_inline]] inline
#define ATTNLAB_INLINE_LAMBDA __attribute__((always_inline))

namespace stdx = std::experimental;
using FloatRegister = stdx::native_simd<float>;
using IntRegister = stdx::rebind_simd_t<std::int32_t, FloatRegister>;
using Mask = FloatRegister::mask_type;

struct Lane {
  FloatRegister value;

  static constexpr std::int64_t width = static_cast<std::int64_t>(FloatRegister::size());

  ATTNLAB_INLINE Lane() {}
  ATTNLAB_INLINE Lane(FloatRegister v) : value(v) {}
  template <class Number>
  requires std::is_arithmetic_v<Number> ATTNLAB_INLINE explicit Lane(Number v)
      : value(static_cast<float>(v)) {}

  ATTNLAB_INLINE static Lane load(const float* from) { return FloatRegister(from, stdx::element_aligned); }
  ATTNLAB_INLINE void store(float* to) const { value.copy_to(to, stdx::element_aligned); }
  /// 0, 1, 2, …
  ATTNLAB_INLINE static Lane iota() {
    return FloatRegister([](auto index) { return static_cast<float>(index); });
  }

  ATTNLAB_INLINE friend Lane operator+(Lane a, Lane b) { return a.value + b.value; }
  ATTNLAB_INLINE friend Lane operator-(Lane a, Lane b) { return a.value - b.value; }
  ATTNLAB_INLINE friend Lane operator*(Lane a, Lane b) { return a.value * b.value; }
  ATTNLAB_INLINE friend Lane operator/(Lane a, Lane b) { return a.value / b.value; }
  ATTNLAB_INLINE friend Lane operator-(Lane a) { return -a.value; }
  ATTNLAB_INLINE Lane& operator+=(Lane b) { return *this = *this + b; }
  ATTNLAB_INLINE Lane& operator-=(Lane b) { return *this = *this - b; }
  ATTNLAB_INLINE Lane& operator*=(Lane b) { return *this = *this * b; }
  ATTNLAB_INLINE Lane& operator/=(Lane b) { return *this = *this / b; }
  ATTNLAB_INLINE friend Mask operator<(Lane a, Lane b) { return a.value < b.value; }
  ATTNLAB_INLINE friend Mask operator>(Lane a, Lane b) { return a.value > b.value; }
  ATTNLAB_INLINE friend Mask operator<=(Lane a, Lane b) { return a.value <= b.value; }
  ATTNLAB_INLINE friend Mask operator>=(Lane a, Lane b) { return a.value >= b.value; }
  ATTNLAB_INLINE friend Mask operator==(Lane a, Lane b) { return a.value == b.value; }
  ATTNLAB_INLINE friend Mask operator!=(Lane a, Lane b) { return a.value != b.value; }
};

ATTNLAB_INLINE Lane select(Mask mask, Lane a, Lane b) {
  stdx::where(mask, b.value) = a.value;
  return b;
}

/// As std::max and std::min: a if either is NaN.
ATTNLAB_INLINE Lane max(Lane a, Lane b) {
#if defined(__AVX512F__)
  return FloatRegister(
      _mm512_maskz_max_ps(0xffff, static_cast<__m512>(b.value), static_cast<__m512>(a.value)));
#else
  return select(a < b, b, a);
#endif
}
/// max(a, b); NaN if b is NaN.
ATTNLAB_INLINE Lane at_least(float a, Lane b) {
#if defined(__AVX512F__)
  return FloatRegister(
      _mm512_maskz_max_ps(0xffff, static_cast<__m512>(Lane(a).value), static_cast<__m512>(b.value)));
#else
  return select(b < Lane(a), Lane(a), b);
#endif
}
ATTNLAB_INLINE Lane min(Lane a, Lane b) { return select(b < a, b, a); }

ATTNLAB_INLINE Lane abs(Lane a) {
  return std::bit_cast<FloatRegister>(std::bit_cast<IntRegister>(a.value) & IntRegister(0x7fffffff));
}

ATTNLAB_INLINE Lane sqrt(Lane a) { return stdx::sqrt(a.value); }

ATTNLAB_INLINE Lane floor(Lane a) {
  const Lane nearer_zero =
      stdx::static_simd_cast<FloatRegister>(stdx::static_simd_cast<IntRegister>(a.value));
  const Lane below = select(a < nearer_zero, nearer_zero - Lane(1.0F), nearer_zero);
  return select(abs(a) < Lane(8388608.0F), below, a);  // all numbers from 2^23 on are whole
}

/// table[index]; every index must be a whole number within the table.
ATTNLAB_INLINE Lane look_up(const float* table, Lane index) {
#if defined(__AVX512F__)
  return FloatRegister(_mm512_mask_i32gather_ps(
      _mm512_setzero_ps(), 0xffff, _mm512_cvttps_epi32(static_cast<__m512>(index.value)), table, 4));
#elif defined(__AVX2__)
  return FloatRegister(_mm256_i32gather_ps(table, _mm256_cvttps_epi32(static_cast<__m256>(index.value)), 4));
#else
  return FloatRegister([&](auto element) { return table[static_cast<int>(index.value[element])]; });
#endif
}

ATTNLAB_INLINE float horizontal_sum(Lane a) { return stdx::reduce(a.value); }
ATTNLAB_INLINE float horizontal_max(Lane a) { return stdx::hmax(a.value); }
ATTNLAB_INLINE float horizontal_min(Lane a) { return stdx::hmin(a.value); }

/// min(a, b); a if b is -inf or NaN.
ATTNLAB_INLINE Lane min_above_minus_infinity(Lane a, Lane b) {
  return select(b > Lane(-std::numeric_limits<float>::infinity()), min(a, b), a);
}

/// Adding this constant to a number x puts n + 126, n the nearest whole number to x, into the low bits of the
/// sum: the exponent of 2^(n-1). n = -126 gives the number 0.
inline constexpr float round_and_bias = 12582912.0F + 126.0F;  // 1.5 x 2^23 + 126

/// 2^(n + fraction) for -126 <= n <= 128, |fraction| <= 1/2 and `shifted` = n + round_and_bias.
ATTNLAB_INLINE Lane power_of_two(Lane shifted, Lane fraction) {
  // Minimax of 2^(1 + f) on [-1/2, 1/2], relative error 7.5e-8.
  Lane power = Lane(0.0026552932F);
  power = power * fraction + Lane(0.019351082F);
  power = power * fraction + Lane(0.11101427F);
  power = power * fraction + Lane(0.4804424F);
  power = power * fraction + Lane(1.38629388F);
  power = power * fraction + Lane(2.0000002F);
  const auto bits = std::bit_cast<IntRegister>(shifted.value);
  return power * Lane(std::bit_cast<FloatRegister>(bits << 23));
}

/// e^x for x <= 0: within 3 + |x| / 4 ULP (3 + 1.4 |x| without fused multiply-add); 0 below -86.99, so that
/// no result is subnormal; NaN for NaN.
ATTNLAB_INLINE Lane exp_of_negative(Lane x) {
  constexpr float lowest = -87.33F;  // its n below is -126
  constexpr float log2_e = 1.44269504F;
  const Lane clamped = at_least(lowest, x);
  const Lane shifted = clamped * Lane(log2_e) + Lane(round_and_bias);
  const Lane fraction = clamped * Lane(log2_e) - (shifted - Lane(round_and_bias));
  return power_of_two(shifted, fraction);
}

/// e^x within 3 ULP, 4 without fused multiply-add; 0 below -86.99, infinity above 88.73, NaN for NaN.
ATTNLAB_INLINE Lane exp(Lane x) {
  constexpr float lowest = -87.33F;  // its n below is -126
  constexpr float highest = 89.0F;   // 2^n is infinite there
  constexpr float log2_e = 1.44269504F;
  const Lane above = at_least(lowest, x);
  const Lane clamped = select(above > Lane(highest), Lane(highest), above);
  const Lane shifted = clamped * Lane(log2_e) + Lane(round_and_bias);
  const Lane n = shifted - Lane(round_and_bias);
  // x - n ln 2, with ln 2 in two parts; products with the large part are exact.
  const Lane rest = (clamped - n * Lane(0.693359375F)) - n * Lane(-2.12194440e-4F);
  return power_of_two(shifted, rest * Lane(log2_e));
}

/// Absolute error below 2 ULP of the result.
ATTNLAB_INLINE Lane tanh(Lane x) {
  const Lane magnitude = abs(x);
  const Lane decayed = exp_of_negative(Lane(-2.0F) * magnitude);
  const Lane far = (Lane(1.0F) - decayed) / (Lane(1.0F) + decayed);
  // tanh(x) / x in u = x^2, |x| < 5/8, relative error 4e-9.
  const Lane u = x * x;
  Lane near = Lane(-0.00565998F);
  near = near * u + Lane(0.02059098F);
  near = near * u + Lane(-0.05372107F);
  near = near * u + Lane(0.13331128F);
  near = near * u + Lane(-0.33333261F);
  near = near * u + Lane(1.0F);
  return select(magnitude < Lane(0.625F), near * x, select(x < Lane(0.0F), Lane(-far.value), far));
}

/// 1 / (1 + e^-x): relative error below 4e-8 |x| + 4 ULP; 0 below -86.99; NaN for NaN.
ATTNLAB_INLINE Lane logistic(Lane x) {
  const Lane decayed = exp_of_negative(Lane(0.0F) - abs(x));
  return select(x < Lane(0.0F), decayed, Lane(1.0F)) / (Lane(1.0F) + decayed);
}

/// log2 x as a whole number and a remainder in [-1/2, 1/2] with a relative error below 1e-7. x must be
/// positive and not subnormal.
struct SplitLog2 {
  Lane whole, rest;
};
ATTNLAB_INLINE SplitLog2 split_log2(Lane x) {
  const auto bits = std::bit_cast<IntRegister>(x.value);
  const IntRegister exponent = (bits - IntRegister(0x3f3504f3)) >> 23;  // of x / sqrt(1/2)
  const Lane fraction = Lane(std::bit_cast<FloatRegister>(bits - (exponent << 23))) - Lane(1.0F);
  // Minimax of log2(1 + f) / f on [sqrt(1/2) - 1, sqrt(2) - 1], relative error 4.5e-8.
  Lane quotient = Lane(0.125835374F);
  quotient = quotient * fraction + Lane(-0.207268938F);
  quotient = quotient * fraction + Lane(0.21571584F);
  quotient = quotient * fraction + Lane(-0.238944948F);
  quotient = quotient * fraction + Lane(0.287916243F);
  quotient = quotient * fraction + Lane(-0.360703677F);
  quotient = quotient * fraction + Lane(0.480910629F);
  quotient = quotient * fraction + Lane(-0.721347332F);
  quotient = quotient * fraction + Lane(1.44269502F);
  return {stdx::static_simd_cast<FloatRegister>(exponent), quotient * fraction};
}

inline constexpr float least_normal = 1.17549435e-38F;

/// log2 of any finite positive number, including subnormal ones.
ATTNLAB_INLINE SplitLog2 split_log2_of_any(Lane x) {
  const Mask subnormal = x < Lane(least_normal);
  SplitLog2 log2 = split_log2(select(subnormal, x * Lane(16777216.0F), x));
  log2.whole = select(subnormal, log2.whole - Lane(24.0F), log2.whole);
  return log2;
}

/// Natural logarithm within 3 ULP; -inf for 0, infinity for infinity, NaN for NaN and below 0.
ATTNLAB_INLINE Lane log(Lane x) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  const SplitLog2 log2 = split_log2_of_any(x);
  const Lane small = log2.rest * Lane(0.693147182F) + log2.whole * Lane(-2.12194440e-4F);
  const Lane finite = small + log2.whole * Lane(0.693359375F);
  const Lane positive = select(x == Lane(infinity), x, select(x == Lane(0.0F), Lane(-infinity), finite));
  return select(x >= Lane(0.0F), positive, Lane(std::numeric_limits<float>::quiet_NaN()));
}

/// 2^product with product = exponent x log2, for product >= -126: 0 at -126, infinity from 129 on.
ATTNLAB_INLINE Lane power_of_two(SplitLog2 log2, Lane exponent, Lane product) {
  const Lane shifted = product + Lane(round_and_bias);
  const Lane n = shifted - Lane(round_and_bias);
  const Lane fraction = (exponent * log2.whole - n) + exponent * log2.rest;
  return power_of_two(shifted, min(max(fraction, Lane(-0.5F)), Lane(0.5F)));
}

/// ln(1 / (1 + e^-x)): absolute error below 2e-7 and 1 ULP of the result; -inf for -inf; NaN for NaN.
ATTNLAB_INLINE Lane log_logistic(Lane x) {
  return min(x, Lane(0.0F)) - log(Lane(1.0F) + exp_of_negative(Lane(0.0F) - abs(x)));
}

/// base^exponent for 0 < base <= 1 and exponent >= 0, with a relative error below 2e-7 (1 + exponent); 0 if
/// the result is below 2^-125.
ATTNLAB_INLINE Lane pow_of_share(Lane base, Lane exponent) {
  const SplitLog2 log2 = split_log2(max(base, Lane(least_normal)));
  return power_of_two(log2, exponent, max(exponent * (log2.whole + log2.rest), Lane(-126.0F)));
}

/// base^exponent for base >= 0 and a finite exponent, with a relative error below 2e-7 (1 + |exponent| +
/// |exponent log2 base|); 0 if the result is below 2^-125; NaN for a negative base and for NaN, but 1 if the
/// exponent is 0.
ATTNLAB_INLINE Lane pow(Lane base, Lane exponent) {
  const Lane zero = Lane(0.0F);
  const Lane infinity = Lane(std::numeric_limits<float>::infinity());
  const SplitLog2 log2 = split_log2_of_any(base);
  const Lane product = exponent * (log2.whole + log2.rest);
  const Lane inside = power_of_two(log2, exponent, min(max(product, Lane(-126.0F)), Lane(129.0F)));
  const Mask infinite = (base == infinity && exponent > zero) || (base == zero && exponent < zero);
  const Lane any = select(base == zero || base == infinity, select(infinite, infinity, zero), inside);
  const Lane defined = select(base >= zero, any, Lane(std::numeric_limits<float>::quiet_NaN()));
  return select(exponent == zero, Lane(1.0F), defined);
}

/// Stores bfloat16, rounded to nearest, ties to even; subnormal numbers stay subnormal and NaN stays NaN.
ATTNLAB_INLINE void store_bf16(Lane a, std::uint16_t* to) {
  using Bits = stdx::rebind_simd_t<std::uint32_t, FloatRegister>;
  const auto word = std::bit_cast<Bits>(a.value);
  Bits rounded = (word + Bits(0x7fff) + ((word >> 16) & Bits(1))) >> 16;
  stdx::where((word & Bits(0x7fffffff)) > Bits(0x7f800000), rounded) = (word >> 16) | Bits(0x40);
  stdx::static_simd_cast<stdx::rebind_simd_t<std::uint16_t, FloatRegister> >(rounded).copy_to(
      to, stdx::element_aligned);
}

/// Stores binary16, rounded to nearest, ties to even.
ATTNLAB_INLINE void store_f16(Lane a, std::uint16_t* to) {
#if defined(__AVX512F__)
  _mm256_storeu_si256(reinterpret_cast<__m256i_u*>(to),
                      _mm512_cvtps_ph(static_cast<__m512>(a.value), _MM_FROUND_TO_NEAREST_INT));
#elif defined(__F16C__)
  _mm_storeu_si128(reinterpret_cast<__m128i_u*>(to),
                   _mm256_cvtps_ph(static_cast<__m256>(a.value), _MM_FROUND_TO_NEAREST_INT));
#else
  for (std::size_t element = 0; element < FloatRegister::size(); ++element)
    to[element] = std::bit_cast<std::uint16_t>(static_cast<_Float16>(static_cast<float>(a.value[element])));
#endif
}

ATTNLAB_INLINE Lane load_f16(const std::uint16_t* from) {
#if defined(__AVX512F__)
  return FloatRegister(_mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i_u*>(from))));
#elif defined(__F16C__)
  return FloatRegister(_mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i_u*>(from))));
#else
  return FloatRegister(
      [&](auto element) { return static_cast<float>(std::bit_cast<_Float16>(from[element])); });
#endif
}

ATTNLAB_INLINE Lane load_bf16(const std::uint16_t* from) {
#if defined(__AVX512F__)
  const __m512i word = _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i_u*>(from)));
  return FloatRegister(_mm512_castsi512_ps(_mm512_slli_epi32(word, 16)));
#else
  using Bits = stdx::rebind_simd_t<std::uint32_t, FloatRegister>;
  const Bits word([&](auto index) { return static_cast<std::uint32_t>(from[index]) << 16; });
  return std::bit_cast<FloatRegister>(word);
#endif
}

/// Stores the elements of `values` whose mask is set, without gaps, and returns their number. The target
/// needs room for a whole lane.
ATTNLAB_INLINE std::int64_t append(Mask mask, Lane values, float* to) {
#if defined(__AVX512F__)
  const auto bits = static_cast<__mmask16>(static_cast<unsigned>(stdx::__data(mask)));
  _mm512_storeu_ps(to, _mm512_maskz_compress_ps(bits, static_cast<__m512>(values.value)));
  return __builtin_popcount(bits);
#else
  std::int64_t count = 0;
  for (std::int64_t element = 0; element < Lane::width; ++element) {
    to[count] = values.value[static_cast<std::size_t>(element)];
    count += mask[static_cast<std::size_t>(element)];
  }
  return count;
#endif
}

/// Appends the elements of `values` and `keys` whose mask is set and returns their number. Both targets need
/// room for a whole lane. They may be the memory that the values were loaded from, or memory before it.
ATTNLAB_INLINE std::int64_t append(Mask mask, Lane values, IntRegister keys, float* to,
                                   std::int32_t* keys_to) {
#if defined(__AVX512F__)
  // On Zen 4, compressing into a register and storing the register is three times as fast as compressing into
  // memory.
  const auto bits = static_cast<__mmask16>(static_cast<unsigned>(stdx::__data(mask)));
  _mm512_storeu_ps(to, _mm512_maskz_compress_ps(bits, static_cast<__m512>(values.value)));
  _mm512_storeu_si512(keys_to, _mm512_maskz_compress_epi32(bits, std::bit_cast<__m512i>(keys)));
  return __builtin_popcount(bits);
#else
  std::int64_t count = 0;
  for (std::size_t element = 0; element < FloatRegister::size(); ++element) {
    to[count] = values.value[element];
    keys_to[count] = keys[element];
    count += mask[element];
  }
  return count;
#endif
}

static_assert(RealNumber<Lane>);

}  // namespace attnlab::ATTNLAB_LEVEL
