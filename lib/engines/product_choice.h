// What matrix products are computed in, and who multiplies tiles of bfloat16.
#pragma once

#include <optional>
#include <string>

#include "attnlab/core/dtype.h"
#include "attnlab/core/problem.h"
#include "attnlab/variants/variant.h"

namespace attnlab {

/// What products are computed in: float32, or bfloat16 where the problem is, the machine multiplies it faster
/// and the score has no need of float32.
DType product_dtype(const Variant& variant, const Problem& problem);

/// For Plan::path: what is stored, and what is multiplied.
std::string product_path(DType storage, DType products);

/// Who multiplies tiles of bfloat16 in engine tiled.
enum class Bf16Products { row_code, onednn };

/// oneDNN where it has AMX, whose tiles row code has not; held by force_bf16_products, so that tests can run
/// either on any machine.
Bf16Products bf16_products();
void force_bf16_products(std::optional<Bf16Products> products);

/// True if bfloat16 products beat float32 ones at the level in use: AMX, or AVX-512 BF16 on AMD. Intel's
/// cores run vdpbf16ps at half rate (Sapphire Rapids, oneDNN 2.6.3, 256 x 512 x 64 tiles: 78 GFLOP/s against
/// 136 in float32), so without AMX bf16 is storage there. Forcing the level asks for the instruction and gets
/// it.
bool has_fast_bf16_products();

}  // namespace attnlab
