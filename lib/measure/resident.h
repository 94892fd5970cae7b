// Resident memory of this process, by the kernel's own accounting.
#pragma once

#include <cstdint>
#include <optional>

namespace attnlab {

/// VmRSS now. Nothing where /proc does not say.
std::optional<std::int64_t> resident_bytes();

/// VmHWM: the most since the last reset. Nothing where it could not be reset, since it would be an older
/// peak.
std::optional<std::int64_t> resident_peak_bytes();

/// Writes 5 to /proc/self/clear_refs; false where that is not allowed.
bool reset_resident_peak();

}  // namespace attnlab
