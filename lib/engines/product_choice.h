// The dtype of matrix products, and the implementation of bfloat16 products.
#pragma once

#include <optional>
#include <string>

#include "attnlab/core/dtype.h"
#include "attnlab/core/problem.h"
#include "attnlab/variants/variant.h"

namespace attnlab {

/// The dtype of products: float32, or bfloat16 if the problem is in bfloat16, the machine multiplies it
/// faster and the score does not need float32.
DType product_dtype(const Variant& variant, const Problem& problem);

/// For Plan::path: the dtypes of storage and of products.
std::string product_path(DType storage, DType products);

/// The implementation of bfloat16 products in engine tiled.
enum class Bf16Products { row_code, onednn };

/// oneDNN if it has AMX, which row code does not use; else row code. force_bf16_products overrides it, so
/// that tests can run both on any machine.
Bf16Products bf16_products();
void force_bf16_products(std::optional<Bf16Products> products);

/// Whether bfloat16 products are faster than float32 products at the level in use: with AMX, or with AVX-512
/// BF16 on AMD. Intel cores run vdpbf16ps at half rate (Sapphire Rapids, oneDNN 2.6.3, 256 x 512 x 64 tiles:
/// 78 GFLOP/s against 136 in float32), so without AMX bf16 is only a storage type there. A forced level
/// always uses the instruction.
bool has_fast_bf16_products();

}  // namespace attnlab
