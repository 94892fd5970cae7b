#include "attnlab/engines/onednn/onednn.h"

#include <omp.h>

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

#include "attnlab/engines/nonfinite_values.h"
#include "attnlab/engines/null_key.h"
#include "attnlab/engines/onednn_compatibility.h"
#include "attnlab/engines/onednn_cpu.h"
#include "attnlab/engines/openmp_threads.h"
#include "attnlab/engines/prepared_rows.h"
#include "attnlab/engines/product_choice.h"
#include "attnlab/engines/query_block.h"
#include "attnlab/engines/row_scratch.h"
#include "attnlab/engines/statistics_pass.h"
#include "attnlab/engines/tile_product.h"
#include "attnlab/engines/visible_keys.h"
#include "attnlab/kernels/rows.h"

namespace attnlab {

namespace {

/// Largest number of queries of a block, which one task computes. Matrices are whole; fixed blocks make the
/// result the same for any number of threads.
constexpr std::int64_t most_block_rows = 128;

/// The cut of the matrices: blocks of queries for tasks, columns of keys for oneDNN.
struct Blocks {
  std::int64_t of_head;  ///< number of blocks of a head
  std::int64_t rows;     ///< rows of a block; the last block of a head may have fewer
  std::int64_t columns;

  Blocks(const Variant& variant, const Shape& shape)
      : rows(std::min(most_block_rows, shape.seqlen_q)),
        // The null key is an additional column; its value is the zeros with which V is padded.
        columns(rounded_up(shape.seqlen_k + (has_null_key(variant.normaliser) ? 1 : 0), row_code_columns)) {
    of_head = (shape.seqlen_q + rows - 1) / rows;
  }
};

dnnl::memory::desc softmax_memory(const Blocks& blocks) {
  return {{blocks.rows, blocks.columns}, dnnl::memory::data_type::f32, dnnl::memory::dims{blocks.columns, 1}};
}

dnnl::softmax_forward::primitive_desc make_softmax(const Blocks& blocks) {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return softmax_description(onednn_cpu(), softmax_memory(blocks), 1, attributes);
}

class OnednnPlan final : public Plan {
 public:
  OnednnPlan(const Variant& variant, const Problem& problem, Workspace& workspace)
      : variant_(variant),
        problem_(problem),
        rows_(row_code(isa_level())),
        blocks_(variant, problem.shape),
        dtype_(product_dtype(variant, problem)),
        width_(variant.score.width(problem.shape.head_dim)),
        scores_(dtype_, blocks_.rows, blocks_.columns, width_, width_, blocks_.columns, PackFrom::columns,
                false, factor_of_score(variant.score, problem.shape.head_dim, dtype_).product),
        values_(dtype_, blocks_.rows, problem.shape.head_dim_v, blocks_.columns, blocks_.columns,
                problem.shape.head_dim_v, PackFrom::rows, false),
        softmax_description_(make_softmax(blocks_)),
        softmax_(softmax_description_) {
    const Shape& shape = problem.shape;
    const std::int64_t kv_heads = shape.batch * shape.kv_heads;
    for (std::int64_t head = 0; head < kv_heads; ++head) {
      packed_keys_.push_back(scores_.packed(workspace.allocate_bytes(scores_.packed_bytes())));
      packed_values_.push_back(values_.packed(workspace.allocate_bytes(values_.packed_bytes())));
    }
    nonfinite_ = workspace.allocate<char>(kv_heads);
    const std::int64_t pairs = shape.batch * shape.heads * blocks_.of_head * blocks_.rows * blocks_.columns;
    logits_ = workspace.allocate<float>(pairs);
    weights_ = workspace.allocate<bf16>(dtype_ == DType::bf16 ? pairs : 0);
    threads_.resize(static_cast<std::size_t>(problem.threads));
    for (PerThread& own : threads_) allocate(own, workspace);
  }

  void run(const Inputs& inputs, const MutableTensorView& output) override {
    run_all(inputs, output, nullptr);
  }

  void run_with_statistics(const Inputs& inputs, const MutableTensorView& output,
                           std::span<RowStatistics> statistics) override {
    StatisticsPass pass(variant_, problem_, inputs, blocks_.columns, problem_.threads, 1, statistics);
    run_all(inputs, output, &pass);
  }

