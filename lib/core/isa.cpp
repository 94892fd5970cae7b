#include "attnlab/core/isa.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <string>

#include "attnlab/core/argument_error.h"

namespace attnlab {

namespace {

constexpr IsaLevel all_levels[] = {IsaLevel::baseline, IsaLevel::avx2, IsaLevel::avx512,
                                   IsaLevel::avx512_bf16};

std::optional<IsaLevel> forced;

bool machine_has(IsaLevel level) {
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("x86-64-v3");
  const bool avx512 = avx2 && __builtin_cpu_supports("x86-64-v4");
  switch (level) {
    case IsaLevel::baseline:
      return true;
    case IsaLevel::avx2:
      return avx2;
    case IsaLevel::avx512:
      return avx512;
    case IsaLevel::avx512_bf16:
      // Every CPU with one of the two has the other.
      return avx512 && __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512vnni");
  }
  return false;
}

}  // namespace

std::string_view to_string(IsaLevel level) {
  switch (level) {
    case IsaLevel::baseline:
      return "baseline";
    case IsaLevel::avx2:
      return "avx2";
    case IsaLevel::avx512:
      return "avx512";
    case IsaLevel::avx512_bf16:
      return "avx512_bf16";
  }
  return "";
}

IsaLevel parse_isa_level(std::string_view name) {
  for (const IsaLevel level : all_levels)
    if (name == to_string(level)) return level;
  throw ArgumentError("ATTNLAB_ISA", name, "unknown level", "baseline, avx2, avx512 or avx512_bf16");
}

std::vector<IsaLevel> supported_isa_levels() {
  std::vector<IsaLevel> levels;
  std::copy_if(std::begin(all_levels), std::end(all_levels), std::back_inserter(levels), machine_has);
  return levels;
}

IsaLevel isa_level() {
  static const IsaLevel best = supported_isa_levels().back();
  return forced.value_or(best);
}

bool isa_level_is_forced() { return forced.has_value(); }

void force_isa_level(IsaLevel level) {
  if (!machine_has(level)) {
    std::vector<std::string_view> names;
    for (const IsaLevel supported : supported_isa_levels()) names.push_back(to_string(supported));
    throw ArgumentError("ATTNLAB_ISA", to_string(level), "this machine lacks the level",
                        fmt::format("{}", fmt::join(names, ", ")));
  }
  forced = level;
}

}  // namespace attnlab
