#include "attnlab/variants/score_weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "attnlab/core/argument_error.h"
#include "attnlab/core/splitmix.h"

namespace attnlab {

void validate(const ScoreWeights& weights, std::span<const WeightShape> shapes, std::string_view owner) {
  for (const WeightShape& shape : shapes) {
    const auto found = weights.find(shape.name);
    const std::string wanted =
        fmt::format("{} needs {} of shape {} x {}", owner, shape.name, shape.rows, shape.columns);
    if (found == weights.end()) throw ArgumentError("score-weights", "nothing", wanted);
    const Matrix& matrix = found->second;
    if (matrix.rows != shape.rows || matrix.columns != shape.columns ||
        static_cast<std::int64_t>(matrix.values.size()) != shape.rows * shape.columns)
      throw ArgumentError("score-weights",
                          fmt::format("{} of shape {} x {}", shape.name, matrix.rows, matrix.columns),
                          wanted);
    if (shape.range == WeightRange::any) continue;
    const auto bad = std::find_if(matrix.values.begin(), matrix.values.end(),
                                  [](float value) { return !(value > 0) || !std::isfinite(value); });
    if (bad != matrix.values.end())
      throw ArgumentError("score-weights", fmt::format("{} of {}", *bad, shape.name),
                          "positive, finite numbers");
  }
}

ScoreWeights seeded_weights(std::span<const WeightShape> shapes, std::uint64_t seed) {
  ScoreWeights weights;
  for (const WeightShape& shape : shapes) {
    SplitMix stream(seed);
    for (const char letter : shape.name) stream.mix(static_cast<std::uint64_t>(letter));
    const bool positive = shape.range == WeightRange::positive;
    const double bound =
        positive ? std::log(2.0) : std::sqrt(6.0 / static_cast<double>(shape.rows + shape.columns));
    Matrix matrix{shape.rows, shape.columns,
                  std::vector<float>(static_cast<std::size_t>(shape.rows * shape.columns))};
    for (float& value : matrix.values) {
      const double drawn = bound * (2 * stream.uniform() - 1);
      value = static_cast<float>(positive ? std::exp(drawn) : drawn);
    }
    weights.emplace(shape.name, std::move(matrix));
  }
  return weights;
}

}  // namespace attnlab
