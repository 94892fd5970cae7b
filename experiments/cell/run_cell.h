// One cell, measured in this process: memory, time and statistics in passes of their own, then the error.
#pragma once

#include <cstdint>

#include "cell/cell.h"
#include "cell/cell_inputs.h"

namespace attnlab {

/// Of the record (results/SCHEMA.md).
inline constexpr int schema_version = 2;

/// What every record of a cell has, whatever came of it: identity, shape, machine, build, start.
Json record_header(const Cell& cell);

/// What one process of a cell does.
enum class Passes {
  all,  ///< memory, one sample of the time, statistics, error
  time  ///< one sample of the time
};

/// The record, status `ok` or `refused`; its `time` is one sample (rounds.h). `tensors`: of the cell; none:
/// they are loaded. Throws ArgumentError for an input that does not fit, std::bad_alloc, and what oneDNN
/// throws.
Json run_cell(Passes passes, const Cell& cell, std::shared_ptr<const QkvTensors> tensors);

/// Bytes of inputs, output and workspace.
std::int64_t predicted_bytes(const Cell& cell);

}  // namespace attnlab
