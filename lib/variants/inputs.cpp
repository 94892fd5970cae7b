#include "attnlab/variants/inputs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdint>
#include <iterator>
#include <string_view>

#include "attnlab/core/argument_error.h"
#include "attnlab/core/tensor_memory.h"

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
  const auto address = reinterpret_cast<std::uintptr_t>(tensor.data);
  const auto element = static_cast<std::uintptr_t>(size_bytes(dtype));
  if (address == 0)
    throw ArgumentError(name, "a null pointer", "there is no tensor", "the address of its first element");
  if (address % element != 0)
    throw ArgumentError(name, fmt::format("address {:#x}", address), "an element is not aligned",
                        fmt::format("a multiple of {}, the bytes of an element", element));
}

}  // namespace

const ScoreWeights& weights_of(const Inputs& inputs) {
  static const ScoreWeights none;
  return inputs.weights ? *inputs.weights : none;
}

void validate_tensors(const Inputs& inputs, const Problem& problem) {
  require("Q", inputs.q, problem.shape.q(), problem.dtype);
  require("K", inputs.k, problem.shape.k(), problem.dtype);
  require("V", inputs.v, problem.shape.v(), problem.dtype);
}

void validate(const Inputs& inputs, const Variant& variant, const Problem& problem) {
  validate_tensors(inputs, problem);
  validate(weights_of(inputs), weight_shapes(variant, problem.shape), variant.name());
}

void validate_output(const MutableTensorView& output, const Inputs& inputs, const Problem& problem) {
  require("output", output, problem.shape.output(), problem.dtype);
  if (!rows_are_apart(output))
    throw ArgumentError("output", fmt::format("strides {}", fmt::join(output.stride, " x ")),
                        "rows of the output overlap", "strides that keep every row apart");
  constexpr std::string_view names[]{"Q", "K", "V"};
  const TensorView* const tensors[]{&inputs.q, &inputs.k, &inputs.v};
  for (std::size_t t = 0; t < std::size(names); ++t)
    if (share_memory(output, *tensors[t]))
      throw ArgumentError("output", fmt::format("memory of {}", names[t]), "the output overlaps an input",
                          "memory of its own");
}

}  // namespace attnlab