  std::string path() const override { return product_path(problem_.dtype, dtype_); }

 private:
  void run_all(const Inputs& inputs, const MutableTensorView& output, StatisticsPass* pass) {
    const auto kv_heads = static_cast<std::int64_t>(packed_keys_.size());
    const std::int64_t blocks = problem_.shape.batch * problem_.shape.heads * blocks_.of_head;
    // A barrier separates the steps: each step ends for the whole matrix before the next begins.
    const OpenMpThreads one(1);  // in a team of one thread, oneDNN would start its own threads
#pragma omp parallel num_threads(problem_.threads)
    {
      PerThread& own = threads_[static_cast<std::size_t>(omp_get_thread_num())];
#pragma omp for schedule(static)
      for (std::int64_t head = 0; head < kv_heads; ++head) pack(inputs, head, own);
#pragma omp for schedule(static)
      for (std::int64_t index = 0; index < blocks; ++index) fill_logits(inputs, block(index), own);
#pragma omp for schedule(static)
      for (std::int64_t index = 0; index < blocks; ++index) normalise(block(index), pass, own);
#pragma omp for schedule(static)
      for (std::int64_t index = 0; index < blocks; ++index) fill_output(inputs, block(index), output, own);
    }
  }

  struct PerThread {
    std::byte* queries = nullptr;
    std::byte* unpacked = nullptr;
    std::span<float> row, output;
    std::span<std::int32_t> key_numbers;
    RowScratch row_scratch;
    std::span<RowFacts> facts;
    dnnl::memory score_scratch, value_scratch, softmax_scratch;
    dnnl::memory left_queries, left_weights, unpacked_keys, unpacked_values, result_logits, result_output,
        softmax_rows;
    dnnl::stream stream;
  };

  void allocate(PerThread& own, Workspace& workspace) const {
    const Shape& shape = problem_.shape;
    const std::int64_t element = size_bytes(dtype_);
    const bool whole_rows = variant_.normaliser.kind() == NormaliserKind::full_row;
    const bool has_facts = row_fact(variant_.modifiers) != RowFact::none;
    own.queries = workspace.allocate_bytes(blocks_.rows * width_ * element);
    own.unpacked = workspace.allocate_bytes(blocks_.columns * std::max(width_, shape.head_dim_v) * element);
    own.row =
        workspace.allocate<float>(std::max({width_ + shape.head_dim, shape.head_dim_v, blocks_.columns}));
    own.key_numbers = workspace.allocate<std::int32_t>(blocks_.columns);
    own.row_scratch = take_row_scratch(workspace, whole_rows ? shape.seqlen_k : 0);
    own.facts = workspace.allocate<RowFacts>(has_facts ? blocks_.rows : 0);
    own.output = workspace.allocate<float>(blocks_.rows * shape.head_dim_v);
    own.score_scratch = scores_.scratch(workspace.allocate_bytes(scores_.scratch_bytes()));
    own.value_scratch = values_.scratch(workspace.allocate_bytes(values_.scratch_bytes()));
    const dnnl::memory::desc softmax_scratch = softmax_description_.scratchpad_desc();
    own.softmax_scratch =
        dnnl::memory(softmax_scratch, onednn_cpu(),
                     workspace.allocate_bytes(static_cast<std::int64_t>(softmax_scratch.get_size())));
    own.left_queries = scores_.left(own.queries);
    own.left_weights = values_.left(nullptr);
    own.unpacked_keys = scores_.unpacked(own.unpacked);
    own.unpacked_values = values_.unpacked(own.unpacked);
    own.result_logits = scores_.result(nullptr);
    own.result_output = values_.result(own.output.data());
    own.softmax_rows = dnnl::memory(softmax_memory(blocks_), onednn_cpu(), nullptr);
    own.stream = dnnl::stream(onednn_cpu());
  }

  /// Some queries of one head, and the place of their logits.
  struct LogitBlock : QueryBlock {
    float* logits;
    bf16* weights;
  };

