#include <algorithm>
#include <limits>
#include <optional>

#include "engines/operands.h"
#include "engines/tiled/approximate_logits.h"
#include "engines/tiled/logit_tiles.h"
#include "engines/tiled/plans.h"
#include "engines/tiled/row_output.h"
#include "engines/tiled/stages.h"
#include "engines/tiled/whole_rows.h"

namespace attnlab {

namespace {

/// Candidates a row may keep while its tiles pass by; a row whose support is larger is done again over its
/// whole length, short_block_rows rows at a time.
constexpr std::int64_t candidate_capacity = 1024;

struct Sizes {
  std::int64_t capacity, candidates, state, work, sum, whole_rows;

  Sizes(const Problem& problem, const Tiling& tiling) {
    const std::int64_t longest_row = tiling.longest_visit * tiling.key_columns;
    capacity = std::min(candidate_capacity, std::max<std::int64_t>(longest_row, first_limit));
    candidates = tiling.query_rows * capacity * 4;
    state = tiling.query_rows * 4;
    work = tiling.query_rows * static_cast<std::int64_t>(sizeof(ThresholdWork));
    sum = problem.shape.head_dim_v * 4;
    whole_rows = longest_row > capacity ? short_block_rows : 0;
  }
  std::int64_t total(int threads) const {
    return threads * (2 * Workspace::rounded(candidates) + 4 * Workspace::rounded(state) +
                      Workspace::rounded(work) + Workspace::rounded(sum));
  }
};

class ThresholdPlan final : public Plan {
 public:
  ThresholdPlan(const Variant& variant, const Problem& problem, const Tiling& tiling, Workspace& workspace)
      : variant_(variant),
        problem_(problem),
        tiling_(tiling),
        sizes_(problem, tiling),
        tiles_(variant_, problem, tiling_, workspace),
        whole_rows_(tiles_, problem, tiling_, sizes_.whole_rows, workspace),
        threads_(static_cast<std::size_t>(problem.threads)) {
    if (tiling_.approximated) approximate_.emplace(variant_, problem, tiling_, tiles_, workspace);
    for (PerThread& own : threads_) {
      own.candidates = workspace.allocate<float>(sizes_.candidates / 4);
      own.keys = workspace.allocate<std::int32_t>(sizes_.candidates / 4);
      own.tau = workspace.allocate<float>(sizes_.state / 4);
      own.maximum = workspace.allocate<float>(sizes_.state / 4);
      own.counts = workspace.allocate<std::int32_t>(sizes_.state / 4);
      own.limits = workspace.allocate<std::int32_t>(sizes_.state / 4);
      own.work = workspace.allocate<ThresholdWork>(tiling_.query_rows);
      own.sum = workspace.allocate<float>(sizes_.sum / 4);
    }
  }

  void run(const Inputs& inputs, const MutableTensorView& output) override {
    run_all(inputs, output, nullptr);
  }

  void run_with_statistics(const Inputs& inputs, const MutableTensorView& output,
                           std::span<RowStatistics> statistics) override {
    StatisticsPass pass(variant_, problem_, inputs, tiling_.key_tiles * tiling_.key_columns, problem_.threads,
                        tiling_.query_rows, statistics);
    run_all(inputs, output, &pass);
  }

  std::optional<FilterCounts> filter_counts() const override {
    FilterCounts all;
    for (const PerThread& own : threads_) all += own.filtered;
    return all;
  }

  std::string path() const override {
    return product_path(problem_.dtype, tiling_.dtype) +
           (approximate_ ? " of what 8-bit products leave over" : "");
  }

 private:
  struct PerThread {
    std::span<float> candidates, tau, maximum, sum;
    std::span<std::int32_t> keys, counts, limits;
    std::span<ThresholdWork> work;
    FilterCounts filtered;  ///< in the blocks of the last run
  };

  void run_all(const Inputs& inputs, const MutableTensorView& output, StatisticsPass* pass) {
    // Statistics are of the logits themselves.
    for (PerThread& own : threads_) own.filtered = {.approximated = approximate_ && !pass};
    run_stages(
        tiling_, problem_,
        [&](const StageTile& tile, int thread) {
          tiles_.prepare_keys(inputs, tile.kv_head, tile.key_tile, tile.slot, thread);
          if (approximate_)
            approximate_->prepare_keys(inputs, tile.kv_head, tile.key_tile, tile.slot, thread);
        },
        [&](const Stage& stage, const QueryBlock& block, int thread) {
          run_block(inputs, stage, block, output, pass, thread);
        });
  }

