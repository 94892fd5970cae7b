// What an attention call reads: Q, K, V and learned parameters.
#pragma once

#include "attnlab/core/problem.h"
#include "attnlab/core/tensor.h"
#include "attnlab/variants/variant.h"

namespace attnlab {

/// Shapes as in Shape::q(), k() and v(); storage type as in Problem::dtype. Weights of the score and of the
/// modifiers, if they learn any.
struct Inputs {
  TensorView q;
  TensorView k;
  TensorView v;
  const ScoreWeights* weights = nullptr;
};

/// Learned parameters of `inputs`, or none.
const ScoreWeights& weights_of(const Inputs& inputs);

/// Throws ArgumentError (argument `Q`, `K` or `V`) if a tensor has another shape or storage type than the
/// problem, a last stride other than 1, or an address that is null or no multiple of an element's size.
void validate_tensors(const Inputs& inputs, const Problem& problem);

/// The same, and for learned weights that are missing.
void validate(const Inputs& inputs, const Variant& variant, const Problem& problem);

/// The same of the output (argument `output`), whose rows may share memory neither with one another
/// (rows_are_apart) nor with an input.
void validate_output(const MutableTensorView& output, const Inputs& inputs, const Problem& problem);

}  // namespace attnlab