  LogitBlock block(std::int64_t index) {
    const Shape& shape = problem_.shape;
    const std::int64_t head = index / blocks_.of_head;  // counted through all batches
    const std::int64_t first = index % blocks_.of_head * blocks_.rows;
    const std::int64_t offset = index * blocks_.rows * blocks_.columns;
    return {{head / shape.heads, head % shape.heads, first, std::min(blocks_.rows, shape.seqlen_q - first)},
            logits_.data() + offset,
            weights_.empty() ? nullptr : weights_.data() + offset};
  }

  void pack(const Inputs& inputs, std::int64_t index, PerThread& own) {
    const std::int64_t batch = index / problem_.shape.kv_heads;
    const std::int64_t kv_head = index % problem_.shape.kv_heads;
    const auto at = static_cast<std::size_t>(index);
    prepare_rows(variant_, inputs, Operand::key, batch, kv_head, 0, blocks_.columns, dtype_, own.row,
                 own.unpacked);
    scores_.pack(own.stream, own.unpacked_keys, packed_keys_[at]);
    nonfinite_[at] = copy_finite_values(
        inputs, batch, kv_head, 0, blocks_.columns, dtype_,
        own.row.subspan(0, static_cast<std::size_t>(problem_.shape.head_dim_v)), own.unpacked);
    values_.pack(own.stream, own.unpacked_values, packed_values_[at]);
  }

  void fill_logits(const Inputs& inputs, const LogitBlock& block, PerThread& own) {
    prepare_rows(variant_, inputs, Operand::query, block.batch, block.head, block.first, blocks_.rows, dtype_,
                 own.row, own.queries);
    own.result_logits.set_data_handle(block.logits);
    scores_.multiply(own.stream, own.left_queries,
                     packed_keys_[static_cast<std::size_t>(block.kv_head(problem_.shape))], own.result_logits,
                     own.score_scratch);
    LogitTile tile = logits_of(block);
    if (!own.facts.empty()) {
      find_row_facts(variant_, problem_.shape, inputs, block.batch, block.head, block.first,
                     own.row.subspan(0, static_cast<std::size_t>(problem_.shape.head_dim)),
                     own.facts.subspan(0, static_cast<std::size_t>(block.rows)));
      tile.facts = own.facts.data();
    }
    for (const Modifier& modifier : variant_.modifiers) {
      if (modifier.fact() == RowFact::entropy) {
        mask_logits(variant_.pattern, problem_.shape, block.head, block.first, tile);
        for (std::int64_t t = 0; t < block.rows; ++t)
          own.facts[static_cast<std::size_t>(t)].entropy = row_entropy(block, t);
      }
      rows_.modify(modifier.for_head(block.head, problem_.shape.heads, weights_of(inputs)), tile);
    }
    mask_logits(variant_.pattern, problem_.shape, block.head, block.first, tile);
  }

  /// The whole logits of a block as one tile.
  LogitTile logits_of(const LogitBlock& block) const {
    const std::int64_t columns = blocks_.columns;
    return {block.logits, columns, block.rows, columns, problem_.shape.position(block.first)};
  }

  void normalise(const LogitBlock& block, StatisticsPass* pass, PerThread& own) {
    if (variant_.normaliser.kind() == NormaliserKind::online) {
      if (pass)
        for (std::int64_t t = 0; t < block.rows; ++t) sketch_row(block, t, *pass, own);
      add_null_key(variant_.normaliser, logits_of(block), problem_.shape.seqlen_k);
      // oneDNN turns a row of -inf into NaN.
      std::array<bool, static_cast<std::size_t>(most_block_rows)> nothing{};
      for (std::int64_t t = 0; t < block.rows; ++t) {
        const float* row = block.logits + t * blocks_.columns;
        nothing[static_cast<std::size_t>(t)] = std::all_of(
            row, row + blocks_.columns, [](float s) { return s == -std::numeric_limits<float>::infinity(); });
      }
      own.softmax_rows.set_data_handle(block.logits);
      softmax_.execute(own.stream, {{DNNL_ARG_SRC, own.softmax_rows},
                                    {DNNL_ARG_DST, own.softmax_rows},
                                    {DNNL_ARG_SCRATCHPAD, own.softmax_scratch}});
      for (std::int64_t t = 0; t < block.rows; ++t)
        if (nothing[static_cast<std::size_t>(t)])
          std::fill_n(block.logits + t * blocks_.columns, blocks_.columns, 0.0F);
    } else if (variant_.normaliser.kind() == NormaliserKind::elementwise) {
      for (std::int64_t t = 0; t < block.rows; ++t) weigh_row(block, t, pass);
    } else {
      for (std::int64_t t = 0; t < block.rows; ++t) solve_row(block, t, pass, own);
    }
    if (block.weights == nullptr) return;
    for (std::int64_t at = 0; at < blocks_.rows * blocks_.columns; ++at)
      block.weights[at] = bf16(block.logits[at]);
  }

