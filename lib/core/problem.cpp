#include "attnlab/core/problem.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>

#include "attnlab/core/argument_error.h"

namespace attnlab {

namespace {

constexpr std::int64_t max_tensor_bytes = std::int64_t{1} << 40;

void require_between(std::string_view argument, std::int64_t value, std::int64_t largest) {
  if (value < 1 || value > largest)
    throw ArgumentError(argument, fmt::format("{}", value), "out of range", fmt::format("1 to {}", largest));
}

void require_fits(std::string_view tensor, const Dims& dims) {
  std::int64_t bytes = 4;
  for (const std::int64_t size : dims) {
    if (bytes > max_tensor_bytes / size)
      throw ArgumentError(
          "seqlen", fmt::format("{} of shape {} x {} x {} x {}", tensor, dims[0], dims[1], dims[2], dims[3]),
          "the tensor is too large", "tensors of at most 1 TiB");
    bytes *= size;
  }
}

void validate_cu_seqlens(const Shape& shape) {
  const std::vector<std::int64_t>& starts = *shape.cu_seqlens;
  const auto refuse = [](std::int64_t value, const std::string& reason, const std::string& requirement) {
    return ArgumentError("cu-seqlens", fmt::format("{}", value), reason, requirement);
  };
  if (shape.seqlen_q != shape.seqlen_k)
    throw ArgumentError("seqlen-k", fmt::format("{}", shape.seqlen_k),
                        "packed sequences have as many keys as queries",
                        fmt::format("seqlen = {}", shape.seqlen_q));
  if (starts.size() < 2)
    throw refuse(static_cast<std::int64_t>(starts.size()), "too few positions",
                 "at least two: 0 and the end");
  if (starts.front() != 0) throw refuse(starts.front(), "wrong first position", "0");
  for (std::size_t at = 1; at < starts.size(); ++at)
    if (starts[at] < starts[at - 1])
      throw refuse(starts[at], "the positions decrease",
                   fmt::format("at least {}, the position before it", starts[at - 1]));
  if (starts.back() != shape.seqlen_k)
    throw refuse(starts.back(), "wrong last position", fmt::format("seqlen = {}", shape.seqlen_k));
}

}  // namespace

Sequence Shape::packed_sequence(std::int64_t i) const {
  const auto end = std::upper_bound(cu_seqlens->begin(), cu_seqlens->end(), i);
  return {*std::prev(end), *end};
}

void validate(const Problem& problem) {
  const Shape& shape = problem.shape;
  require_between("batch", shape.batch, max_small_dimension);
  require_between("heads", shape.heads, max_small_dimension);
  require_between("kv-heads", shape.kv_heads, max_small_dimension);
  require_between("seqlen", shape.seqlen_q, max_seqlen);
  require_between("seqlen-k", shape.seqlen_k, max_seqlen);
  require_between("head-dim", shape.head_dim, max_small_dimension);
  require_between("head-dim-v", shape.head_dim_v, max_small_dimension);
  require_between("threads", problem.threads, max_threads);
  if (shape.heads % shape.kv_heads != 0)
    throw ArgumentError("kv-heads", fmt::format("{}", shape.kv_heads), "does not divide the number of heads",
                        fmt::format("a divisor of {}", shape.heads));
  if (shape.cu_seqlens) validate_cu_seqlens(shape);
  require_fits("Q", shape.q());
  require_fits("K", shape.k());
  require_fits("V", shape.v());
  require_fits("output", shape.output());
}

std::int64_t tensor_bytes(const Problem& problem) {
  const Shape& shape = problem.shape;
  const std::int64_t queries = shape.batch * shape.heads * shape.seqlen_q;
  const std::int64_t keys = shape.batch * shape.kv_heads * shape.seqlen_k;
  return (queries + keys) * (shape.head_dim + shape.head_dim_v) * size_bytes(problem.dtype);
}

}  // namespace attnlab
