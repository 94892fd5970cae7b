#include "attnlab/oracle/weight_map.h"

#include <algorithm>
#include <cmath>

#include "attnlab/dispersion/row_sketch.h"
#include "attnlab/oracle/oracle.h"

namespace attnlab {

namespace {

/// Adds the rows of one query bin to its row of `map`.
void add_rows(Oracle& oracle, const Shape& shape, std::int64_t bin, WeightMap& map) {
  const std::int64_t begin = bin * shape.seqlen_q / map.bins;
  const std::int64_t end = (bin + 1) * shape.seqlen_q / map.bins;
  double* const line = map.weights.data() + bin * map.bins;
  double rows = 0;
  double entropy = 0;
  double distance = 0;
  for (std::int64_t i = begin; i < end; ++i) {
    const std::span<const double> weights = oracle.weights(i);
    const std::span<const std::int64_t> keys = oracle.visible_keys();
    if (weights.empty()) continue;
    RowSketch sketch;
    double sum = 0;
    for (std::size_t t = 0; t < weights.size(); ++t) {
      line[keys[t] * map.bins / shape.seqlen_k] += weights[t];
      sum += weights[t];
      add(sketch, std::log(weights[t]), keys[t], shape.position(i), 0);
    }
    if (sum < least_weight) continue;
    entropy += sketch.weights.entropy();
    distance += sketch.sum_distance / sketch.weights.sum;
    ++rows;
  }
  const auto at = static_cast<std::size_t>(bin);
  map.entropy[at] = entropy / rows;
  map.mean_distance[at] = distance / rows;
  for (std::int64_t column = 0; column < map.bins; ++column) {
    // Key j is in bin floor(j bins / n), so the first key of a bin is ceil(bin n / bins).
    const auto first = [&](std::int64_t of) { return (of * shape.seqlen_k + map.bins - 1) / map.bins; };
    line[column] *= static_cast<double>(shape.seqlen_k) /
                    static_cast<double>((end - begin) * (first(column + 1) - first(column)));
  }
}

}  // namespace

WeightMap weight_map(const Variant& variant, const Problem& problem, const Inputs& inputs, std::int64_t batch,
                     std::int64_t head, std::int64_t bins) {
  const auto count = static_cast<std::size_t>(bins);
  WeightMap map{bins, std::vector<double>(count * count), std::vector<double>(count),
                std::vector<double>(count)};
#pragma omp parallel num_threads(problem.threads)
  {
    Oracle oracle(variant, problem, inputs);
    oracle.select(batch, head);
#pragma omp for schedule(dynamic)
    for (std::int64_t bin = 0; bin < bins; ++bin) add_rows(oracle, problem.shape, bin, map);
  }
  return map;
}

}  // namespace attnlab
