#include "attnlab/core/dtype.h"

#include "attnlab/core/argument_error.h"

namespace attnlab {

std::string_view to_string(DType dtype) {
  return dtype == DType::f32 ? "f32" : dtype == DType::bf16 ? "bf16" : "f16";
}

DType parse_dtype(std::string_view name) {
  for (const DType dtype : all_dtypes)
    if (name == to_string(dtype)) return dtype;
  throw ArgumentError("dtype", name, "unknown storage type", "f32, bf16 or f16");
}

}  // namespace attnlab
