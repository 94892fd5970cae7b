#include <omp.h>

#include <algorithm>
#include <limits>

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

/// Product of a tile's weights with a tile of values, added to the block's output.
TileProduct make_value_product(const Problem& problem, const Tiling& tiling) {
  return TileProduct(product_dtype(problem), tiling.query_rows, output_columns(problem), tiling.key_columns,
                     tiling.key_columns, output_columns(problem), PackFrom::rows, true);
}

struct Sizes {
  std::int64_t value_tiles, packed_tile, unpacked_values, output, weights, state, sketches, row, scratch;

  Sizes(const Problem& problem, const Tiling& tiling, const TileProduct& product) {
    const bool narrow = product_dtype(problem) == DType::bf16;
    value_tiles = problem.shape.batch * problem.shape.kv_heads * tiling.key_tiles;
    packed_tile = product.packed_bytes();
    scratch = product.scratch_bytes();
    unpacked_values = tiling.key_columns * output_columns(problem) * size_bytes(product_dtype(problem));
    output = tiling.query_rows * output_columns(problem) * 4;
    weights = narrow ? tiling.query_rows * tiling.key_columns * 2 : 0;
    state = tiling.query_rows * 4;
    sketches = tiling.query_rows * static_cast<std::int64_t>(sizeof(RowSketch));
    row = output_columns(problem) * 4;
  }
  std::int64_t total(int threads) const {
    const auto per_thread = Workspace::rounded(unpacked_values) + Workspace::rounded(output) +
                            Workspace::rounded(weights) + 2 * Workspace::rounded(state) +
                            Workspace::rounded(sketches) + Workspace::rounded(row) +
                            Workspace::rounded(scratch);
    return value_tiles * Workspace::rounded(packed_tile) + Workspace::rounded(value_tiles) +
           threads * per_thread;
  }
};

class OnlinePlan final : public Plan {
 public:
  OnlinePlan(const Variant& variant, const Problem& problem, const Tiling& tiling, Workspace& workspace)
      : variant_(variant),
        problem_(problem),
        tiling_(tiling),
        tiles_(variant_, problem, tiling, workspace),
        product_(make_value_product(problem, tiling)) {
    const Sizes sizes(problem, tiling, product_);
    const std::int64_t stride = Workspace::rounded(sizes.packed_tile);
    std::byte* packed = workspace.allocate_bytes(sizes.value_tiles * stride);
    for (std::int64_t tile = 0; tile < sizes.value_tiles; ++tile)
      packed_values_.push_back(product_.packed(packed + tile * stride));
    nonfinite_ = workspace.allocate<char>(sizes.value_tiles);
    threads_.resize(static_cast<std::size_t>(problem.threads));
    for (PerThread& own : threads_) {
      own.unpacked_values = workspace.allocate<std::byte>(sizes.unpacked_values);
      own.output = workspace.allocate<float>(sizes.output / 4);
      own.weights = workspace.allocate<std::byte>(sizes.weights);
      own.maximum = workspace.allocate<float>(sizes.state / 4);
      own.sum = workspace.allocate<float>(sizes.state / 4);
      own.sketches = workspace.allocate<RowSketch>(tiling.query_rows);
      own.row = workspace.allocate<float>(sizes.row / 4);
      own.scratch = product_.scratch(workspace.allocate_bytes(sizes.scratch));
      own.stream = std::make_unique<dnnl::stream>(onednn_cpu());
      own.unpacked = product_.unpacked(own.unpacked_values.data());
      own.result = product_.result(own.output.data());
      const bool in_place = sizes.weights == 0;
      own.left = product_.left(in_place ? tiles_.logits_data(static_cast<int>(&own - threads_.data()))
                                        : static_cast<void*>(own.weights.data()));
      own.visits.reserve(static_cast<std::size_t>(tiling.longest_visit));
    }
  }

  void run(const Inputs& inputs, const MutableTensorView& output) override {
    run_tiles<false>(inputs, output, {});
  }

  void run_with_statistics(const Inputs& inputs, const MutableTensorView& output,
                           std::span<RowStatistics> statistics) override {
    run_tiles<true>(inputs, output, statistics);
  }

  std::string path() const override { return product_path(problem_); }

 private:
  struct PerThread {
    std::span<std::byte> unpacked_values, weights;
    std::span<float> output, maximum, sum, row;
    std::span<RowSketch> sketches;
    dnnl::memory unpacked, left, result, scratch;
    std::unique_ptr<dnnl::stream> stream;
    std::vector<Visit> visits;
  };

