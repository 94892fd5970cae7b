#include "attnlab/variants/score_weights.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "attnlab/core/argument_error.h"
#include "attnlab/core/splitmix.h"
#include "attnlab/variants/arguments.h"

namespace attnlab {

std::string shape_text(std::span<const std::int64_t> sizes) {
  return fmt::format("({}{})", fmt::join(sizes, ", "), sizes.size() == 1 ? "," : "");
}

bool WeightShape::fits(std::span<const std::int64_t> sizes) const {
  if (sizes.size() == 2 && sizes[0] == rows && sizes[1] == columns) return true;
  if (rows != 1) return false;
  return (sizes.size() == 1 && sizes[0] == columns) ||
         (sizes.size() == 2 && sizes[0] == columns && sizes[1] == 1);
}

std::string WeightShape::allowed() const {
  const std::string matrix = shape_text(std::array{rows, columns});
  if (rows != 1) return matrix;
  const std::string vector = shape_text(std::array{columns});
  if (columns == 1) return fmt::format("{} or {}", vector, matrix);
  return fmt::format("{}, {} or {}", vector, matrix, shape_text(std::array{columns, rows}));
}

void validate(const ScoreWeights& weights, std::span<const WeightShape> shapes, std::string_view owner) {
  for (const WeightShape& shape : shapes) {
    const auto found = weights.find(shape.name);
    const auto required = [&] { return "shape " + shape.allowed(); };
    if (found == weights.end())
      throw ArgumentError("score-weights", shape.name, fmt::format("missing; {} needs it", owner),
                          required());
    const Matrix& matrix = found->second;
    const std::array sizes{matrix.rows, matrix.columns};
    if (!shape.fits(sizes))
      throw ArgumentError("score-weights", fmt::format("{} of shape {}", shape.name, shape_text(sizes)),
                          fmt::format("wrong shape for {}", owner), required());
    if (static_cast<std::int64_t>(matrix.values.size()) != shape.rows * shape.columns)
      throw ArgumentError("score-weights", fmt::format("{} numbers of {}", matrix.values.size(), shape.name),
                          fmt::format("wrong count for {}", owner), required());
    if (shape.range == WeightRange::any) continue;
    const auto in_range = [](float value) {
      return static_cast<double>(value) >= least_factor && static_cast<double>(value) <= largest_factor;
    };
    const auto bad = std::find_if_not(matrix.values.begin(), matrix.values.end(), in_range);
    if (bad != matrix.values.end())
      throw ArgumentError("score-weights", fmt::format("{} of {}", *bad, shape.name), "out of range",
                          fmt::format("numbers from {} to {}", least_factor, largest_factor));
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
