#include <omp.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>

#include "attnlab/engines/null_key.h"
#include "attnlab/engines/product_choice.h"
#include "attnlab/engines/tiled/logit_tiles.h"
#include "attnlab/engines/tiled/overflowed_rows.h"
#include "attnlab/engines/tiled/plans.h"
#include "attnlab/engines/tiled/row_output.h"
#include "attnlab/engines/tiled/value_tiles.h"

namespace attnlab {

namespace {

constexpr std::int64_t least_part_keys = 2048;
constexpr std::int64_t most_parts = 64;

/// The split of the keys of a head. It depends only on the problem, so that the result does not depend on the
/// number of threads.
struct Parts {
  std::int64_t tiles;  ///< key tiles of a part
  std::int64_t count;

  explicit Parts(const Tiling& tiling) {
    const auto pieces = [](std::int64_t size, std::int64_t piece) { return (size + piece - 1) / piece; };
    tiles = std::max(pieces(least_part_keys, tiling.key_columns), pieces(tiling.map.key_tiles(), most_parts));
    count = pieces(tiling.map.key_tiles(), tiles);
  }
};

class SplitPlan final : public Plan {
 public:
  SplitPlan(const Variant& variant, const Problem& problem, const Tiling& tiling, Workspace& workspace)
      : variant_(variant),
        problem_(problem),
        tiling_(tiling),
        parts_(tiling),
        tiles_(variant_, problem, tiling_, workspace),
        values_(problem, tiling_, workspace),
        threads_(static_cast<std::size_t>(problem.threads)) {
    const Shape& shape = problem.shape;
    const std::int64_t rows = shape.batch * shape.heads * parts_.count * shape.seqlen_q;
    output_ = workspace.allocate<float>(rows * output_columns(problem));
    maximum_ = workspace.allocate<float>(rows);
    sums_ = workspace.allocate<float>(rows * row_code_columns);
    overflow_factors_ = workspace.allocate<float>(shape.batch * shape.heads * shape.seqlen_q);
    for (PerThread& own : threads_) {
      own.visits.reserve(static_cast<std::size_t>(tiling.map.longest_visit()));
      own.strips.reserve(static_cast<std::size_t>(tiling.strips_of_visit()));
    }
  }

  void run(const Inputs& inputs, const MutableTensorView& output) override {
    run_parts<false>(inputs, output, nullptr);
  }

  void run_with_statistics(const Inputs& inputs, const MutableTensorView& output,
                           std::span<RowStatistics> statistics) override {
    // A block of the statistics pass is a part of a head.
    StatisticsPass pass(variant_, problem_, inputs, tiling_.map.key_tiles() * tiling_.key_columns,
                        problem_.shape.batch * problem_.shape.heads * parts_.count, problem_.shape.seqlen_q,
                        statistics);
    run_parts<true>(inputs, output, &pass);
  }

  std::string path() const override { return product_path(problem_.dtype, tiling_.dtype); }

 private:
  struct PerThread {
    std::vector<Visit> visits;
    std::vector<Strip> strips;
  };

  template <bool with_statistics>
  void run_parts(const Inputs& inputs, const MutableTensorView& output, StatisticsPass* pass) {
    const Shape& shape = problem_.shape;
    std::fill(overflow_factors_.begin(), overflow_factors_.end(), 1.0F);
    std::atomic<bool> overflowed = false;
#pragma omp parallel num_threads(problem_.threads)
    {
      const int thread = omp_get_thread_num();
#pragma omp for schedule(dynamic, 1)
      for (std::int64_t index = 0; index < shape.batch * shape.kv_heads * parts_.count; ++index)
        run_part<with_statistics>(inputs, index / parts_.count, index % parts_.count, pass, thread);
#pragma omp for schedule(static)
      for (std::int64_t head = 0; head < shape.batch * shape.heads; ++head)
        if (!merge_parts<with_statistics>(inputs, head, output, pass, thread))
          overflowed.store(true, std::memory_order_relaxed);
    }
    if (overflowed) run_overflowed(inputs, output);
  }

  /// Computes the kv heads with rows that overflowed again, with their factors.
  void run_overflowed(const Inputs& inputs, const MutableTensorView& output) {
    const Shape& shape = problem_.shape;
    const std::int64_t group = shape.heads / shape.kv_heads;
    for (std::int64_t kv_head = 0; kv_head < shape.batch * shape.kv_heads; ++kv_head) {
      const auto factors =
          overflow_factors_.subspan(static_cast<std::size_t>(kv_head * group * shape.seqlen_q),
                                    static_cast<std::size_t>(group * shape.seqlen_q));
      if (std::count(factors.begin(), factors.end(), 1.0F) == std::ssize(factors)) continue;
      for (std::int64_t part = 0; part < parts_.count; ++part)
        absorb_part<false>(inputs, kv_head, part, false, nullptr, 0);
      for (std::int64_t head = kv_head * group; head < (kv_head + 1) * group; ++head)
        merge_parts<false>(inputs, head, output, nullptr, 0);
    }
  }

