// Bytes and seconds as text for readers.
#pragma once

#include <cstdint>
#include <string>

namespace attnlab {

/// Such as `12.5 MiB` and `340 us`.
std::string format_bytes(std::int64_t bytes);
std::string format_seconds(double seconds);

}  // namespace attnlab
