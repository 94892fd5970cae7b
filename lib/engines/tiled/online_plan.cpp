#include <omp.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "engines/operands.h"
#include "engines/tiled/logit_tiles.h"
#include "engines/tiled/plans.h"

namespace attnlab {

namespace {

/// Columns of a block's output: whole lanes. The value product has as many, the last ones zeros; oneDNN 3.7.2
/// loses the leading dimension of a result with one column.
std::int64_t output_columns(const Problem& problem) {
  return rounded_up(problem.shape.head_dim_v, row_code_columns);
}

/// Product of a tile's weights with a tile of values, added to the block's output, of what is narrower than
/// float32.
std::optional<TileProduct> make_value_product(const Problem& problem, const Tiling& tiling) {
  if (tiling.cut) return std::nullopt;
  return TileProduct(product_dtype(problem), tiling.query_rows, output_columns(problem), tiling.key_columns,
                     tiling.key_columns, output_columns(problem), PackFrom::rows, true);
}

/// Pairwise scores are float32 whatever the storage, and so are their weights.
DType weights_dtype(const Problem& problem, const Tiling& tiling) {
  return tiling.cut ? DType::f32 : product_dtype(problem);
}

struct Sizes {
  std::int64_t value_tile, unpacked_values, output, weights, maximum, sums, sketches, row, scratch, slots;

  Sizes(const Problem& problem, const Tiling& tiling, const std::optional<TileProduct>& product) {
    slots = tiling.slots();
    const std::int64_t values =
        tiling.key_columns * output_columns(problem) * size_bytes(weights_dtype(problem, tiling));
    value_tile = Workspace::rounded(product ? product->packed_bytes() : values);
    scratch = product ? product->scratch_bytes() : 0;
    unpacked_values = product ? values : 0;
    output = tiling.query_rows * output_columns(problem) * 4;
    weights = product ? tiling.query_rows * tiling.key_columns * 2 : 0;
    maximum = tiling.query_rows * 4;
    sums = tiling.query_rows * row_code_columns * 4;
    sketches = tiling.query_rows * static_cast<std::int64_t>(sizeof(RowSketch));
    row = output_columns(problem) * 4;
  }
  std::int64_t total(int threads) const {
    const auto per_thread = Workspace::rounded(unpacked_values) + Workspace::rounded(output) +
                            Workspace::rounded(weights) + Workspace::rounded(maximum) +
                            Workspace::rounded(sums) + Workspace::rounded(sketches) +
                            Workspace::rounded(row) + Workspace::rounded(scratch);
    return slots * value_tile + Workspace::rounded(slots) + threads * per_thread;
  }
};

class OnlinePlan final : public Plan {
 public:
  OnlinePlan(const Variant& variant, const Problem& problem, const Tiling& tiling, Workspace& workspace)
      : variant_(variant),
        problem_(problem),
        tiling_(tiling),
        tiles_(variant_, problem, tiling_, workspace),
        product_(make_value_product(problem, tiling)) {
    const Sizes sizes(problem, tiling, product_);
    value_stride_ = sizes.value_tile;
    values_ = workspace.allocate<std::byte>(sizes.slots * value_stride_);
    if (product_)
      for (std::int64_t slot = 0; slot < sizes.slots; ++slot)
        packed_values_.push_back(product_->packed(values_.data() + slot * value_stride_));
    nonfinite_ = workspace.allocate<char>(sizes.slots);
    threads_.resize(static_cast<std::size_t>(problem.threads));
    for (PerThread& own : threads_) {
      own.unpacked_values = workspace.allocate<std::byte>(sizes.unpacked_values);
      own.output = workspace.allocate<float>(sizes.output / 4);
      own.weights = workspace.allocate<std::byte>(sizes.weights);
      own.maximum = workspace.allocate<float>(sizes.maximum / 4);
      own.sums = workspace.allocate<float>(sizes.sums / 4);
      own.sketches = workspace.allocate<RowSketch>(tiling.query_rows);
      own.row = workspace.allocate<float>(sizes.row / 4);
      std::byte* scratch = workspace.allocate_bytes(sizes.scratch);
      own.visits.reserve(static_cast<std::size_t>(tiling.longest_visit));
      own.strips.reserve(static_cast<std::size_t>(tiling.strips()));
      if (!product_) continue;
      own.scratch = product_->scratch(scratch);
      own.stream = std::make_unique<dnnl::stream>(onednn_cpu());
      own.unpacked = product_->unpacked(own.unpacked_values.data());
      own.result = product_->result(own.output.data());
      own.left = product_->left(own.weights.data());
    }
  }