  void prepare_values(const Inputs& inputs, PerThread& own) {
    const auto count = static_cast<std::int64_t>(packed_values_.size());
#pragma omp for schedule(static)
    for (std::int64_t tile = 0; tile < count; ++tile) {
      const std::int64_t kv_head = tile / tiling_.key_tiles % problem_.shape.kv_heads;
      const std::int64_t batch = tile / tiling_.key_tiles / problem_.shape.kv_heads;
      nonfinite_[static_cast<std::size_t>(tile)] = copy_finite_values(
          inputs, batch, kv_head, tile % tiling_.key_tiles * tiling_.key_columns, tiling_.key_columns,
          product_dtype(problem_), own.row, own.unpacked_values.data());
      product_.pack(*own.stream, own.unpacked, packed_values_[static_cast<std::size_t>(tile)]);
    }
  }

  template <bool with_statistics>
  void run_tiles(const Inputs& inputs, const MutableTensorView& output, std::span<RowStatistics> statistics) {
    const Shape& shape = problem_.shape;
    const std::int64_t blocks = shape.batch * shape.heads * tiling_.query_tiles;
    const OpenMpThreads one(1);  // inside a team of one, oneDNN would start threads of its own
#pragma omp parallel num_threads(problem_.threads)
    {
      const int thread = omp_get_thread_num();
      PerThread& own = threads_[static_cast<std::size_t>(thread)];
      tiles_.prepare_keys(inputs, thread);
      prepare_values(inputs, own);
      // Late queries first: under causal patterns they are the long ones.
#pragma omp for schedule(dynamic, 1)
      for (std::int64_t index = 0; index < blocks; ++index) {
        const std::int64_t head = index % (shape.batch * shape.heads);
        const std::int64_t first =
            (tiling_.query_tiles - 1 - index / (shape.batch * shape.heads)) * tiling_.query_rows;
        const QueryBlock block{head / shape.heads, head % shape.heads, first,
                               std::min(tiling_.query_rows, shape.seqlen_q - first)};
        if (block.rows > 0) run_block<with_statistics>(inputs, block, output, statistics, thread);
      }
    }
  }

  template <bool with_statistics>
  void run_block(const Inputs& inputs, const QueryBlock& block, const MutableTensorView& output,
                 std::span<RowStatistics> statistics, int thread) {
    PerThread& own = threads_[static_cast<std::size_t>(thread)];
    const Shape& shape = problem_.shape;
    const DType dtype = product_dtype(problem_);
    const OnlineRows state{own.maximum.data(), own.sum.data(), own.output.data(), output_columns(problem_),
                           output_columns(problem_)};
    std::fill(own.maximum.begin(), own.maximum.end(), -std::numeric_limits<float>::infinity());
    std::fill(own.sum.begin(), own.sum.end(), 0.0F);
    std::fill(own.output.begin(), own.output.end(), 0.0F);
    if constexpr (with_statistics) std::fill(own.sketches.begin(), own.sketches.end(), RowSketch{});

    list_visits(variant_.pattern, shape, tiling_, block.first, block.first + block.rows, own.visits);
    tiles_.load_queries(inputs, block, thread);
    const std::int64_t first_tile =
        (block.batch * shape.kv_heads + shape.kv_head(block.head)) * tiling_.key_tiles;
    for (const Visit& visit : own.visits) {
      const LogitTile tile = tiles_.logits(inputs, block, visit, thread);
      void* weights = dtype == DType::f32 ? static_cast<void*>(tile.logits) : own.weights.data();
      if constexpr (with_statistics)
        tiles_.rows().absorb_online_with_statistics(tile, state, dtype, weights, own.sketches.data());
      else
        tiles_.rows().absorb_online(tile, state, dtype, weights);
      product_.multiply(*own.stream, own.left,
                        packed_values_[static_cast<std::size_t>(first_tile + visit.key_tile)], own.result,
                        own.scratch);
    }
    tiles_.rows().finish_online(state, block.rows);
    for (const Visit& visit : own.visits) {
      if (!nonfinite_[static_cast<std::size_t>(first_tile + visit.key_tile)]) continue;
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

  std::span<float> output_row(const PerThread& own, std::int64_t t) const {
    const std::int64_t stride = output_columns(problem_);
    return own.output.subspan(static_cast<std::size_t>(t * stride),
                              static_cast<std::size_t>(problem_.shape.head_dim_v));
  }

  const Variant variant_;
  const Problem problem_;
  const Tiling tiling_;
  LogitTiles tiles_;
  const TileProduct product_;
  std::vector<dnnl::memory> packed_values_;
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
