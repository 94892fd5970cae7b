#include "attnlab/engines/product_choice.h"

#include <fmt/format.h>

#include "attnlab/core/isa.h"
#include "attnlab/engines/onednn_info.h"

namespace attnlab {

namespace {

std::optional<Bf16Products> forced_products;

bool has_amx() { return onednn_level().find("amx") != std::string::npos; }

}  // namespace

Bf16Products bf16_products() {
  return forced_products.value_or(has_amx() ? Bf16Products::onednn : Bf16Products::row_code);
}

void force_bf16_products(std::optional<Bf16Products> products) { forced_products = products; }

bool has_fast_bf16_products() {
  if (isa_level() != IsaLevel::avx512_bf16) return false;
  __builtin_cpu_init();
  return isa_level_is_forced() || __builtin_cpu_is("amd") || has_amx();
}

DType product_dtype(const Variant& variant, const Problem& problem) {
  const bool narrow =
      problem.dtype == DType::bf16 && has_fast_bf16_products() && !variant.score.needs_float32();
  return narrow ? DType::bf16 : DType::f32;
}

std::string product_path(DType storage, DType products) {
  if (storage == products) return fmt::format("{} products, f32 accumulation", to_string(products));
  return fmt::format("{} storage, {} products{}", to_string(storage), to_string(products),
                     products == DType::f32 ? " and accumulation" : ", f32 accumulation");
}

}  // namespace attnlab