  /// Calls `function` with pieces of row t that are short enough for float32 sums.
  template <class Function>
  void for_each_piece(const LogitBlock& block, std::int64_t t, Function function) const {
    constexpr std::int64_t longest = 256;
    const std::int64_t columns = blocks_.columns;
    for (std::int64_t j = 0; j < columns; j += longest)
      function(LogitTile{block.logits + t * columns + j, columns, 1, std::min(longest, columns - j),
                         problem_.shape.position(block.first + t), j});
  }

  double row_entropy(const LogitBlock& block, std::int64_t t) const {
    float maximum = -std::numeric_limits<float>::infinity();
    float sums[row_code_columns] = {};
    WeightSums weights;
    for_each_piece(block, t, [&](const LogitTile& piece) {
      rows_.measure_entropy(piece, {&maximum, sums, nullptr, 0, 0}, &weights);
    });
    return weights.entropy();
  }

  /// The empty sketch for the current row of a thread.
  static SketchRows row_sketch(const LogitBlock& block, std::int64_t t, StatisticsPass& pass) {
    pass.empty(omp_get_thread_num(), block.first + t);
    return pass.sketches(omp_get_thread_num(), block.batch, block.head);
  }

  void sketch_row(const LogitBlock& block, std::int64_t t, StatisticsPass& pass, PerThread& own) const {
    const SketchRows sketches = row_sketch(block, t, pass);
    float maximum = -std::numeric_limits<float>::infinity();
    float sums[row_code_columns] = {};
    for_each_piece(block, t, [&](const LogitTile& piece) {
      rows_.absorb_online_with_statistics(piece, {&maximum, sums, nullptr, 0, 0}, DType::f32, own.row.data(),
                                          sketches);
    });
    pass.write(*sketches.rows, block.batch, block.head, block.first + t);
  }

  /// Replaces the logits of row t by their elementwise weights.
  void weigh_row(const LogitBlock& block, std::int64_t t, StatisticsPass* pass) const {
    const std::int64_t i = block.first + t;
    const RowKeys keys =
        row_keys(count_visible_keys(variant_.pattern, problem_.shape, block.head, i, nullptr));
    const SketchRows sketches = pass ? row_sketch(block, t, *pass) : SketchRows{};
    for_each_piece(block, t, [&](const LogitTile& piece) {
      if (pass) rows_.measure_logits(piece, sketches.rows);
      rows_.weigh(variant_.normaliser, piece, &keys, DType::f32, piece.logits, pass ? &sketches : nullptr);
    });
    if (pass) pass->write(*sketches.rows, block.batch, block.head, i);
  }

  /// Replaces the logits of row t by weights: solves a copy and writes the weights back.
  void solve_row(const LogitBlock& block, std::int64_t t, StatisticsPass* pass, PerThread& own) {
    const std::int64_t i = block.first + t;
    float* row = block.logits + t * blocks_.columns;
    const SketchRows sketches = pass ? row_sketch(block, t, *pass) : SketchRows{};
    if (pass)
      for_each_piece(block, t, [&](const LogitTile& piece) { rows_.measure_logits(piece, sketches.rows); });
    const auto scale = static_cast<float>(variant_.normaliser.scale());
    std::int64_t count = 0;
    for_each_visible(variant_.pattern, problem_.shape, block.head, i, nullptr, {0, problem_.shape.seqlen_k},
                     [&](KeyRange keys) {
                       for (std::int64_t j = keys.begin; j < keys.end; ++j) {
                         own.row[static_cast<std::size_t>(count)] = row[j] * scale;
                         own.key_numbers[static_cast<std::size_t>(count++)] = static_cast<std::int32_t>(j);
                       }
                     });
    std::int64_t support = 0;
    if (variant_.normaliser.kind() == NormaliserKind::full_row) {
      support = variant_.normaliser.solve_row(own.row.subspan(0, static_cast<std::size_t>(count)),
                                              own.key_numbers, own.row_scratch);
    } else {
      ThresholdRow solved{own.row.data(), own.key_numbers.data(), count};
      rows_.solve_threshold(variant_.normaliser, &solved, 1);
      support = solved.count;
    }
    std::fill_n(row, blocks_.columns, 0.0F);
    for (std::int64_t s = 0; s < support; ++s)
      row[own.key_numbers[static_cast<std::size_t>(s)]] = own.row[static_cast<std::size_t>(s)];
    if (!pass) return;
    const auto size = static_cast<std::size_t>(support);
    add_support(*sketches.rows, own.row.subspan(0, size), own.key_numbers.subspan(0, size),
                problem_.shape.position(i), sketches.value_norms, sketches.log_value_norms);
    pass->write(*sketches.rows, block.batch, block.head, i);
  }

