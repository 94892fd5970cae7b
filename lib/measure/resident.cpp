#include "measure/resident.h"

#include <fstream>
#include <string>
#include <string_view>

namespace attnlab {

namespace {

bool was_reset = false;

std::optional<std::int64_t> status_bytes(std::string_view field) {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line))
    if (line.starts_with(field)) return std::stoll(line.substr(field.size())) * 1024;
  return std::nullopt;
}

}  // namespace

std::optional<std::int64_t> resident_bytes() { return status_bytes("VmRSS:"); }

std::optional<std::int64_t> resident_peak_bytes() {
  return was_reset ? status_bytes("VmHWM:") : std::nullopt;
}

bool reset_resident_peak() {
  std::ofstream clear("/proc/self/clear_refs");
  clear << 5 << std::flush;
  return was_reset = static_cast<bool>(clear);
}

}  // namespace attnlab
