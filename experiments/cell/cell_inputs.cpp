#include "cell/cell_inputs.h"

#include <fmt/format.h>

#include <utility>

#include "attnlab/core/argument_error.h"
#include "attnlab/core/fnv.h"
#include "attnlab/inputs/npy.h"

namespace attnlab {

namespace {

std::string weight_file(const Cell& cell, const WeightShape& shape) {
  return cell.score_weights + "_" + shape.name + ".npy";
}

/// The variants whose learned weights a cell needs.
std::vector<Variant> variants_of(const Cell& cell) { return {cell.variant, baseline_of(cell)}; }

}  // namespace

Variant baseline_of(const Cell& cell) {
  return cell.against ? *cell.against : exact_counterpart(cell.variant, cell.problem.shape);
}

ScoreWeights load_weights(const Cell& cell, const Variant& variant) {
  const std::vector<WeightShape> shapes = weight_shapes(variant, cell.problem.shape);
  if (cell.score_weights.empty()) return seeded_weights(shapes, cell.seed);
  ScoreWeights weights;
  for (const WeightShape& shape : shapes) {
    const std::string file = weight_file(cell, shape);
    const StoredArray array = open_npy("score-weights", file);
    if (!shape.fits(array.shape))
      throw ArgumentError("score-weights", file + " of shape " + shape_text(array.shape),
                          "wrong shape for " + variant.name(), "shape " + shape.allowed());
    weights.emplace(shape.name, Matrix{shape.rows, shape.columns,
                                       read_floats("score-weights", array, 0, array.count()).values});
  }
  validate(weights, shapes, variant.name());
  return weights;
}

std::shared_ptr<const QkvTensors> load_tensors(const Cell& cell) {
  return std::make_shared<const QkvTensors>(cell.input.make(cell.problem, cell.seed));
}

CellInputs load_inputs(const Cell& cell, std::shared_ptr<const QkvTensors> tensors) {
  CellInputs inputs{std::move(tensors), load_weights(cell, cell.variant)};
  validate(inputs.view(), cell.variant, cell.problem);
  return inputs;
}

std::vector<std::string> input_files(const Cell& cell) {
  std::vector<std::string> files = cell.input.files();
  if (!cell.cu_seqlens.empty()) files.push_back(cell.cu_seqlens);
  if (!cell.score_weights.empty())
    for (const Variant& variant : variants_of(cell))
      for (const WeightShape& shape : weight_shapes(variant, cell.problem.shape))
        files.push_back(weight_file(cell, shape));
  return files;
}

std::optional<std::string> cu_seqlens_checksum(const Cell& cell) {
  if (!cell.problem.shape.cu_seqlens) return std::nullopt;
  return fmt::format("{:016x}", fnv1a(std::as_bytes(std::span(*cell.problem.shape.cu_seqlens))));
}

std::optional<std::string> weights_checksum(const Cell& cell, const ScoreWeights& weights) {
  if (cell.score_weights.empty()) return std::nullopt;
  std::uint64_t hash = fnv1a_start;
  for (const auto& [name, matrix] : weights) {
    hash = fnv1a(std::as_bytes(std::span(name)), hash);
    hash = fnv1a(std::as_bytes(std::span(matrix.values)), hash);
  }
  return fmt::format("{:016x}", hash);
}

void require_inputs(const Cell& cell) {
  cell.input.require_fits(cell.problem);
  if (!cell.score_weights.empty())
    for (const Variant& variant : variants_of(cell)) load_weights(cell, variant);
}

}  // namespace attnlab
