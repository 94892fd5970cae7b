// Attention in one object: a variant by its name, on tensors of one shape.
//
//   attnlab::Attention entmax("causal|entmax(1.5)", {.heads = 8, .seqlen = n, .head_dim = 64});
//   entmax(q, k, v, output);                          // const float* and float*, contiguous
//   auto rows = entmax.statistics(q, k, v, output);   // the same output, and the dispersion of each row
//
// Engine `tiled` computes it by tiles of queries and keys in O(n) memory (Dao et al., arXiv:2205.14135; Rabe
// and Staats, arXiv:2112.05682), unless another engine is named.
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
  std::int64_t heads = 1;       ///< number of query heads
  std::int64_t kv_heads = 0;    ///< key and value heads, a divisor of heads (arXiv:2305.13245); 0: heads
  std::int64_t seqlen = 0;      ///< number of queries, 1 to 2^24; required
  std::int64_t seqlen_k = 0;    ///< number of keys, 0: seqlen; the last query is at the last key
  std::int64_t head_dim = 0;    ///< elements of a query and of a key; required
  std::int64_t head_dim_v = 0;  ///< elements of a value and of an output row; 0: head_dim
  DType dtype = DType::f32;     ///< storage type of all four tensors; sums are in float32 or wider
  int threads = 0;              ///< OpenMP threads; 0: omp_get_max_threads()
  std::string_view engine = "tiled";  ///< tiled, onednn (whole n x n matrices) or reference (float64)
  /// Learned parameters of the variant by name; empty for a variant without any. `attnlab list` shows the
  /// names, attnlab::weight_shapes returns the shapes.
  ScoreWeights weights = {};
  /// Starts of packed sequences and the end of the last one, from 0 to seqlen. Empty: one sequence.
  std::vector<std::int64_t> cu_seqlens = {};
};

/// A variant on one shape. The constructor allocates memory and compiles kernels; calls do neither.
///
/// The output is the same to the bit for any number of threads and from call to call. A row that sees no key
/// is 0. Keys and values that are not visible to a row have no effect on it. A visible NaN makes that row
/// NaN, and no other row.
///
/// Calls on one object must not be concurrent. Different threads may use different objects at the same time.
class Attention {
 public:
  /// `variant`: a name for Variant::parse, such as `scaled_dot|softcap(30)|causal|entmax(1.5)`. Throws
  /// ArgumentError for a name that does not parse, a size out of range, missing weights, or a variant that
  /// the engine cannot run, with the reason; and std::bad_alloc.
  Attention(std::string_view variant, const AttentionOptions& options);
  Attention(Attention&&) noexcept;
  Attention& operator=(Attention&&) noexcept;
  ~Attention();

  /// For contiguous row-major tensors. Element is float, bf16 or f16, and must agree with the dtype.
  /// Otherwise as below.
  template <class Element>
  void operator()(const Element* q, const Element* k, const Element* v, Element* output) {
    const Shape& shape = problem().shape;
    (*this)(view_of(q, shape.q()), view_of(k, shape.k()), view_of(v, shape.v()),
            view_of(output, shape.output()));
  }

  /// Views with strides (tensor.h). Throws ArgumentError (argument `Q`, `K`, `V` or `output`) for a wrong
  /// shape or dtype, a null or misaligned pointer, a last stride other than 1, and an output whose rows share
  /// memory with each other or with an input.
  void operator()(const TensorView& q, const TensorView& k, const TensorView& v,
                  const MutableTensorView& output);

  /// Computes the same output, and returns the statistics of each row of weights (row_statistics.h): those of
  /// batch b, head h and query i are at (b heads + h) seqlen + i. Takes up to twice the time, and additional
  /// memory.
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
  /// Shape, dtype and threads, including defaults.
  const Problem& problem() const;
  /// Bytes allocated besides the four tensors, without those of statistics() and those that oneDNN allocates
  /// itself.
  std::int64_t workspace_bytes() const;
  /// How the engine computes with the storage type, e.g. `bf16 products, f32 accumulation`.
  std::string path() const;
  /// Counts of the exact filter in the last call; nullopt if the normaliser has no threshold.
  std::optional<FilterCounts> filter_counts() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace attnlab
