// Getting Q, K and V ready for matrix products: transformed by the score, converted, padded, free of values
// that a masked place could leak.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "attnlab/core/dtype.h"
#include "attnlab/engines/engine.h"
#include "attnlab/kernels/rows.h"

namespace attnlab {

/// What products are computed in: float32, or bfloat16 where the problem is and the machine multiplies it
/// faster.
DType product_dtype(const Problem& problem);

/// For Plan::path: what is stored, and what is multiplied.
std::string product_path(DType storage, DType products);

/// Width of a prepared query or key: head_dim, or the hidden units of a pairwise score.
std::int64_t prepared_width(const Variant& variant, const Problem& problem);

enum class Operand { query, key };

/// Rows first … first+rows of Q or K of one head, each transformed (product scores) or projected (pairwise
/// scores), as `dtype` into `to` (rows x prepared_width, contiguous); rows beyond the sequence are zeros.
/// `row` is scratch of prepared_width + head_dim floats.
void prepare_rows(const Variant& variant, const Inputs& inputs, Operand operand, std::int64_t batch,
                  std::int64_t head, std::int64_t first, std::int64_t rows, DType dtype, std::span<float> row,
                  void* to);

/// Rows of V of one kv head as `dtype` into `to` (rows x row.size(), at least head_dim_v); columns beyond
/// head_dim_v and rows beyond the sequence are zeros, and so is what is not finite, since a masked weight of
/// 0 would turn it into NaN. Returns true if there was any.
bool copy_finite_values(const Inputs& inputs, std::int64_t batch, std::int64_t kv_head, std::int64_t first,
                        std::int64_t rows, DType dtype, std::span<float> row, void* to);

/// Adds to `output` (head_dim_v floats of query i) what copy_finite_values left out of keys first …
/// first+rows, where query i sees them: an infinity or a NaN outweighs any positive weight. `weights`: of all
/// keys, where some visible ones may be 0; null if none is.
void add_nonfinite_values(const Variant& variant, const Problem& problem, const Inputs& inputs,
                          std::int64_t batch, std::int64_t kv_head, std::int64_t first, std::int64_t rows,
                          std::int64_t i, const float* weights, std::span<float> row,
                          std::span<float> output);

/// Rows of K or V of one kv head, as they are stored.
StoredRows stored_rows(const TensorView& tensor, std::int64_t batch, std::int64_t kv_head);

/// ln of the keys that a row sees, for elementwise normalisers; 0 for a row that sees none.
float log_of_keys(std::int64_t visible);

/// Room for a row of `count` logits beside it, for full_row normalisers, and the bytes that it takes.
RowScratch take_row_scratch(Workspace& workspace, std::int64_t count);
std::int64_t row_scratch_bytes(std::int64_t count);

/// Sets the number of OpenMP threads that oneDNN plans for, and puts it back.
class OpenMpThreads {
 public:
  explicit OpenMpThreads(int threads);
  ~OpenMpThreads();
  OpenMpThreads(const OpenMpThreads&) = delete;
  OpenMpThreads& operator=(const OpenMpThreads&) = delete;

 private:
  int before_;
};

}  // namespace attnlab
