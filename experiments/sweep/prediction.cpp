#include "sweep/prediction.h"

#include <fmt/format.h>

#include "attnlab/engines/registry.h"
#include "cell/run_cell.h"
#include "records/quantities.h"

namespace attnlab {

namespace {

/// A key of cells that differ only in sequence length.
std::string family(const Cell& cell) {
  const Shape& s = cell.problem.shape;
  return fmt::format("{} {} {} {} {} {} {} {} {}", cell.engine, cell.variant.name(),
                     to_string(cell.problem.dtype), cell.problem.threads, s.batch, s.heads, s.head_dim,
                     s.head_dim_v, cell.input.name());
}

double work_of(const Cell& cell) {
  const Shape& shape = cell.problem.shape;
  return cell.engine == "onednn" ? static_cast<double>(shape.heads) * static_cast<double>(shape.seqlen_q) *
                                       static_cast<double>(shape.seqlen_k)
                                 : static_cast<double>(visible_pairs(cell.variant.pattern, shape));
}

}  // namespace

Json predict(const Cell& cell, const Limits& limits, double predicted_call_s) {
  Json record = record_header(cell);
  record["elapsed_ms"] = 0;
  record["measured_ms"] = 0;
  const std::optional<Refusal> refusal = find_engine(cell.engine).refusal(cell.variant, cell.problem);
  if (refusal) {
    record["status"] = "refused";
    record["reason"] = refusal->reason;
    return record;
  }
  const PredictedBytes bytes = predicted_bytes(cell);
  if (bytes.sum() > limits.memory_bytes) {
    record["status"] = "predicted_too_large";
    record["reason"] = fmt::format(
        "{} needed, the memory limit is {}: inputs and output {}, workspace {}, statistics of all rows {}",
        format_bytes(bytes.sum()), format_bytes(limits.memory_bytes), format_bytes(bytes.tensors),
        format_bytes(bytes.workspace), format_bytes(bytes.statistics));
  } else if (predicted_call_s > limits.time_s) {
    record["status"] = "predicted_too_slow";
    record["reason"] = fmt::format(
        "one call would take {:.0f} s, predicted from shorter cells of the variant; the time limit is {:g} s",
        predicted_call_s, limits.time_s);
  } else {
    record["status"] = "";
  }
  return record;
}

void Pace::learn(const Cell& cell, double call_ns) { pace_[family(cell)] = call_ns * 1e-9 / work_of(cell); }

double Pace::predict(const Cell& cell) const {
  const auto found = pace_.find(family(cell));
  return found == pace_.end() ? 0 : found->second * work_of(cell);
}

}  // namespace attnlab
