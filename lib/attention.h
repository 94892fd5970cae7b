// Attention in one object: a variant by its name, on tensors of one shape.
//
//   attnlab::Attention entmax("causal|entmax(1.5)", {.heads = 8, .seqlen = n, .head_dim = 64});
//   entmax(q, k, v, output);                           // const float* and float*, contiguous
//   auto rows = entmax.statistics(q, k, v, output);    // and how each row spread its weight
//
// Computed by tiles of queries and keys in O(n) memory (Dao et al., arXiv:2205.14135; Rabe and Staats,
// arXiv:2112.05682) unless another engine is named.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attnlab/core/dtype.h"
#include "attnlab/core/tensor.h"
#include "attnlab/dispersion/row_statistics.h"
#include "attnlab/engines/engine.h"
#include "attnlab/variants/score_weights.h"

namespace attnlab {

/// Shapes: Q (batch, heads, seqlen, head_dim), K (batch, kv_heads, seqlen_k, head_dim),
/// V (batch, kv_heads, seqlen_k, head_dim_v), output (batch, heads, seqlen, head_dim_v).
struct AttentionOptions {
  std::int64_t batch = 1;
  std::int64_t heads = 1;       ///< of the queries
  std::int64_t kv_heads = 0;    ///< of keys and values, a divisor of heads (arXiv:2305.13245); 0: heads
  std::int64_t seqlen = 0;      ///< queries of a head, 1 to 2^24; has to be given
  std::int64_t seqlen_k = 0;    ///< keys of a head; 0: seqlen. The last query is at the last key's position
  std::int64_t head_dim = 0;    ///< elements of a query and of a key; has to be given
  std::int64_t head_dim_v = 0;  ///< elements of a value and of an output row; 0: head_dim
  DType dtype = DType::f32;     ///< storage of all four tensors; sums are in float32 or wider
  int threads = 0;              ///< OpenMP threads; 0: omp_get_max_threads()
  std::string_view engine = "tiled";  ///< tiled, onednn (whole n x n matrices) or reference (float64)
  /// What the variant learns, by name; a variant that learns nothing needs none. `attnlab list` has the
  /// names, attnlab::weight_shapes the shapes.
  ScoreWeights weights = {};
  /// Where packed sequences begin, and the end of the last: 0 … seqlen. Empty: one sequence.
  std::vector<std::int64_t> cu_seqlens = {};
};

/// One variant on one shape: memory allocated and kernels compiled by the constructor, none in a call.
///
/// The output is the same to the bit for any number of threads and from call to call. A row that sees no key
/// is 0. Keys and values that a row does not see have no effect on it; a NaN that it sees makes that row NaN
/// and no other.
///
/// One call at a time for each object; different objects may be used by different threads at once.
class Attention {
 public:
  /// `variant`: a name as Variant::parse takes it, such as `scaled_dot|softcap(30)|causal|entmax(1.5)`.
  /// Throws ArgumentError for a name that does not parse, a size out of range, missing weights and what the
  /// engine cannot run, with its reason; std::bad_alloc.
  Attention(std::string_view variant, const AttentionOptions& options);
  Attention(Attention&&) noexcept;
  Attention& operator=(Attention&&) noexcept;
  ~Attention();

  /// Contiguous row-major tensors; Element is float, bf16 or f16 and agrees with the dtype. Otherwise as
  /// below.
  template <class Element>
  void operator()(const Element* q, const Element* k, const Element* v, Element* output) {
    const Shape& shape = problem().shape;
    (*this)(view_of(q, shape.q()), view_of(k, shape.k()), view_of(v, shape.v()),
            view_of(output, shape.output()));
  }

  /// Views with strides (tensor.h). Throws ArgumentError (argument `Q`, `K`, `V` or `output`) for another
  /// shape or dtype, a null or misaligned pointer, a last stride other than 1, and an output that shares
  /// memory with itself or with an input.
  void operator()(const TensorView& q, const TensorView& k, const TensorView& v,
                  const MutableTensorView& output);

  /// The same output, and the statistics of each row of weights (row_statistics.h): that of batch b, head h
  /// and query i is at (b heads + h) seqlen + i. Takes up to twice the time, and memory of its own.
  template <class Element>
  std::vector<RowStatistics> statistics(const Element* q, const Element* k, const Element* v,
                                        Element* output) {
    const Shape& shape = problem().shape;
    return statistics(view_of(q, shape.q()), view_of(k, shape.k()), view_of(v, shape.v()),
                      view_of(output, shape.output()));
  }
  std::vector<RowStatistics> statistics(const TensorView& q, const TensorView& k, const TensorView& v,
                                        const MutableTensorView& output);

  const Variant& variant() const;
  /// The canonical name of the variant, which parses back to it.
  std::string name() const;
  /// Shape, dtype and threads, every default filled in.
  const Problem& problem() const;
  /// Bytes allocated beside the four tensors, those of statistics() and of oneDNN's own not counted.
  std::int64_t workspace_bytes() const;
  /// How the storage type is computed with, e.g. `bf16 products, f32 accumulation`.
  std::string path() const;
  /// How the last call found the support of its rows; nothing where the normaliser has no threshold.
  std::optional<FilterCounts> filter_counts() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace attnlab
