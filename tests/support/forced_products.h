// Who multiplies tiles of bfloat16, for as long as a test needs it.
#pragma once

#include <optional>

#include "attnlab/core/isa.h"
#include "attnlab/engines/product_choice.h"

namespace attnlab {

/// A level that is forced multiplies bf16 by row code; what is left to test where none is forced is oneDNN's
/// products.
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
