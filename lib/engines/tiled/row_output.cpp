#include "attnlab/engines/tiled/row_output.h"

#include <cmath>

#include "attnlab/engines/stored_head.h"

namespace attnlab {

void write_statistics(const RowCode& code, StatisticsPass& pass, const QueryBlock& block, RowSketch* sketches,
                      const RowFacts* facts) {
  for (std::int64_t t = 0; t < block.rows; ++t)
    pass.write(sketches[t], code.top_sums(sketches[t]), block.batch, block.head, block.first + t,
               facts ? facts + t : nullptr);
}

namespace {

/// Logarithm of the factor by which the modifiers after the normaliser multiply the weight of key `key`.
double log_factor(const Variant& variant, const Shape& shape, const Inputs& inputs, const SupportRow& row,
                  std::int32_t key) {
  double sum = 0;
  for (const Modifier& modifier : variant.modifiers)
    if (modifier.has_factor())
      sum += modifier.for_head(row.head, shape.heads, weights_of(inputs))
                 .for_row(row.facts ? *row.facts : RowFacts{})
                 .log_factor(static_cast<double>(shape.position(row.i)), static_cast<double>(key));
  return sum;
}

}  // namespace

void write_support_row(const RowCode& code, const Variant& variant, const Shape& shape, const Inputs& inputs,
                       const SupportRow& row, std::span<float> sum, const MutableTensorView& output,
                       StatisticsPass* pass, const SketchRows& sketches) {
  const bool factors = has_factors(variant);
  if (pass && !factors)
    add_support(*sketches.rows, row.weights, row.keys, shape.position(row.i), sketches.value_norms,
                sketches.log_value_norms);
  for (std::size_t s = 0; s < row.keys.size() && factors; ++s) {
    const std::int32_t key = row.keys[s];
    const double log_of_factor = log_factor(variant, shape, inputs, row, key);
    // By its logarithm, since the product, or the weight itself, may underflow to 0 in float32.
    if (pass && row.weights[s] == 0)
      sketches.rows->support += 1;
    else if (pass)
      add(*sketches.rows, std::log(static_cast<double>(row.weights[s])) + log_of_factor, key,
          shape.position(row.i), static_cast<double>(sketches.value_norms[key] / value_norm_scale));
    row.weights[s] *= static_cast<float>(std::exp(log_of_factor));
  }
  code.gather(row.weights.data(), row.keys.data(), static_cast<std::int64_t>(row.keys.size()),
              stored_rows(inputs.v, row.batch, shape.kv_head(row.head)), sum.data());
  code.narrow(sum.data(), output.dtype, output.row(row.batch, row.head, row.i),
              static_cast<std::int64_t>(sum.size()));
  if (pass) pass->write(*sketches.rows, code.top_sums(*sketches.rows), row.batch, row.head, row.i, row.facts);
}

}  // namespace attnlab
