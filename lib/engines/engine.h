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

/// How a run of a row_threshold normaliser came to the support of its rows, in (row, key) pairs unless said.
/// The same for any number of threads.
struct FilterCounts {
  std::int64_t rows = 0;               ///< rows with a visible logit above -inf
  std::int64_t approximated_rows = 0;  ///< rows that went by products of low precision first; what a sample
                                       ///< of the others took to decide against them is not counted
  std::int64_t appended = 0;  ///< were above their row's bound when their tile passed by: became candidates
  std::int64_t passed = 0;  ///< passed the bound of the last solve but one; of approximated rows these alone
                            ///< got a full product
  std::int64_t support = 0;
  std::int64_t solves = 0;
  std::int64_t whole_rows = 0;  ///< rows whose candidates outgrew their buffer: all their keys became some

  FilterCounts& operator+=(const FilterCounts& other);
};

/// One variant on one problem, ready to run: memory allocated, kernels compiled. Both runs may be called any
/// number of times, one at a time; run() allocates nothing. The result does not depend on the number of
/// threads.
///
/// A row that sees no key is 0. Keys and values that a row does not see have no effect on it, NaN or not; a
/// NaN that it sees makes that row NaN and no other.
class Plan {
 public:
  virtual ~Plan() = default;

  virtual void run(const Inputs& inputs, const MutableTensorView& output) = 0;

  /// The same output, and one RowStatistics for every (batch, head, query), in that order.
  virtual void run_with_statistics(const Inputs& inputs, const MutableTensorView& output,
                                   std::span<RowStatistics> statistics) = 0;

  /// Of the last call of either; nothing where the normaliser has no threshold to filter by.
  virtual std::optional<FilterCounts> filter_counts() const { return std::nullopt; }

  /// What was done with the storage type, e.g. `bf16 products, f32 accumulation`.
  virtual std::string path() const = 0;
};

class Engine {
 public:
  virtual ~Engine() = default;

  virtual std::string_view name() const = 0;
  virtual std::string_view summary() const = 0;
  virtual std::string_view source() const = 0;

  /// Nothing if the engine can run it.
  virtual std::optional<Refusal> refusal(const Variant& variant, const Problem& problem) const = 0;

  /// Memory and kernels for one variant on one problem; all of the memory comes from `workspace`, which has
  /// to outlive the plan. Precondition: refusal() is empty, the problem is valid. Throws std::bad_alloc. The
  /// plan's calls throw ArgumentError for inputs and outputs that are not those of the problem (validate,
  /// validate_output of variants/inputs.h), and for another number of statistics than there are rows.
  std::unique_ptr<Plan> plan(const Variant& variant, const Problem& problem, Workspace& workspace) const;

  /// What `plan` takes from its workspace, to the byte, without taking it: what a plan on a measuring
  /// workspace counts. Same precondition.
  std::int64_t workspace_bytes(const Variant& variant, const Problem& problem) const;

 private:
  /// The plan itself, which may rely on inputs and outputs being valid; `workspace` may be a measuring one.
  virtual std::unique_ptr<Plan> make_plan(const Variant& variant, const Problem& problem,
                                          Workspace& workspace) const = 0;
};

}  // namespace attnlab
