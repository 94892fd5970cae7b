#include "engines/tiled/row_output.h"

#include "engines/operands.h"

namespace attnlab {

namespace {

RowStatistics& place(std::span<RowStatistics> statistics, const Shape& shape, std::int64_t batch,
                     std::int64_t head, std::int64_t i) {
  return statistics[static_cast<std::size_t>((batch * shape.heads + head) * shape.seqlen_q + i)];
}

}  // namespace

void write_statistics(const Pattern& pattern, const Shape& shape, const QueryBlock& block,
                      const RowSketch* sketches, std::span<RowStatistics> statistics) {
  for (std::int64_t t = 0; t < block.rows; ++t)
    place(statistics, shape, block.batch, block.head, block.first + t) =
        row_statistics(sketches[t], pattern.keys(shape, block.first + t).count());
}

void write_support_row(const RowCode& code, const Pattern& pattern, const Shape& shape, const Inputs& inputs,
                       const SupportRow& row, std::span<float> sum, const MutableTensorView& output,
                       std::span<RowStatistics> statistics) {
  code.gather(row.weights.data(), row.keys.data(), static_cast<std::int64_t>(row.keys.size()),
              stored_rows(inputs.v, row.batch, shape.kv_head(row.head)), sum.data());
  write_row(output, row.batch, row.head, row.i, sum);
  if (statistics.empty()) return;
  place(statistics, shape, row.batch, row.head, row.i) =
      row_statistics(row.weights, row.keys, pattern.keys(shape, row.i).count(),
                     static_cast<std::int64_t>(row.keys.size()), shape.position(row.i));
}

}  // namespace attnlab
