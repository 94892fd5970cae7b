// Resident memory of this process, by the kernel's own accounting.
#pragma once

#include <cstdint>
#include <optional>

namespace attnlab {

/// VmRSS now. Nothing where /proc does not say.
std::optional<std::int64_t> resident_bytes();

/// RssFile now: resident pages of programs, libraries and other files. Nothing where /proc does not say.
std::optional<std::int64_t> resident_file_bytes();

/// VmHWM: the most since the last reset. Nothing where it could not be reset, since it would be an older
/// peak.
std::optional<std::int64_t> resident_peak_bytes();

/// Gives what is free in the heap back to the kernel, lest it be used again unseen, and writes 5 to
/// /proc/self/clear_refs; false where that is not allowed.
bool reset_resident_peak();

/// How far a growth of the resident set may be from what was touched: the largest error for mappings of known
/// size that `threads` threads touch, at least one page. Nothing where the peak cannot be reset.
std::optional<std::int64_t> resident_resolution_bytes(int threads);

}  // namespace attnlab
