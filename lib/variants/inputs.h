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

/// Throws ArgumentError if the tensors' shapes, strides or storage types are not those of the problem, or
/// learned weights are missing.
void validate(const Inputs& inputs, const Variant& variant, const Problem& problem);

}  // namespace attnlab