  /// Of the queries of a head: 1 unless the row overflowed.
  std::span<float> overflow_factors(std::int64_t head) const {
    const std::int64_t rows = problem_.shape.seqlen_q;
    return overflow_factors_.subspan(static_cast<std::size_t>(head * rows), static_cast<std::size_t>(rows));
  }

  /// First row of the state of a part of a head; the parts of a head are consecutive.
  std::int64_t state_row(std::int64_t head, std::int64_t part) const {
    return (head * parts_.count + part) * problem_.shape.seqlen_q;
  }

  OnlineRows state_at(std::int64_t row) const {
    const std::int64_t columns = output_columns(problem_);
    return {maximum_.data() + row, sums_.data() + row * row_code_columns, output_.data() + row * columns,
            columns, columns};
  }

  template <bool with_statistics>
  void run_part(const Inputs& inputs, std::int64_t kv_head, std::int64_t part, StatisticsPass* pass,
                int thread) {
    absorb_part<with_statistics>(inputs, kv_head, part, true, pass, thread);
    const std::int64_t group = problem_.shape.heads / problem_.shape.kv_heads;
    for (std::int64_t head = kv_head * group; head < (kv_head + 1) * group; ++head)
      if (!tiles_.rows().finite_stored(output_of(state_at(state_row(head, part)), 0),
                                       problem_.shape.seqlen_q))
        return absorb_part<with_statistics>(inputs, kv_head, part, false, pass, thread);
  }

  /// `taken_for_finite`: whether values are assumed to be finite; the accumulated output shows whether they
  /// were.
  template <bool with_statistics>
  void absorb_part(const Inputs& inputs, std::int64_t kv_head, std::int64_t part, bool taken_for_finite,
                   StatisticsPass* pass, int thread) {
    const Shape& shape = problem_.shape;
    const std::int64_t group = shape.heads / shape.kv_heads;
    const std::int64_t columns = output_columns(problem_);
    for (std::int64_t head = kv_head * group; head < (kv_head + 1) * group; ++head) {
      const OnlineRows state = state_at(state_row(head, part));
      std::fill_n(state.maximum, shape.seqlen_q, -std::numeric_limits<float>::infinity());
      std::fill_n(state.sum, shape.seqlen_q * row_code_columns, 0.0F);
      std::fill_n(state.output, shape.seqlen_q * columns, 0.0F);
      if constexpr (with_statistics) pass->empty(head * parts_.count + part, 0);
    }
    // Heads that see the same keys share the prepared tiles.
    const std::int64_t alike = variant_.pattern.by_head() ? 1 : group;
    for (std::int64_t head = kv_head * group; head < (kv_head + 1) * group; head += alike)
      absorb_heads<with_statistics>(inputs, head, alike, part, taken_for_finite, pass, thread);
  }

  /// The part of heads first … first + count - 1 (of batch x heads), which have the same kv head and see the
  /// same keys.
  template <bool with_statistics>
  void absorb_heads(const Inputs& inputs, std::int64_t first, std::int64_t count, std::int64_t part,
                    bool taken_for_finite, StatisticsPass* pass, int thread) {
    PerThread& own = threads_[static_cast<std::size_t>(thread)];
    const Shape& shape = problem_.shape;
    const std::int64_t kv_head = first / (shape.heads / shape.kv_heads);
    tiling_.map.list_visits(first % shape.heads, 0, shape.seqlen_q, own.visits);
    for (const Visit& visit : own.visits) {
      if (visit.key_tile / parts_.tiles != part) continue;
      tiles_.prepare_keys(inputs, kv_head, visit.key_tile, thread, thread);
      const bool is_last = visit.key_tile + 1 == std::min((part + 1) * parts_.tiles, tiling_.map.key_tiles());
      values_.prepare(inputs, kv_head, visit.key_tile, thread, thread, {!is_last, taken_for_finite});
      list_strips(variant_.pattern, shape, tiling_, visit, first % shape.heads, 0, shape.seqlen_q,
                  own.strips);
      for (std::int64_t head = first; head < first + count; ++head) {
        const QueryBlock block{head / shape.heads, head % shape.heads, 0, shape.seqlen_q};
        tiles_.load_queries(inputs, block, thread);
        for (const Strip& strip : own.strips) {
          const std::int64_t row = state_row(head, part) + strip.first_row;
          const LogitTile tile = tiles_.logits(inputs, thread, block, visit, strip, thread);
          if constexpr (with_statistics)
            tiles_.rows().absorb_online_with_statistics(tile, state_at(row), values_.weights_dtype(),
                                                        values_.weights(tile, thread),
                                                        sketches_of(*pass, head, part).from(strip.first_row));
          else
            tiles_.rows().absorb_online(tile, state_at(row), values_.weights_dtype(),
                                        values_.weights(tile, thread));
          scale_weights(tile, values_.weights_dtype(), values_.weights(tile, thread),
                        overflow_factors(head).subspan(static_cast<std::size_t>(strip.first_row)));
          values_.accumulate(tile, strip, thread, state_at(row).output, thread);
        }
      }
    }
  }

