#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include "attnlab/engines/product_choice.h"
#include "attnlab/engines/stored_head.h"
#include "attnlab/engines/tiled/approximate_logits.h"
#include "attnlab/engines/tiled/plans.h"
#include "attnlab/engines/tiled/row_output.h"
#include "attnlab/engines/tiled/staged_plan.h"
#include "attnlab/engines/tiled/whole_rows.h"

namespace attnlab {

namespace {

/// Largest number of candidates of a row while its tiles are scanned. A row with a larger support is computed
/// again as a whole, short_block_rows rows at a time.
constexpr std::int64_t candidate_capacity = 1536;

/// Number of rows of a block (one register block) from which the use of approximate logits is decided, and
/// the largest share of their keys that may pass: 0.06 to 0.2 take the same time.
constexpr std::int64_t sampled_rows = 6;
constexpr double largest_part = 0.1;

/// Number of rows passed to solve_threshold together.
constexpr std::size_t solved_at_once = 8;

class ThresholdPlan final : public StagedPlan {
 public:
  ThresholdPlan(const Variant& variant, const Problem& problem, const Tiling& tiling, Workspace& workspace)
      : StagedPlan(variant, problem, tiling, workspace),
        capacity_(std::min(candidate_capacity, tiling_.longest_row())),
        whole_rows_(tiles_, problem, tiling_, tiling_.longest_row() > capacity_ ? short_block_rows : 0,
                    workspace),
        threads_(static_cast<std::size_t>(problem.threads)) {
    if (tiling_.approximated) approximate_.emplace(variant_, problem, tiling_, tiles_, workspace);
    for (PerThread& own : threads_) {
      own.candidates = workspace.allocate<float>(tiling_.query_rows * capacity_);
      own.keys = workspace.allocate<std::int32_t>(tiling_.query_rows * capacity_);
      own.tau = workspace.allocate<float>(tiling_.query_rows);
      own.maximum = workspace.allocate<float>(tiling_.query_rows);
      own.counts = workspace.allocate<std::int32_t>(tiling_.query_rows);
      own.limits = workspace.allocate<std::int32_t>(tiling_.query_rows);
      own.work = workspace.allocate<ThresholdWork>(tiling_.query_rows);
      own.sum = workspace.allocate<float>(problem.shape.head_dim_v);
    }
  }

  std::optional<FilterCounts> filter_counts() const override {
    FilterCounts all;
    for (const PerThread& own : threads_) all += own.filtered;
    return all;
  }

  std::string path() const override {
    return product_path(problem_.dtype, tiling_.dtype) +
           (approximate_ ? " of what 8-bit products leave over, where that is little" : "");
  }

 private:
  struct PerThread {
    std::span<float> candidates, tau, maximum, sum;
    std::span<std::int32_t> keys, counts, limits;
    std::span<ThresholdWork> work;
    FilterCounts filtered;  ///< counts of the last run
  };

  void begin() override {
    for (PerThread& own : threads_) own.filtered = {};
  }

  void prepare(const Inputs& inputs, const StageTile& tile, const StatisticsPass* pass, int thread) override {
    tiles_.prepare_keys(inputs, tile.kv_head, tile.key_tile, tile.slot, thread);
    if (approximate_ && !pass)
      approximate_->prepare_keys(inputs, tile.kv_head, tile.key_tile, tile.slot, thread);
  }

