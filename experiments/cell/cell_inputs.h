// The inputs of a cell: Q, K, V and learned weights, made from a seed or read from files.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "attnlab/engines/engine.h"
#include "attnlab/inputs/input_source.h"
#include "cell/cell.h"

namespace attnlab {

struct CellInputs {
  std::shared_ptr<const QkvTensors> tensors;
  ScoreWeights weights;

  Inputs view() const { return {tensors->q.view(), tensors->k.view(), tensors->v.view(), &weights}; }
};

/// Throws ArgumentError for files that do not fit the cell.
std::shared_ptr<const QkvTensors> load_tensors(const Cell& cell);
CellInputs load_inputs(const Cell& cell, std::shared_ptr<const QkvTensors> tensors);

/// The variant that the cell is compared with: `against`, else the exact counterpart of its own variant.
Variant baseline_of(const Cell& cell);

/// Learned weights of `variant`: the variant of the cell or its baseline. Throws ArgumentError.
ScoreWeights load_weights(const Cell& cell, const Variant& variant);

/// The files that a cell reads: captured tensors, starts of packed sequences and learned weights.
std::vector<std::string> input_files(const Cell& cell);

/// 16 hex digits over the positions of cu-seqlens; nullopt for one sequence.
std::optional<std::string> cu_seqlens_checksum(const Cell& cell);

/// 16 hex digits over `weights`; nullopt if they are made from the seed.
std::optional<std::string> weights_checksum(const Cell& cell, const ScoreWeights& weights);

/// Throws ArgumentError if the input or the learned weights do not fit the cell.
void require_inputs(const Cell& cell);

}  // namespace attnlab
