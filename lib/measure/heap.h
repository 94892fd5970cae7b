// All of the heap, counted: the C allocation functions of the program that links this, oneDNN's included, and
// blocks that are mapped.
#pragma once

#include <cstdint>
#include <optional>

namespace attnlab {

/// Bytes allocated and not freed: as malloc_usable_size has them, or whole pages of what is mapped. Nothing
/// where ATTNLAB_SANITIZED.
std::optional<std::int64_t> heap_bytes();

/// Most bytes in use since reset_heap_peak. Nothing as above.
std::optional<std::int64_t> heap_peak_bytes();
void reset_heap_peak();

}  // namespace attnlab