  SketchRows sketches_of(StatisticsPass& pass, std::int64_t head, std::int64_t part) const {
    const Shape& shape = problem_.shape;
    return pass.sketches(head * parts_.count + part, head / shape.heads, head % shape.heads);
  }

  /// Adds part `from` of a row to part `to`.
  void merge_row(std::int64_t to, std::int64_t from) const {
    const OnlineRows into = state_at(to);
    const OnlineRows part = state_at(from);
    const float maximum = std::max(*into.maximum, *part.maximum);
    const auto factor = [&](float own) { return own == maximum ? 1.0F : std::exp(own - maximum); };
    const float kept = factor(*into.maximum);
    const float added = factor(*part.maximum);
    const auto combine = [&](float* target, const float* source, std::int64_t count) {
      for (std::int64_t c = 0; c < count; ++c) target[c] = kept * target[c] + added * source[c];
    };
    combine(into.sum, part.sum, row_code_columns);
    combine(into.output, part.output, into.output_columns);
    *into.maximum = maximum;
  }

  /// Returns false if a row overflowed, and then leaves its factor for run_overflowed.
  template <bool with_statistics>
  bool merge_parts(const Inputs& inputs, std::int64_t head, const MutableTensorView& output,
                   StatisticsPass* pass, int thread) {
    PerThread& own = threads_[static_cast<std::size_t>(thread)];
    const Shape& shape = problem_.shape;
    const std::int64_t first = state_row(head, 0);
    for (std::int64_t part = 1; part < parts_.count; ++part)
      for (std::int64_t i = 0; i < shape.seqlen_q; ++i) {
        merge_row(first + i, state_row(head, part) + i);
        if constexpr (with_statistics)
          merge(sketches_of(*pass, head, 0).rows[i], sketches_of(*pass, head, part).rows[i]);
      }
    const std::span<float> factors = overflow_factors(head);
    const bool is_second =
        std::any_of(factors.begin(), factors.end(), [](float factor) { return factor != 1; });
    const bool overflowed =
        !is_second && find_overflowed_rows(tiles_.rows(), state_at(first), shape.seqlen_k, factors);
    add_null_key(variant_.normaliser, state_at(first), shape.seqlen_q);
    tiles_.rows().finish_online(state_at(first), shape.seqlen_q);
    if (is_second) restore_rows(state_at(first), factors);
    tiling_.map.list_visits(head % shape.heads, 0, shape.seqlen_q, own.visits);
    const QueryBlock block{head / shape.heads, head % shape.heads, 0, shape.seqlen_q};
    values_.write_rows(variant_.pattern, inputs, block, own.visits, nullptr, state_at(first).output, output,
                       thread);
    if constexpr (with_statistics)
      write_statistics(tiles_.rows(), *pass, block, sketches_of(*pass, head, 0).rows, nullptr);
    return !overflowed;
  }

  const Variant variant_;
  const Problem problem_;
  const Tiling tiling_;
  const Parts parts_;
  LogitTiles tiles_;
  ValueTiles values_;
  std::span<float> output_, maximum_, sums_;  ///< of (head, part, query)
  std::span<float> overflow_factors_;         ///< of (head, query)
  std::vector<PerThread> threads_;
};

}  // namespace

bool suits_split_plan(const Variant& variant, const Problem& problem) {
  return variant.normaliser.kind() == NormaliserKind::online && problem.shape.seqlen_q <= short_queries &&
         problem.shape.seqlen_k >= least_part_keys && row_fact(variant.modifiers) != RowFact::entropy &&
         !has_factors(variant) && !leaves_keys(variant);
}

std::unique_ptr<Plan> make_split_plan(const Variant& variant, const Problem& problem, Workspace& workspace) {
  return std::make_unique<SplitPlan>(variant, problem, make_split_tiling(variant, problem, workspace),
                                     workspace);
}

}  // namespace attnlab
