#include "core/dtype.h"

#include "core/argument_error.h"

namespace attnlab {

std::string_view to_string(DType dtype) {
  return dtype == DType::f32 ? "f32" : dtype == DType::bf16 ? "bf16" : "f16";
}

DType parse_dtype(std::string_view name) {
  if (name == "f32") return DType::f32;
  if (name == "bf16") return DType::bf16;
  if (name == "f16") return DType::f16;
  throw ArgumentError("dtype", name, "f32, bf16 or f16");
}

}  // namespace attnlab
