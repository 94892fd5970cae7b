// The contract of an engine: how a variant is computed. An engine may not change what is computed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "attnlab/core/problem.h"
#include "attnlab/core/tensor.h"
#include "attnlab/core/workspace.h"
#include "attnlab/dispersion/row_statistics.h"
#include "attnlab/variants/inputs.h"
#include "attnlab/variants/variant.h"

namespace attnlab {

/// Why an engine cannot run a variant, in one sentence.
struct Refusal {
  std::string reason;
};

/// Counts of the exact filter in a run of a row_threshold normaliser, in (row, key) pairs unless stated. They
/// do not depend on the number of threads.
struct FilterCounts {
  std::int64_t rows = 0;  ///< rows with a visible logit above -inf
  std::int64_t approximated_rows =
      0;  ///< rows with approximate logits; the work to decide against them in other rows is not counted
  std::int64_t appended = 0;  ///< pairs above the bound of their row when their tile was scanned
  std::int64_t passed =
      0;  ///< pairs above all later bounds; in approximated rows only these get a full product
  std::int64_t support = 0;
  std::int64_t solves = 0;
  std::int64_t whole_rows =
      0;  ///< rows whose candidates exceeded their buffer, so that all keys are candidates

  FilterCounts& operator+=(const FilterCounts& other);
};

/// A variant on a problem, ready to run: memory is allocated and kernels are compiled. Both run functions may
/// be called any number of times, but not concurrently; run() allocates nothing. The result does not depend
/// on the number of threads.
///
/// A row that sees no key is 0. Keys and values that are not visible to a row have no effect on it, even NaN.
/// A visible NaN makes that row NaN, and no other row.
class Plan {
 public:
  virtual ~Plan() = default;

  virtual void run(const Inputs& inputs, const MutableTensorView& output) = 0;

  /// The same output, and one RowStatistics for every (batch, head, query), in that order.
  virtual void run_with_statistics(const Inputs& inputs, const MutableTensorView& output,
                                   std::span<RowStatistics> statistics) = 0;

  /// The counts of the last run; nullopt if the normaliser has no threshold.
  virtual std::optional<FilterCounts> filter_counts() const { return std::nullopt; }

  /// How the plan computes with the storage type, e.g. `bf16 products, f32 accumulation`.
  virtual std::string path() const = 0;
};

class Engine {
 public:
  virtual ~Engine() = default;

  virtual std::string_view name() const = 0;
  virtual std::string_view summary() const = 0;
  virtual std::string_view source() const = 0;

  /// nullopt if the engine can run the variant.
  virtual std::optional<Refusal> refusal(const Variant& variant, const Problem& problem) const = 0;

  /// Memory and kernels for a variant on a problem. All memory comes from `workspace`, which must outlive the
  /// plan. Precondition: refusal() is nullopt and the problem is valid. Throws std::bad_alloc. Calls of the
  /// plan throw ArgumentError for inputs and outputs that do not fit the problem (validate, validate_output
  /// of variants/inputs.h), and if the number of statistics is not the number of rows.
  std::unique_ptr<Plan> plan(const Variant& variant, const Problem& problem, Workspace& workspace) const;

  /// Bytes that `plan` takes from its workspace, exact, without allocating: as counted by a plan on a
  /// measuring workspace. Same precondition.
  std::int64_t workspace_bytes(const Variant& variant, const Problem& problem) const;

 private:
  /// Makes the plan, whose inputs and outputs are valid. `workspace` may be a measuring one.
  virtual std::unique_ptr<Plan> make_plan(const Variant& variant, const Problem& problem,
                                          Workspace& workspace) const = 0;
};

}  // namespace attnlab
