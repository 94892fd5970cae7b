// Forces the implementation of bfloat16 products during a test.
#pragma once

#include <optional>

#include "attnlab/core/isa.h"
#include "attnlab/engines/product_choice.h"

namespace attnlab {

/// A forced level multiplies bf16 by row code, so without a forced level only oneDNN's products are left to
/// test.
class ProductsOfTheLevel {
 public:
  ProductsOfTheLevel() {
    if (!isa_level_is_forced()) force_bf16_products(Bf16Products::onednn);
  }
  ~ProductsOfTheLevel() { force_bf16_products(std::nullopt); }
  ProductsOfTheLevel(const ProductsOfTheLevel&) = delete;
  ProductsOfTheLevel& operator=(const ProductsOfTheLevel&) = delete;
};

}  // namespace attnlab
