// The inputs of an attention call: Q, K, V and learned parameters.
#pragma once

#include "attnlab/core/problem.h"
#include "attnlab/core/tensor.h"
#include "attnlab/variants/variant.h"

namespace attnlab {

/// Shapes are those of Shape::q(), k() and v(), the storage type is Problem::dtype. `weights`: learned
/// parameters of the score and the modifiers, if there are any.
struct Inputs {
  TensorView q;
  TensorView k;
  TensorView v;
  const ScoreWeights* weights = nullptr;
};

/// The learned parameters of `inputs`; empty if there are none.
const ScoreWeights& weights_of(const Inputs& inputs);

/// Throws ArgumentError (argument `Q`, `K` or `V`) if the shape or storage type of a tensor does not fit the
/// problem, if its last stride is not 1, or if its address is null or not aligned to the element size.
void validate_tensors(const Inputs& inputs, const Problem& problem);

/// The same, and also throws if learned weights are missing.
void validate(const Inputs& inputs, const Variant& variant, const Problem& problem);

/// The same for the output (argument `output`). Its rows must not share memory with each other
/// (rows_are_apart) or with an input.
void validate_output(const MutableTensorView& output, const Inputs& inputs, const Problem& problem);

}  // namespace attnlab
