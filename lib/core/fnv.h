// FNV-1a, 64 bit: checksums of inputs, names of cells.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace attnlab {

inline constexpr std::uint64_t fnv1a_start = 0xcbf29ce484222325u;

inline std::uint64_t fnv1a(std::span<const std::byte> bytes, std::uint64_t hash = fnv1a_start) {
  for (const std::byte byte : bytes) hash = (hash ^ static_cast<std::uint64_t>(byte)) * 0x100000001b3u;
  return hash;
}

}  // namespace attnlab