  void run(const Inputs& inputs, const MutableTensorView& output) override {
    run_stages<false>(inputs, output, {});
  }

  void run_with_statistics(const Inputs& inputs, const MutableTensorView& output,
                           std::span<RowStatistics> statistics) override {
    run_stages<true>(inputs, output, statistics);
  }

  std::string path() const override { return product_path(problem_); }

 private:
  struct PerThread {
    std::span<std::byte> unpacked_values, weights;
    std::span<float> output, maximum, sums, row;
    std::span<RowSketch> sketches;
    dnnl::memory unpacked, left, result, scratch;
    std::unique_ptr<dnnl::stream> stream;
    std::vector<Visit> visits;
    std::vector<Strip> strips;
  };

  void prepare_values(const Inputs& inputs, const Stage& stage, PerThread& own) {
#pragma omp for schedule(static)
    for (std::int64_t index = 0; index < stage.heads * stage.key_tiles; ++index) {
      const std::int64_t kv_head = stage.first_head + index / stage.key_tiles;
      const std::int64_t tile = stage.first_key_tile + index % stage.key_tiles;
      const std::int64_t slot = tiles_.slot(stage, kv_head, tile);
      nonfinite_[static_cast<std::size_t>(slot)] = copy_finite_values(
          inputs, kv_head / problem_.shape.kv_heads, kv_head % problem_.shape.kv_heads,
          tile * tiling_.key_columns, tiling_.key_columns, weights_dtype(problem_, tiling_), own.row,
          product_ ? own.unpacked_values.data() : values_.data() + slot * value_stride_);
      if (product_) product_->pack(*own.stream, own.unpacked, packed_values_[static_cast<std::size_t>(slot)]);
    }
  }

  template <bool with_statistics>
  void run_stages(const Inputs& inputs, const MutableTensorView& output,
                  std::span<RowStatistics> statistics) {
    const Shape& shape = problem_.shape;
    const OpenMpThreads one(1);  // inside a team of one, oneDNN would start threads of its own
#pragma omp parallel num_threads(problem_.threads)
    {
      const int thread = omp_get_thread_num();
      for (const Stage& stage : tiling_.stages) {
        tiles_.prepare_keys(inputs, stage, thread);
        prepare_values(inputs, stage, threads_[static_cast<std::size_t>(thread)]);
#pragma omp for schedule(dynamic, 1)
        for (std::int64_t index = 0; index < count_blocks(shape, stage); ++index)
          run_block<with_statistics>(inputs, stage, block_of(shape, tiling_, stage, index), output,
                                     statistics, thread);
      }
    }
  }

