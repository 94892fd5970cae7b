#include "attnlab/engines/onednn_info.h"

#include <fmt/format.h>

#include <dnnl.hpp>
#include <stdexcept>

#include "attnlab/core/isa.h"

namespace attnlab {

namespace {

dnnl::cpu_isa cap_of(IsaLevel level) {
  switch (level) {
    case IsaLevel::baseline:
      return dnnl::cpu_isa::sse41;
    case IsaLevel::avx2:
      return dnnl::cpu_isa::avx2;
    case IsaLevel::avx512:
      return dnnl::cpu_isa::avx512_core;
    case IsaLevel::avx512_bf16:
      return dnnl::cpu_isa::avx512_core_bf16;
  }
  return dnnl::cpu_isa::sse41;
}

std::string_view name_of(dnnl::cpu_isa isa) {
  switch (isa) {
    case dnnl::cpu_isa::sse41:
      return "sse41";
    case dnnl::cpu_isa::avx:
      return "avx";
    case dnnl::cpu_isa::avx2:
      return "avx2";
    case dnnl::cpu_isa::avx512_core:
      return "avx512_core";
    case dnnl::cpu_isa::avx512_core_vnni:
      return "avx512_core_vnni";
    case dnnl::cpu_isa::avx512_core_bf16:
      return "avx512_core_bf16";
    case dnnl::cpu_isa::avx512_core_amx:
      return "avx512_core_amx";
    case dnnl::cpu_isa::avx2_vnni:
      return "avx2_vnni";
    default:
      return "";
  }
}

}  // namespace

std::string onednn_version() {
  const dnnl_version_t* version = dnnl_version();
  return fmt::format("{}.{}.{}", version->major, version->minor, version->patch);
}

std::string onednn_level() {
  cap_onednn();  // the query below fixes the cap
  const dnnl::cpu_isa isa = dnnl::get_effective_cpu_isa();
  const std::string_view name = name_of(isa);
  return name.empty() ? fmt::format("isa 0x{:x}", static_cast<int>(isa)) : std::string(name);
}

void cap_onednn() {
  if (!isa_level_is_forced()) return;
  static const dnnl::status status = dnnl::set_max_cpu_isa(cap_of(isa_level()));
  static const IsaLevel capped = isa_level();
  if (status != dnnl::status::success || capped != isa_level())
    throw std::runtime_error(fmt::format("cannot cap oneDNN at {}: a primitive has fixed it at {}",
                                         to_string(isa_level()), onednn_level()));
}

}  // namespace attnlab
