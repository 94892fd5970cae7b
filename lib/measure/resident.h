// Resident memory of this process, as the kernel counts it.
#pragma once

#include <cstdint>
#include <optional>

namespace attnlab {

/// VmRSS; nullopt if /proc lacks it.
std::optional<std::int64_t> resident_bytes();

/// RssFile: resident pages of programs, libraries and other files; nullopt if /proc lacks it.
std::optional<std::int64_t> resident_file_bytes();

/// VmHWM: the peak since the last reset; nullopt if the reset failed, since the peak would be an older one.
std::optional<std::int64_t> resident_peak_bytes();

/// Returns free heap memory to the kernel, since its reuse would not be counted, and writes 5 to
/// /proc/self/clear_refs. Returns false if that is not permitted.
bool reset_resident_peak();

/// Largest error of the growth of the resident set, measured with mappings of known size that `threads`
/// threads touch; at least one page. nullopt if the peak cannot be reset.
std::optional<std::int64_t> resident_resolution_bytes(int threads);

}  // namespace attnlab
