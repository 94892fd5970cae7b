// Bytes and seconds for readers.
#pragma once

#include <cstdint>
#include <string>

namespace attnlab {

/// As in `12.5 MiB`, `340 us`.
std::string format_bytes(std::int64_t bytes);
std::string format_seconds(double seconds);

}  // namespace attnlab
