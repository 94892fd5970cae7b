#include "attnlab/engines/statistics_pass.h"

#include <algorithm>
#include <cmath>

#include "attnlab/dispersion/value_norms.h"

namespace attnlab {

StatisticsPass::StatisticsPass(const Variant& variant, const Problem& problem, const Inputs& inputs,
                               std::int64_t padded_keys, std::int64_t blocks, std::int64_t rows,
                               std::span<RowStatistics> statistics)
    : variant_(variant),
      shape_(problem.shape),
      padded_keys_(padded_keys),
      rows_(rows),
      sketches_(static_cast<std::size_t>(blocks * rows)),
      value_norms_(static_cast<std::size_t>(shape_.batch * shape_.kv_heads * padded_keys)),
      log_value_norms_(value_norms_.size()),
      statistics_(statistics) {
#pragma omp parallel for num_threads(problem.threads)
  for (std::int64_t head = 0; head < shape_.batch * shape_.kv_heads; ++head) {
    const std::vector<double> norms = value_norms(inputs.v, head / shape_.kv_heads, head % shape_.kv_heads);
    // Relative to the largest norm, so that squares stay within float32; this changes no statistic.
    double largest = 0;
    for (const double norm : norms)
      if (std::isfinite(norm)) largest = std::max(largest, norm);
    for (std::size_t j = 0; j < norms.size(); ++j) {
      const double norm = largest > 0 ? norms[j] / largest : norms[j];
      const std::size_t at = static_cast<std::size_t>(head * padded_keys) + j;
      value_norms_[at] = static_cast<float>(norm * static_cast<double>(value_norm_scale));
      log_value_norms_[at] = value_norms_[at] == 0 ? 0.0F : static_cast<float>(std::log(norm));
    }
  }
}

SketchRows StatisticsPass::sketches(std::int64_t block, std::int64_t batch, std::int64_t head) {
  const std::int64_t norms = (batch * shape_.kv_heads + shape_.kv_head(head)) * padded_keys_;
  return {sketches_.data() + block * rows_, value_norms_.data() + norms, log_value_norms_.data() + norms};
}

void StatisticsPass::empty(std::int64_t block, std::int64_t first) {
  for (std::int64_t t = 0; t < rows_; ++t) {
    RowSketch& sketch = sketches_[static_cast<std::size_t>(block * rows_ + t)];
    sketch = RowSketch{};
    if (first + t < shape_.seqlen_q) sketch.first_key = shape_.sequence(first + t).begin;
  }
}

double StatisticsPass::log_weight(const RowSketch& sketch) const {
  const double sum = sketch.reference + std::log(sketch.weights.sum);
  if (variant_.normaliser.kind() != NormaliserKind::online) return sum;
  // The denominator of softmax, from the logits before modifiers of weights.
  const double logits = sketch.logits.highest + std::log(sketch.logits.sum);
  const double null_key = variant_.normaliser.null_logit();
  const double larger = std::max(logits, null_key);
  return sum - (larger + std::log(std::exp(logits - larger) + std::exp(null_key - larger)));
}

void StatisticsPass::write(const RowSketch& sketch, const TopSums& top, std::int64_t batch, std::int64_t head,
                           std::int64_t i, const RowFacts* facts) {
  statistics_[static_cast<std::size_t>((batch * shape_.heads + head) * shape_.seqlen_q + i)] = row_statistics(
      sketch, top, count_visible_keys(variant_.pattern, shape_, head, i, facts), log_weight(sketch));
}

}  // namespace attnlab
