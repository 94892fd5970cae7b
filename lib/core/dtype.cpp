#include "core/dtype.h"

#include "core/argument_error.h"

namespace attnlab {

std::string_view to_string(DType dtype) { return dtype == DType::f32 ? "f32" : "bf16"; }

DType parse_dtype(std::string_view name) {
  if (name == "f32") return DType::f32;
  if (name == "bf16") return DType::bf16;
  throw ArgumentError("dtype", name, "f32 or bf16");
}

}  // namespace attnlab
