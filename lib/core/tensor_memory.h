// Whether tensors share memory.
#pragma once

#include "attnlab/core/tensor.h"

namespace attnlab {

/// Whether no two rows of the tensor share memory, by a sufficient condition: each stride is longer than the
/// extent of all smaller strides. It holds for every order of the dimensions of a tensor, with or without
/// gaps.
bool rows_are_apart(const TensorView& tensor);

/// Whether some byte belongs to a row of both tensors. Takes a few steps if one tensor ends before the other
/// begins, and a few steps for each row if they are interleaved.
bool share_memory(const TensorView& a, const TensorView& b);

}  // namespace attnlab
