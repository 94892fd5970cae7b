// One cell, measured in this process: separate passes for memory, time and statistics, then the error.
#pragma once

#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <utility>

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
/// the cell; null: load them. Throws ArgumentError for an input that does not fit, OutOfMemory, and the
/// exceptions of oneDNN.
Json run_cell(Passes passes, const Cell& cell, std::shared_ptr<const QkvTensors> tensors);

/// Bytes that a cell needs, known before it runs.
struct PredictedBytes {
  std::int64_t tensors = 0;  ///< inputs and output
  std::int64_t workspace = 0;
  std::int64_t statistics = 0;  ///< statistics of every row, and a second output beside them

  std::int64_t sum() const { return tensors + workspace + statistics; }
};
PredictedBytes predicted_bytes(const Cell& cell);

/// The part of run_cell in progress, in words: what did not fit if memory runs out. Empty outside of the
/// parts.
std::string part_in_progress();

/// Memory ran out in a part of run_cell.
class OutOfMemory : public std::bad_alloc {
 public:
  explicit OutOfMemory(std::string part) : part_(std::move(part)) {}
  /// What did not fit.
  const char* what() const noexcept override { return part_.c_str(); }

 private:
  std::string part_;
};

}  // namespace attnlab