  void fill_output(const Inputs& inputs, const LogitBlock& block, const MutableTensorView& output,
                   PerThread& own) {
    const Shape& shape = problem_.shape;
    const auto width = static_cast<std::size_t>(shape.head_dim_v);
    own.left_weights.set_data_handle(block.weights ? static_cast<void*>(block.weights) : block.logits);
    values_.multiply(own.stream, own.left_weights,
                     packed_values_[static_cast<std::size_t>(block.kv_head(problem_.shape))],
                     own.result_output, own.value_scratch);
    for (std::int64_t t = 0; t < block.rows; ++t) {
      const std::span<float> row = own.output.subspan(static_cast<std::size_t>(t) * width, width);
      if (nonfinite_[static_cast<std::size_t>(block.kv_head(problem_.shape))])
        for_each_visible(variant_.pattern, shape, block.head, block.first + t, nullptr, {0, shape.seqlen_k},
                         [&](KeyRange keys) {
                           add_nonfinite_values(inputs, block.batch, shape.kv_head(block.head), keys,
                                                block.logits + t * blocks_.columns, own.row, row);
                         });
      write_row(output, block.batch, block.head, block.first + t, row);
    }
  }

  const Variant variant_;
  const Problem problem_;
  const RowCode& rows_;
  const Blocks blocks_;
  const DType dtype_;         ///< dtype of products
  const std::int64_t width_;  ///< width of prepared queries and keys
  const TileProduct scores_;
  const TileProduct values_;
  const dnnl::softmax_forward::primitive_desc softmax_description_;
  const dnnl::softmax_forward softmax_;
  std::vector<dnnl::memory> packed_keys_;    ///< (batch, kv head)
  std::vector<dnnl::memory> packed_values_;  ///< (batch, kv head)
  std::span<char> nonfinite_;
  std::span<float> logits_;  ///< (batch, heads, blocks, rows, columns): then the weights, in place
  std::span<bf16> weights_;
  std::vector<PerThread> threads_;
};

class OnednnEngine final : public Engine {
 public:
  std::string_view name() const override { return "onednn"; }
  std::string_view summary() const override {
    return "whole n x n matrices with oneDNN matmul and softmax, O(n^2) memory";
  }
  std::string_view source() const override { return "Vaswani et al., arXiv:1706.03762"; }

  std::optional<Refusal> refusal(const Variant& variant, const Problem&) const override {
    if (variant.score.kind() == ScoreKind::pairwise)
      return Refusal{variant.score.name() + " is not a matrix product; use engine tiled or reference"};
    if (has_factors(variant))
      return Refusal{modifiers_name(variant.modifiers) +
                     " is applied after the normaliser, which oneDNN's softmax does not support; use engine "
                     "tiled or reference"};
    if (leaves_keys(variant))
      return Refusal{modifiers_name(variant.modifiers) +
                     " restricts each row to different keys; use engine tiled or reference"};
    return std::nullopt;
  }

 private:
  std::unique_ptr<Plan> make_plan(const Variant& variant, const Problem& problem,
                                  Workspace& workspace) const override {
    const OpenMpThreads one(1);
    return std::make_unique<OnednnPlan>(variant, problem, workspace);
  }
};

}  // namespace

const Engine& onednn_engine() {
  static const OnednnEngine engine;
  return engine;
}

}  // namespace attnlab
