// What a run with statistics needs beside the run: sketches of the rows at work, norms of the values, and
// where the statistics go. Allocated for the run, so that no workspace counts it.
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
  /// Room for `blocks` blocks of `rows` rows. `padded_keys`: keys that tiles may reach to, seqlen_k at least.
  /// `statistics`: that of Plan::run_with_statistics.
  StatisticsPass(const Variant& variant, const Problem& problem, const Inputs& inputs,
                 std::int64_t padded_keys, std::int64_t blocks, std::int64_t rows,
                 std::span<RowStatistics> statistics);

  /// The sketches of a block, for rows of head `head`; `empty` them first: of the queries from `first` on.
  SketchRows sketches(std::int64_t block, std::int64_t batch, std::int64_t head);
  void empty(std::int64_t block, std::int64_t first);

  /// Statistics of query i, whose facts may be null.
  void write(const RowSketch& sketch, std::int64_t batch, std::int64_t head, std::int64_t i) {
    write(sketch, top_sums(sketch), batch, head, i, nullptr);
  }
  void write(const RowSketch& sketch, const TopSums& top, std::int64_t batch, std::int64_t head,
             std::int64_t i, const RowFacts* facts);

 private:
  /// ln of the sum of a row's weights.
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
