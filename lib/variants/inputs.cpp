#include "attnlab/variants/inputs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string_view>

#include "attnlab/core/argument_error.h"

namespace attnlab {

namespace {

void require(std::string_view name, const TensorView& tensor, const Dims& shape, DType dtype) {
  if (tensor.shape != shape)
    throw ArgumentError(name, fmt::format("shape {}", fmt::join(tensor.shape, " x ")),
                        "not the shape of the problem", fmt::format("{}", fmt::join(shape, " x ")));
  if (tensor.dtype != dtype)
    throw ArgumentError(name, to_string(tensor.dtype), "not the storage type of the problem",
                        to_string(dtype));
  if (tensor.stride[3] != 1)
    throw ArgumentError(name, fmt::format("last stride {}", tensor.stride[3]),
                        "the numbers of a row are not adjacent", "a last stride of 1");
}

}  // namespace

const ScoreWeights& weights_of(const Inputs& inputs) {
  static const ScoreWeights none;
  return inputs.weights ? *inputs.weights : none;
}

void validate(const Inputs& inputs, const Variant& variant, const Problem& problem) {
  require("Q", inputs.q, problem.shape.q(), problem.dtype);
  require("K", inputs.k, problem.shape.k(), problem.dtype);
  require("V", inputs.v, problem.shape.v(), problem.dtype);
  validate(weights_of(inputs), weight_shapes(variant, problem.shape), variant.name());
}

}  // namespace attnlab
