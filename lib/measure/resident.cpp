#include "attnlab/measure/resident.h"

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

namespace attnlab {

namespace {

constexpr std::int64_t known_bytes[] = {std::int64_t{1} << 16, std::int64_t{1} << 20, std::int64_t{1} << 22};

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

std::optional<std::int64_t> resident_file_bytes() { return status_bytes("RssFile:"); }

std::optional<std::int64_t> resident_peak_bytes() {
  return was_reset ? status_bytes("VmHWM:") : std::nullopt;
}

bool reset_resident_peak() {
  malloc_trim(0);
  std::ofstream clear("/proc/self/clear_refs");
  clear << 5 << std::flush;
  return was_reset = static_cast<bool>(clear);
}

std::optional<std::int64_t> resident_resolution_bytes(int threads) {
  const std::int64_t page = sysconf(_SC_PAGESIZE);
  std::int64_t largest = page;
  for (const std::int64_t bytes : known_bytes) {
    void* const mapping = mmap(nullptr, static_cast<std::size_t>(bytes), PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping == MAP_FAILED) return std::nullopt;
    const std::optional<std::int64_t> before = reset_resident_peak() ? resident_bytes() : std::nullopt;
    auto* const first = static_cast<volatile char*>(mapping);
#pragma omp parallel for num_threads(threads)
    for (std::int64_t at = 0; at < bytes; at += page) first[at] = 1;
    const std::optional<std::int64_t> peak = resident_peak_bytes();
    munmap(mapping, static_cast<std::size_t>(bytes));
    if (!before || !peak) return std::nullopt;
    largest = std::max(largest, std::abs(*peak - *before - bytes));
  }
  return largest;
}

}  // namespace attnlab
