// Lanes and single elements of each storage type.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>

#include "attnlab/kernels/lane.h"

namespace attnlab::ATTNLAB_LEVEL {

struct StorageF32 {
  ATTNLAB_INLINE static Lane load(const void* from, std::int64_t at) {
    return Lane::load(static_cast<const float*>(from) + at);
  }
  ATTNLAB_INLINE static float load_element(const void* from, std::int64_t at) {
    return static_cast<const float*>(from)[at];
  }
  ATTNLAB_INLINE static void store(Lane value, void* to, std::int64_t at) {
    value.store(static_cast<float*>(to) + at);
  }
  ATTNLAB_INLINE static void store_element(float value, void* to, std::int64_t at) {
    static_cast<float*>(to)[at] = value;
  }
};

struct StorageBf16 {
  ATTNLAB_INLINE static Lane load(const void* from, std::int64_t at) {
    return load_bf16(static_cast<const std::uint16_t*>(from) + at);
  }
  ATTNLAB_INLINE static float load_element(const void* from, std::int64_t at) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(static_cast<const std::uint16_t*>(from)[at])
                                << 16);
  }
  ATTNLAB_INLINE static void store(Lane value, void* to, std::int64_t at) {
    store_bf16(value, static_cast<std::uint16_t*>(to) + at);
  }
  ATTNLAB_INLINE static void store_element(float value, void* to, std::int64_t at) {
    std::uint16_t lane[Lane::width];
    store_bf16(Lane(value), lane);
    static_cast<std::uint16_t*>(to)[at] = lane[0];
  }
};

struct StorageF16 {
  ATTNLAB_INLINE static Lane load(const void* from, std::int64_t at) {
    return load_f16(static_cast<const std::uint16_t*>(from) + at);
  }
  ATTNLAB_INLINE static float load_element(const void* from, std::int64_t at) {
    return static_cast<float>(std::bit_cast<_Float16>(static_cast<const std::uint16_t*>(from)[at]));
  }
  ATTNLAB_INLINE static void store(Lane value, void* to, std::int64_t at) {
    store_f16(value, static_cast<std::uint16_t*>(to) + at);
  }
  ATTNLAB_INLINE static void store_element(float value, void* to, std::int64_t at) {
    static_cast<std::uint16_t*>(to)[at] = std::bit_cast<std::uint16_t>(static_cast<_Float16>(value));
  }
};

template <class Storage>
ATTNLAB_INLINE bool are_finite(Storage storage, const void* from, std::int64_t count) {
  bool finite = true;
  std::int64_t c = 0;
  for (; c + Lane::width <= count; c += Lane::width)
    finite = finite & stdx::all_of(abs(storage.load(from, c)) <= Lane(std::numeric_limits<float>::max()));
  for (; c < count; ++c) finite = finite & __builtin_isfinite(storage.load_element(from, c));
  return finite;
}

}  // namespace attnlab::ATTNLAB_LEVEL
