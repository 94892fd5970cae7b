// Counts the whole heap: the C allocation functions of the program that links this file, including calls of
// oneDNN, and mapped blocks.
#pragma once

#include <cstdint>
#include <optional>

namespace attnlab {

/// Bytes in use: by malloc_usable_size, or whole pages of mapped blocks. nullopt if ATTNLAB_SANITIZED.
std::optional<std::int64_t> heap_bytes();

/// Peak of the bytes in use since reset_heap_peak; nullopt as above.
std::optional<std::int64_t> heap_peak_bytes();
void reset_heap_peak();

}  // namespace attnlab
