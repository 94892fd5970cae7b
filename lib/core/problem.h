// A problem: the shape of one attention call, its storage type and its number of threads.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "attnlab/core/dtype.h"
#include "attnlab/core/tensor.h"

namespace attnlab {

/// Positions begin … end-1 of the keys.
struct Sequence {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  bool operator==(const Sequence&) const = default;
};

/// Q: (batch, heads, seqlen_q, head_dim), K: (batch, kv_heads, seqlen_k, head_dim),
/// V: (batch, kv_heads, seqlen_k, head_dim_v), output: (batch, heads, seqlen_q, head_dim_v).
struct Shape {
  std::int64_t batch = 1;
  std::int64_t heads = 1;
  std::int64_t kv_heads = 1;
  std::int64_t seqlen_q = 1;
  std::int64_t seqlen_k = 1;
  std::int64_t head_dim = 1;
  std::int64_t head_dim_v = 1;
  /// Starts of packed sequences and the end of the last one, from 0 to seqlen_k, as FlashAttention's
  /// cu_seqlens (arXiv:2307.08691). A query sees only keys of its own sequence; its output and statistics are
  /// those of that sequence alone. Null: one sequence.
  std::shared_ptr<const std::vector<std::int64_t>> cu_seqlens = nullptr;

  bool operator==(const Shape&) const = default;

  /// The kv head of query head h (grouped-query attention, arXiv:2305.13245).
  std::int64_t kv_head(std::int64_t h) const { return h / (heads / kv_heads); }
  /// Position of query i among the keys: the last query is aligned with the last key.
  std::int64_t position(std::int64_t i) const { return i + seqlen_k - seqlen_q; }
  /// The keys of the packed sequence of query i; all keys if nothing is packed.
  Sequence sequence(std::int64_t i) const { return cu_seqlens ? packed_sequence(i) : Sequence{0, seqlen_k}; }

  Sequence packed_sequence(std::int64_t i) const;  ///< precondition: cu_seqlens is not null

  Dims q() const { return {batch, heads, seqlen_q, head_dim}; }
  Dims k() const { return {batch, kv_heads, seqlen_k, head_dim}; }
  Dims v() const { return {batch, kv_heads, seqlen_k, head_dim_v}; }
  Dims output() const { return {batch, heads, seqlen_q, head_dim_v}; }
};

struct Problem {
  Shape shape;
  DType dtype = DType::f32;
  int threads = 1;
};

/// Largest sequence length: positions up to it are exact in float32.
inline constexpr std::int64_t max_seqlen = std::int64_t{1} << 24;
/// Largest batch size, number of heads and head dimension; largest number of threads.
inline constexpr std::int64_t max_small_dimension = std::int64_t{1} << 16, max_threads = 1024;

/// Throws ArgumentError named after the option (`heads`, `kv-heads`, `seqlen`, …): sizes of at least 1,
/// kv_heads dividing heads, seqlen at most max_seqlen, cu_seqlens non-decreasing from 0 to seqlen, every
/// tensor of at most 2^40 bytes, at most max_threads threads.
void validate(const Problem& problem);

/// Bytes of Q, K, V and the output.
std::int64_t tensor_bytes(const Problem& problem);

}  // namespace attnlab