  void run_block(const Inputs& inputs, const Stage& stage, const QueryBlock& block,
                 const MutableTensorView& output, StatisticsPass* pass, int thread) override {
    PerThread& own = threads_[static_cast<std::size_t>(thread)];
    SketchRows sketches;
    if (pass) {
      pass->empty(thread, block.first);
      sketches = pass->sketches(thread, block.batch, block.head);
    }
    tiles_.open(inputs, stage, block, thread);
    // The first keys and the nearest keys tend to have the largest logits; scanned first, they raise the
    // bounds early.
    const std::span<Visit> visits = tiles_.visits(thread);
    if (!visits.empty()) std::reverse(visits.begin() + 1, visits.end());
    std::int64_t collected = 0;
    // Statistics need the exact logits.
    ApproximateLogits* approximate = approximate_ && !pass ? &*approximate_ : nullptr;
    if (approximate) {
      approximate->open(stage, block, thread);
      collected = std::min(sampled_rows, block.rows);
      collect(inputs, stage, block, 0, collected, approximate, pass, sketches, thread);
      if (!pays(block, collected, thread)) {
        approximate = nullptr;
        collected = 0;
      }
    }
    collect(inputs, stage, block, collected, block.rows, approximate, pass, sketches, thread);
    std::array<ThresholdRow, solved_at_once> waiting;
    std::array<std::int64_t, solved_at_once> numbers;
    std::size_t count = 0;
    for (std::int64_t t = 0; t < block.rows; ++t) {
      const ThresholdRows row = state_of(t, nullptr, thread);
      own.filtered.solves += row.work->solves;
      own.filtered.approximated_rows += approximate && *row.counts != 0;
      if (*row.counts != spilled) {
        own.filtered.appended += *row.counts + row.work->dropped;
        own.filtered.passed += *row.counts;
        waiting[count] = {row.candidates, row.keys, *row.counts, *row.tau};
        numbers[count++] = t;
      }
      if (count == waiting.size() || t + 1 == block.rows) {
        finish_rows(inputs, block, {waiting.data(), count}, numbers.data(), output, pass, sketches, thread);
        count = 0;
      }
    }
    for (std::int64_t t = 0; t < block.rows; t += short_block_rows) {
      const std::int64_t rows = std::min(short_block_rows, block.rows - t);
      const ThresholdRows state = state_of(t, nullptr, thread);
      if (std::count(state.counts, state.counts + rows, spilled) == 0) continue;
      run_whole_rows(inputs, stage, {block.batch, block.head, block.first + t, rows}, state, output, pass,
                     sketches.from(t), thread);
    }
  }

  /// Whether approximate logits left out enough keys of rows 0 … rows-1 of the block.
  bool pays(const QueryBlock& block, std::int64_t rows, int thread) {
    std::int64_t passed = 0;
    std::int64_t visible = 0;
    for (std::int64_t t = 0; t < rows; ++t) {
      const std::int64_t keys = count_visible_keys(variant_.pattern, problem_.shape, block.head,
                                                   block.first + t, tiles_.facts(t, thread));
      const std::int32_t count = *state_of(t, nullptr, thread).counts;
      visible += keys;
      passed += count == spilled ? keys : count;
    }
    return static_cast<double>(passed) <= largest_part * static_cast<double>(visible);
  }

  /// Collects the candidates of rows first … last-1 of the open block.
  void collect(const Inputs& inputs, const Stage& stage, const QueryBlock& block, std::int64_t first,
               std::int64_t last, const ApproximateLogits* approximate, StatisticsPass* pass,
               const SketchRows& sketches, int thread) {
    for (std::int64_t t = first; t < last; ++t) {
      const ThresholdRows row = state_of(t, nullptr, thread);
      *row.tau = *row.maximum = -std::numeric_limits<float>::infinity();
      *row.counts = 0;
      *row.limits = std::min(first_limit, static_cast<std::int32_t>(capacity_));
      *row.work = {};
    }
    tiles_.for_each_strip(stage, block, thread, [&](const Visit& visit, Strip strip, std::int64_t slot) {
      const std::int64_t end = std::min(strip.first_row + strip.rows, last);
      strip.first_row = std::max(strip.first_row, first);
      strip.rows = end - strip.first_row;
      if (strip.rows <= 0) return;
      const ThresholdRows state = state_of(strip.first_row, approximate, thread);
      if (!pass && std::count(state.counts, state.counts + strip.rows, spilled) == strip.rows) return;
      const LogitTile tile = approximate && approximate->has(slot)
                                 ? approximate->logits(block, visit, strip, slot, state.tau, thread)
                                 : tiles_.logits(inputs, slot, block, visit, strip, thread);
      if (pass) tiles_.rows().measure_logits(tile, sketches.rows + strip.first_row);
      tiles_.rows().absorb_threshold(variant_.normaliser, tile, state);
    });
    if (!approximate) return;
    tiles_.rows().refine_threshold(variant_.normaliser, last - first,
                                   tiles_.queries(thread) + first * problem_.shape.head_dim,
                                   stored_rows(inputs.k, block.batch, problem_.shape.kv_head(block.head)),
                                   state_of(first, approximate, thread));
  }