  template <bool with_statistics>
  void run_block(const Inputs& inputs, const Stage& stage, const QueryBlock& block,
                 const MutableTensorView& output, std::span<RowStatistics> statistics, int thread) {
    PerThread& own = threads_[static_cast<std::size_t>(thread)];
    const Shape& shape = problem_.shape;
    std::fill(own.maximum.begin(), own.maximum.end(), -std::numeric_limits<float>::infinity());
    std::fill(own.sums.begin(), own.sums.end(), 0.0F);
    std::fill(own.output.begin(), own.output.end(), 0.0F);
    if constexpr (with_statistics) std::fill(own.sketches.begin(), own.sketches.end(), RowSketch{});

    const std::int64_t last = block.first + block.rows;
    const std::int64_t kv_head = block.batch * shape.kv_heads + shape.kv_head(block.head);
    list_visits(variant_.pattern, shape, tiling_, block.first, last, own.visits);
    tiles_.load_queries(inputs, block, thread);
    for (const Visit& visit : own.visits) {
      list_strips(variant_.pattern, shape, tiling_, visit, block.first, last, own.strips);
      for (const Strip& strip : own.strips) {
        const LogitTile tile = tiles_.logits(inputs, stage, block, visit, strip, thread);
        void* weights = product_ ? own.weights.data() : static_cast<void*>(tile.logits);
        const DType dtype = weights_dtype(problem_, tiling_);
        const OnlineRows state = rows_from(own, strip.first_row);
        if constexpr (with_statistics)
          tiles_.rows().absorb_online_with_statistics(tile, state, dtype, weights,
                                                      own.sketches.data() + strip.first_row);
        else
          tiles_.rows().absorb_online(tile, state, dtype, weights);
        add_values(tile, strip, tiles_.slot(stage, kv_head, visit.key_tile), state, own);
      }
    }
    tiles_.rows().finish_online(rows_from(own, 0), block.rows);
    for (const Visit& visit : own.visits) {
      if (!nonfinite_[static_cast<std::size_t>(tiles_.slot(stage, kv_head, visit.key_tile))]) continue;
      for (std::int64_t t = 0; t < block.rows; ++t)
        add_nonfinite_values(variant_, problem_, inputs, block.batch, shape.kv_head(block.head),
                             visit.key_tile * tiling_.key_columns, tiling_.key_columns, block.first + t,
                             nullptr, own.row, output_row(own, t));
    }
    for (std::int64_t t = 0; t < block.rows; ++t) {
      write_row(output, block.batch, block.head, block.first + t, output_row(own, t));
      if constexpr (with_statistics)
        statistics[static_cast<std::size_t>((block.batch * shape.heads + block.head) * shape.seqlen_q +
                                            block.first + t)] =
            row_statistics(own.sketches[static_cast<std::size_t>(t)],
                           variant_.pattern.keys(shape, block.first + t).count());
    }
  }

  /// The softmax state of the block's rows from `row` on.
  OnlineRows rows_from(const PerThread& own, std::int64_t row) const {
    const std::int64_t columns = output_columns(problem_);
    return {own.maximum.data() + row, own.sums.data() + row * row_code_columns,
            own.output.data() + row * columns, columns, columns};
  }

  /// Adds a strip's weights times its values to the output.
  void add_values(const LogitTile& tile, const Strip& strip, std::int64_t slot, const OnlineRows& state,
                  PerThread& own) {
    if (product_) {
      product_->multiply(*own.stream, own.left, packed_values_[static_cast<std::size_t>(slot)], own.result,
                         own.scratch);
      return;
    }
    const std::int64_t columns = output_columns(problem_);
    const auto* values = reinterpret_cast<const float*>(values_.data() + slot * value_stride_);
    tiles_.rows().multiply(tile.logits, tile.stride,
                           {values + strip.first_column * columns, tiles_.rows().panel_width, columns},
                           strip.columns, 0, columns, strip.rows, state.output, columns, true);
  }

  std::span<float> output_row(const PerThread& own, std::int64_t t) const {
    const std::int64_t stride = output_columns(problem_);
    return own.output.subspan(static_cast<std::size_t>(t * stride),
                              static_cast<std::size_t>(problem_.shape.head_dim_v));
  }

  const Variant variant_;
  const Problem problem_;
  const Tiling tiling_;
  LogitTiles tiles_;
  const std::optional<TileProduct> product_;
  std::int64_t value_stride_ = 0;            ///< bytes from one slot to the next
  std::span<std::byte> values_;              ///< rows of float32, or what oneDNN packs
  std::vector<dnnl::memory> packed_values_;  ///< of every slot, where oneDNN multiplies
  std::span<char> nonfinite_;
  std::vector<PerThread> threads_;
};

}  // namespace

std::int64_t online_workspace_bytes(const Variant& variant, const Problem& problem) {
  const Tiling tiling = make_tiling(variant, problem);
  return LogitTiles::workspace_bytes(variant, problem, tiling) +
         Sizes(problem, tiling, make_value_product(problem, tiling)).total(problem.threads);
}

std::unique_ptr<Plan> make_online_plan(const Variant& variant, const Problem& problem, Workspace& workspace) {
  return std::make_unique<OnlinePlan>(variant, problem, make_tiling(variant, problem), workspace);
}

}  // namespace attnlab
