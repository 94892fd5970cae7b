// Memory of a run with statistics: sketches of the current rows, norms of the values, and the target of the
// statistics. It is allocated for the run and not part of a workspace.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "attnlab/core/problem.h"
#include "attnlab/dispersion/row_sketch.h"
#include "attnlab/engines/engine.h"
#include "attnlab/kernels/rows.h"

namespace attnlab {

class StatisticsPass {
 public:
  /// Memory for `blocks` blocks of `rows` rows. `padded_keys`: number of keys including the padding of tiles,
  /// at least seqlen_k. `statistics`: as in Plan::run_with_statistics.
  StatisticsPass(const Variant& variant, const Problem& problem, const Inputs& inputs,
                 std::int64_t padded_keys, std::int64_t blocks, std::int64_t rows,
                 std::span<RowStatistics> statistics);

  /// The sketches of a block for rows of head `head`; set to `empty` first, for the queries from `first` on.
  SketchRows sketches(std::int64_t block, std::int64_t batch, std::int64_t head);
  void empty(std::int64_t block, std::int64_t first);

  /// Stores the statistics of query i; its facts may be null.
  void write(const RowSketch& sketch, std::int64_t batch, std::int64_t head, std::int64_t i) {
    write(sketch, top_sums(sketch), batch, head, i, nullptr);
  }
  void write(const RowSketch& sketch, const TopSums& top, std::int64_t batch, std::int64_t head,
             std::int64_t i, const RowFacts* facts);

 private:
  /// Logarithm of the sum of the weights of a row.
  double log_weight(const RowSketch& sketch) const;

  const Variant& variant_;
  const Shape shape_;
  const std::int64_t padded_keys_;
  const std::int64_t rows_;
  std::vector<RowSketch> sketches_;                   ///< (block, row)
  std::vector<float> value_norms_, log_value_norms_;  ///< (batch x kv head, key)
  std::span<RowStatistics> statistics_;
};

}  // namespace attnlab