  void run_block(const Inputs& inputs, const Stage& stage, const QueryBlock& block,
                 const MutableTensorView& output, StatisticsPass* pass, int thread) {
    PerThread& own = threads_[static_cast<std::size_t>(thread)];
    const std::int64_t capacity = sizes_.capacity;
    std::fill(own.tau.begin(), own.tau.end(), -std::numeric_limits<float>::infinity());
    std::fill(own.maximum.begin(), own.maximum.end(), -std::numeric_limits<float>::infinity());
    std::fill(own.counts.begin(), own.counts.end(), 0);
    std::fill(own.limits.begin(), own.limits.end(), first_limit);
    std::fill(own.work.begin(), own.work.end(), ThresholdWork{});
    ApproximateLogits* approximate = own.filtered.approximated ? &*approximate_ : nullptr;
    const auto state_from = [&](std::int64_t row) {
      return ThresholdRows{own.tau.data() + row,
                           own.maximum.data() + row,
                           own.candidates.data() + row * capacity,
                           own.keys.data() + row * capacity,
                           own.counts.data() + row,
                           own.limits.data() + row,
                           capacity,
                           approximate ? approximate->slack(thread) + row : nullptr,
                           own.work.data() + row};
    };
    SketchRows sketches;
    if (pass) {
      pass->empty(thread);
      sketches = pass->sketches(thread, block.batch, block.head);
    }
    tiles_.open(inputs, stage, block, thread);
    if (approximate) approximate->open(stage, block, thread);
    // The first keys and the nearest ones tend to be the largest: with them the bounds are high early.
    const std::span<Visit> visits = tiles_.visits(thread);
    if (!visits.empty()) std::reverse(visits.begin() + 1, visits.end());
    tiles_.for_each_strip(
        stage, block, thread, [&](const Visit& visit, const Strip& strip, std::int64_t slot) {
          const ThresholdRows state = state_from(strip.first_row);
          if (!pass && std::count(state.counts, state.counts + strip.rows, spilled) == strip.rows) return;
          const LogitTile tile = approximate && approximate->has(slot)
                                     ? approximate->logits(block, visit, strip, slot, thread)
                                     : tiles_.logits(inputs, slot, block, visit, strip, thread);
          if (pass) tiles_.rows().measure_logits(tile, sketches.rows + strip.first_row);
          tiles_.rows().absorb_threshold(variant_.normaliser, tile, state);
        });
    if (approximate)
      tiles_.rows().refine_threshold(variant_.normaliser, block.rows, tiles_.queries(thread),
                                     stored_rows(inputs.k, block.batch, problem_.shape.kv_head(block.head)),
                                     state_from(0));
    for (std::int64_t t = 0; t < block.rows; ++t) {
      const std::int32_t count = own.counts[static_cast<std::size_t>(t)];
      const ThresholdWork& work = own.work[static_cast<std::size_t>(t)];
      own.filtered.solves += work.solves;
      if (count == spilled) continue;
      own.filtered.appended += count + work.dropped;
      own.filtered.passed += count;
      const auto first = static_cast<std::size_t>(t * capacity);
      const auto size = static_cast<std::size_t>(count);
      finish_row(inputs, block, t, own.candidates.subspan(first, size), own.keys.subspan(first, size),
                 own.tau[static_cast<std::size_t>(t)], output, pass, sketches, thread);
    }
    for (std::int64_t t = 0; t < block.rows; t += short_block_rows) {
      const std::int64_t rows = std::min(short_block_rows, block.rows - t);
      const ThresholdRows state = state_from(t);
      if (std::count(state.counts, state.counts + rows, spilled) == 0) continue;
      run_whole_rows(inputs, stage, {block.batch, block.head, block.first + t, rows}, state, output, pass,
                     sketches.from(t), thread);
    }
  }

  /// Rows whose support outgrew the candidates: all their logits at once.
  void run_whole_rows(const Inputs& inputs, const Stage& stage, const QueryBlock& block,
                      const ThresholdRows& state, const MutableTensorView& output, StatisticsPass* pass,
                      const SketchRows& sketches, int thread) {
    const auto scale = static_cast<float>(variant_.normaliser.scale());
    whole_rows_.load(inputs, stage, block, thread);
    for (std::int64_t t = 0; t < block.rows; ++t) {
      if (state.counts[t] != spilled) continue;
      FilterCounts& filtered = threads_[static_cast<std::size_t>(thread)].filtered;
      const std::int64_t visible = variant_.pattern.keys(problem_.shape, block.first + t).count();
      filtered.appended += visible;
      filtered.passed += visible;
      ++filtered.whole_rows;
      const auto [logits, keys] = whole_rows_.row(t, thread);
      for (float& logit : logits) logit *= scale;
      finish_row(inputs, block, t, logits, keys, state.tau[t], output, pass, sketches, thread);
    }
  }

  /// Solves row t of the block over its candidates z and gathers the values of its support.
  void finish_row(const Inputs& inputs, const QueryBlock& block, std::int64_t t, std::span<float> z,
                  std::span<std::int32_t> keys, float bound, const MutableTensorView& output,
                  StatisticsPass* pass, const SketchRows& sketches, int thread) {
    PerThread& own = threads_[static_cast<std::size_t>(thread)];
    const auto support = static_cast<std::size_t>(tiles_.rows().solve_threshold(
        variant_.normaliser, z.data(), keys.data(), static_cast<std::int64_t>(z.size()), bound));
    if (!z.empty()) {
      ++own.filtered.rows;
      ++own.filtered.solves;
      own.filtered.support += static_cast<std::int64_t>(support);
    }
    const SupportRow row{block.batch,
                         block.head,
                         block.first + t,
                         z.subspan(0, support),
                         keys.subspan(0, support),
                         tiles_.facts(t, thread)};
    write_support_row(tiles_.rows(), variant_, problem_.shape, inputs, row, own.sum, output, pass,
                      sketches.from(t));
  }

  const Variant variant_;
  const Problem problem_;
  const Tiling tiling_;
  const Sizes sizes_;
  LogitTiles tiles_;
  WholeRows whole_rows_;
  std::optional<ApproximateLogits> approximate_;
  std::vector<PerThread> threads_;
};

}  // namespace

std::int64_t threshold_workspace_bytes(const Variant& variant, const Problem& problem) {
  const Tiling tiling = make_tiling(variant, problem);
  const Sizes sizes(problem, tiling);
  return LogitTiles::workspace_bytes(variant, problem, tiling) +
         WholeRows::workspace_bytes(problem, tiling, sizes.whole_rows) +
         (tiling.approximated ? ApproximateLogits::workspace_bytes(problem, tiling) : 0) +
         sizes.total(problem.threads);
}

std::unique_ptr<Plan> make_threshold_plan(const Variant& variant, const Problem& problem,
                                          Workspace& workspace) {
  return std::make_unique<ThresholdPlan>(variant, problem, make_tiling(variant, problem), workspace);
}

}  // namespace attnlab
