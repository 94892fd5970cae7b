// Keys or values of one kv head, as they are stored.
#pragma once

#include <cstdint>

#include "attnlab/core/tensor.h"
#include "attnlab/kernels/rows.h"

namespace attnlab {

/// Rows of K or V of one kv head, as they are stored.
inline StoredRows stored_rows(const TensorView& tensor, std::int64_t batch, std::int64_t kv_head) {
  return {reinterpret_cast<const std::byte*>(tensor.row(batch, kv_head, 0)),
          tensor.stride[2] * size_bytes(tensor.dtype), tensor.dtype, tensor.shape[3]};
}

}  // namespace attnlab
