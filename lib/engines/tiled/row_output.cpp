#include "engines/tiled/row_output.h"

#include "engines/operands.h"

namespace attnlab {

void write_statistics(const RowCode& code, StatisticsPass& pass, const QueryBlock& block,
                      RowSketch* sketches) {
  for (std::int64_t t = 0; t < block.rows; ++t)
    pass.write(sketches[t], code.top_sums(sketches[t]), block.batch, block.head, block.first + t);
}

void write_support_row(const RowCode& code, const Shape& shape, const Inputs& inputs, const SupportRow& row,
                       std::span<float> sum, const MutableTensorView& output) {
  code.gather(row.weights.data(), row.keys.data(), static_cast<std::int64_t>(row.keys.size()),
              stored_rows(inputs.v, row.batch, shape.kv_head(row.head)), sum.data());
  write_row(output, row.batch, row.head, row.i, sum);
}

void write_support_statistics(const RowCode& code, StatisticsPass& pass, const Shape& shape,
                              const SupportRow& row, const SketchRows& sketches) {
  add_support(*sketches.rows, row.weights, row.keys, shape.position(row.i), sketches.value_norms,
              sketches.log_value_norms);
  pass.write(*sketches.rows, code.top_sums(*sketches.rows), row.batch, row.head, row.i);
}

}  // namespace attnlab
