// Storage types of tensors. Arithmetic is in float32 or wider for every storage type.
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace attnlab {

enum class DType { f32, bf16, f16 };
inline constexpr DType all_dtypes[] = {DType::f32, DType::bf16, DType::f16};

/// Brain floating point: the upper half of a float32, rounded to nearest, ties to even.
struct bf16 {
  std::uint16_t bits = 0;

  bf16() = default;
  explicit bf16(float value) {
    const auto word = std::bit_cast<std::uint32_t>(value);
    const bool nan = (word & 0x7fffffffu) > 0x7f800000u;
    bits =
        static_cast<std::uint16_t>(nan ? (word >> 16) | 0x40u : (word + 0x7fffu + ((word >> 16) & 1u)) >> 16);
  }
  explicit operator float() const { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }
};

/// IEEE binary16, rounded to nearest, ties to even.
struct f16 {
  std::uint16_t bits = 0;

  f16() = default;
  explicit f16(float value) : bits(std::bit_cast<std::uint16_t>(static_cast<_Float16>(value))) {}
  explicit operator float() const { return static_cast<float>(std::bit_cast<_Float16>(bits)); }
};

/// The storage type of an element: float, bf16 or f16.
template <class Element>
inline constexpr DType dtype_of = [] {
  static_assert(
      std::is_same_v<Element, float> || std::is_same_v<Element, bf16> || std::is_same_v<Element, f16>,
      "elements of tensors are float, attnlab::bf16 or attnlab::f16");
  return std::is_same_v<Element, float>  ? DType::f32
         : std::is_same_v<Element, bf16> ? DType::bf16
                                         : DType::f16;
}();

constexpr std::int64_t size_bytes(DType dtype) { return dtype == DType::f32 ? 4 : 2; }

/// Distance from 1 to the next representable value.
constexpr double epsilon(DType dtype) {
  return dtype == DType::f32 ? 0x1p-23 : dtype == DType::bf16 ? 0x1p-7 : 0x1p-10;
}

/// `value` rounded to the storage type.
inline float rounded_to(DType dtype, float value) {
  return dtype == DType::f32    ? value
         : dtype == DType::bf16 ? static_cast<float>(bf16(value))
                                : static_cast<float>(f16(value));
}

std::string_view to_string(DType dtype);

/// Throws ArgumentError (argument `dtype`) for a name that is not f32, bf16 or f16.
DType parse_dtype(std::string_view name);

}  // namespace attnlab