  ThresholdRows state_of(std::int64_t row, const ApproximateLogits* approximate, int thread) {
    PerThread& own = threads_[static_cast<std::size_t>(thread)];
    return {own.tau.data() + row,
            own.maximum.data() + row,
            own.candidates.data() + row * capacity_,
            own.keys.data() + row * capacity_,
            own.counts.data() + row,
            own.limits.data() + row,
            capacity_,
            approximate ? approximate->slack(thread) + row : nullptr,
            own.work.data() + row};
  }

  /// Computes rows whose candidates exceeded the buffer, from all their logits.
  void run_whole_rows(const Inputs& inputs, const Stage& stage, const QueryBlock& block,
                      const ThresholdRows& state, const MutableTensorView& output, StatisticsPass* pass,
                      const SketchRows& sketches, int thread) {
    const auto scale = static_cast<float>(variant_.normaliser.scale());
    FilterCounts& filtered = threads_[static_cast<std::size_t>(thread)].filtered;
    whole_rows_.load(inputs, stage, block, thread);
    for (std::int64_t t = 0; t < block.rows; ++t) {
      if (state.counts[t] != spilled) continue;
      const std::int64_t visible = count_visible_keys(variant_.pattern, problem_.shape, block.head,
                                                      block.first + t, tiles_.facts(t, thread));
      filtered.appended += visible;
      filtered.passed += visible;
      ++filtered.whole_rows;
      const auto [logits, keys] = whole_rows_.row(t, thread);
      for (float& logit : logits) logit *= scale;
      ThresholdRow row{logits.data(), keys.data(), static_cast<std::int64_t>(logits.size()), state.tau[t]};
      finish_rows(inputs, block, {&row, 1}, &t, output, pass, sketches, thread);
    }
  }

  /// Solves rows numbers[0], … of the open block from their candidates, gathers the values of their supports
  /// and writes them.
  void finish_rows(const Inputs& inputs, const QueryBlock& block, std::span<ThresholdRow> rows,
                   const std::int64_t* numbers, const MutableTensorView& output, StatisticsPass* pass,
                   const SketchRows& sketches, int thread) {
    PerThread& own = threads_[static_cast<std::size_t>(thread)];
    for (const ThresholdRow& row : rows) {
      own.filtered.rows += row.count != 0;
      own.filtered.solves += row.count != 0;
    }
    tiles_.rows().solve_threshold(variant_.normaliser, rows.data(), static_cast<std::int64_t>(rows.size()));
    for (std::size_t r = 0; r < rows.size(); ++r) {
      const auto support = static_cast<std::size_t>(rows[r].count);
      own.filtered.support += rows[r].count;
      write_support_row(tiles_.rows(), variant_, problem_.shape, inputs,
                        {block.batch,
                         block.head,
                         block.first + numbers[r],
                         {rows[r].z, support},
                         {rows[r].keys, support},
                         tiles_.facts(numbers[r], thread)},
                        own.sum, output, pass, sketches.from(numbers[r]));
    }
  }

  const std::int64_t capacity_;  ///< largest number of candidates of a row
  WholeRows whole_rows_;
  std::optional<ApproximateLogits> approximate_;
  std::vector<PerThread> threads_;
};

}  // namespace

std::unique_ptr<Plan> make_threshold_plan(const Variant& variant, const Problem& problem,
                                          Workspace& workspace) {
  return std::make_unique<ThresholdPlan>(variant, problem, make_tiling(variant, problem, workspace),
                                         workspace);
}

}  // namespace attnlab
