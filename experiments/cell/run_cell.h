// One cell, measured in this process: separate passes for memory, time and statistics, then the error.
#pragma once

#include <cstdint>

#include "cell/cell.h"
#include "cell/cell_inputs.h"

namespace attnlab {

/// Schema of the record (results/SCHEMA.md).
inline constexpr int schema_version = 3;

/// The part of a record that does not depend on the outcome: identity, shape, machine, build, start.
Json record_header(const Cell& cell);

/// The passes that one process of a cell makes.
enum class Passes {
  all,  ///< memory, one sample of the time, statistics, error
  time  ///< one sample of the time
};

/// The record, with status `ok` or `refused`; its `time` is one sample (rounds.h). `tensors`: the inputs of
/// the cell; null: load them. Throws ArgumentError for an input that does not fit, std::bad_alloc, and the
/// exceptions of oneDNN.
Json run_cell(Passes passes, const Cell& cell, std::shared_ptr<const QkvTensors> tensors);

/// Bytes of inputs, output and workspace.
std::int64_t predicted_bytes(const Cell& cell);

}  // namespace attnlab
