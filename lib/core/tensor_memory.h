// Whether tensors share memory.
#pragma once

#include "attnlab/core/tensor.h"

namespace attnlab {

/// True if each row of the tensor lies in memory of its own and each stride reaches past all that the smaller
/// strides reach, as in every order of the dimensions of a tensor with or without gaps.
bool rows_are_apart(const TensorView& tensor);

/// True if some byte belongs to a row of both. Takes a few steps where one tensor ends before the other
/// begins, a few for each row of tensors that are interleaved.
bool share_memory(const TensorView& a, const TensorView& b);

}  // namespace attnlab
