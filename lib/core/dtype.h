// Storage types of tensors. Arithmetic is in float32 or wider whatever the storage.
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>

namespace attnlab {

enum class DType { f32, bf16 };

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

constexpr std::int64_t size_bytes(DType dtype) { return dtype == DType::f32 ? 4 : 2; }

/// Distance from 1 to the next representable value.
constexpr double epsilon(DType dtype) { return dtype == DType::f32 ? 0x1p-23 : 0x1p-7; }

std::string_view to_string(DType dtype);

/// Throws ArgumentError (argument `dtype`) for a name that is not f32 or bf16.
DType parse_dtype(std::string_view name);

}  // namespace attnlab
