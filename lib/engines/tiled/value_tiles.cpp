#include "attnlab/engines/tiled/value_tiles.h"

#include "attnlab/engines/nonfinite_values.h"
#include "attnlab/engines/onednn_cpu.h"
#include "attnlab/engines/stored_head.h"
#include "attnlab/engines/tile_product.h"
#include "attnlab/engines/visible_keys.h"

namespace attnlab {

namespace {

/// Number of keys whose values are paired and used together, so that the pairs stay in the first cache.
constexpr std::int64_t paired_at_once = 64;

std::optional<TileProduct> make_product(const Problem& problem, const Tiling& tiling) {
  if (tiling.cut) return std::nullopt;
  return TileProduct(tiling.dtype, tiling.query_rows, output_columns(problem), tiling.key_columns,
                     tiling.key_columns, output_columns(problem), PackFrom::rows, true);
}

}  // namespace

std::int64_t output_columns(const Problem& problem) {
  return rounded_up(problem.shape.head_dim_v, row_code_columns);
}

ValueTiles::ValueTiles(const Problem& problem, const Tiling& tiling, Workspace& workspace)
    : problem_(problem),
      tiling_(tiling),
      rows_(row_code(isa_level())),
      columns_(output_columns(problem)),
      product_(make_product(problem, tiling)),
      threads_(static_cast<std::size_t>(problem.threads)) {
  const std::int64_t elements = tiling.key_columns * columns_;
  // Separate from the stored tensors: float32 values are prepared in their slot, weights are in place of the
  // logits.
  const std::int64_t narrow_bytes = tiling.dtype == DType::f32 ? 0 : size_bytes(tiling.dtype);
  panels_.resize(static_cast<std::size_t>(tiling.slots()));
  unpaired_.resize(static_cast<std::size_t>(tiling.slots()));
  stride_ = Workspace::rounded(product_ ? product_->packed_bytes() : elements * size_bytes(tiling.dtype));
  values_ = workspace.allocate<std::byte>(tiling.slots() * stride_);
  nonfinite_ =
      workspace.allocate<char>(problem.shape.batch * problem.shape.kv_heads * tiling.map.key_tiles());
  for (std::int64_t at = 0; product_ && at < std::ssize(values_); at += stride_)
    packed_.push_back(product_->packed(values_.data() + at));
  for (PerThread& own : threads_) {
    own.unpacked = workspace.allocate<std::byte>(elements * narrow_bytes);
    own.weights = workspace.allocate<std::byte>(tiling.strip_rows * tiling.key_columns * narrow_bytes);
    own.row = workspace.allocate<float>(columns_);
    std::byte* scratch = workspace.allocate_bytes(product_ ? product_->scratch_bytes() : 0);
    if (!product_) continue;
    own.stream = std::make_unique<dnnl::stream>(onednn_cpu());
    own.unpacked_memory = product_->unpacked(own.unpacked.data());
    own.left = product_->left(own.weights.data());
    own.result = product_->result(nullptr);
    own.scratch = product_->scratch(scratch);
  }
}

void ValueTiles::prepare(const Inputs& inputs, std::int64_t kv_head, std::int64_t key_tile, std::int64_t slot,
                         int thread, const ValueHints& hints) {
  PerThread& own = threads_[static_cast<std::size_t>(thread)];
  char& nonfinite = nonfinite_[static_cast<std::size_t>(kv_head * tiling_.map.key_tiles() + key_tile)];
  const std::int64_t first = key_tile * tiling_.key_columns;
  const std::int64_t batch = kv_head / problem_.shape.kv_heads;
  const std::int64_t head = kv_head % problem_.shape.kv_heads;
  std::byte* to = values_.data() + slot * stride_;
  Panels& panels = panels_[static_cast<std::size_t>(slot)];
  panels = {reinterpret_cast<const float*>(to), rows_.panel_width, columns_};
  StoredRows& unpaired = unpaired_[static_cast<std::size_t>(slot)];
  unpaired = {};
  StoredRows stored = stored_rows(inputs.v, batch, head);
  stored.first += first * stored.stride_bytes;
  const std::int64_t present = std::min(tiling_.key_columns, problem_.shape.seqlen_k - first);
  const bool pairs = !product_ && tiling_.dtype == DType::bf16;
  const bool usable = stored.dtype == tiling_.dtype && stored.width == columns_ &&
                      (pairs ? present == tiling_.key_columns : tiling_.in_place);
  nonfinite = 0;
  if (usable && (hints.taken_for_finite || rows_.finite_stored(stored, present))) {
    if (pairs && tiling_.in_place)
      unpaired = stored;
    else if (pairs)
      rows_.pair_rows(stored, tiling_.key_columns, reinterpret_cast<std::uint32_t*>(to));
    else
      panels = {reinterpret_cast<const float*>(stored.first), rows_.panel_width, stored.stride_bytes / 4};
    if (hints.next_follows)
      panels.ahead = {stored.first + tiling_.key_columns * stored.stride_bytes, stored.stride_bytes,
                      stored.width * size_bytes(stored.dtype), pairs ? 2 : 1};
    return;
  }
  nonfinite = copy_finite_values(inputs, batch, head, first, tiling_.key_columns, tiling_.dtype, own.row,
                                 tiling_.dtype == DType::f32 ? to : own.unpacked.data());
  if (product_)
    product_->pack(*own.stream, own.unpacked_memory, packed_[static_cast<std::size_t>(slot)]);
  else if (pairs)
    rows_.pair_rows({own.unpacked.data(), columns_ * size_bytes(DType::bf16), DType::bf16, columns_},
                    tiling_.key_columns, reinterpret_cast<std::uint32_t*>(to));
}

void ValueTiles::accumulate(const LogitTile& tile, const Strip& strip, std::int64_t slot, float* output,
                            int thread) {
  if (product_) {
    PerThread& own = threads_[static_cast<std::size_t>(thread)];
    own.result.set_data_handle(output);
    product_->multiply(*own.stream, own.left, packed_[static_cast<std::size_t>(slot)], own.result,
                       own.scratch);
    return;
  }
  // In units of 4 bytes: one weight, or the weights of two keys.
  const bool pairs = tiling_.dtype != DType::f32;
  const std::int64_t keys_of_word = pairs ? 2 : 1;
  const Panels& values = panels_[static_cast<std::size_t>(slot)];
  const StoredRows& unpaired = unpaired_[static_cast<std::size_t>(slot)];
  // In place, there may be no memory after the last key.
  const std::int64_t keys =
      tiling_.in_place
          ? std::min(strip.columns, rounded_up(problem_.shape.seqlen_k - tile.first_key, keys_of_word))
          : strip.columns;
  const std::int64_t step = unpaired.first ? paired_at_once : keys;
  for (std::int64_t key = 0; key < keys; key += step) {
    const std::int64_t count = std::min(step, keys - key);
    Panels part = values;
    if (unpaired.first)
      rows_.pair_rows({unpaired.first + (strip.first_column + key) * unpaired.stride_bytes,
                       unpaired.stride_bytes, unpaired.dtype, unpaired.width},
                      count, reinterpret_cast<std::uint32_t*>(values_.data() + slot * stride_));
    else
      part.data += strip.first_column / keys_of_word * values.row_stride;
    part.ahead = values.ahead.from((strip.first_column + key) / keys_of_word);
    const float* left = static_cast<const float*>(weights(tile, thread)) + key / keys_of_word;
    if (pairs)
      rows_.multiply_pairs(left, tile.stride / keys_of_word, part, count / keys_of_word, 0, columns_,
                           strip.rows, output, columns_, true, 1);
    else
      rows_.multiply(left, tile.stride, part, count, 0, columns_, strip.rows, output, columns_, true);
  }
}

void ValueTiles::write_rows(const Pattern& pattern, const Inputs& inputs, const QueryBlock& block,
                            std::span<const Visit> visits, const RowFacts* facts, float* rows,
                            const MutableTensorView& output, int thread) {
  const Shape& shape = problem_.shape;
  const char* nonfinite = nonfinite_.data() + block.kv_head(shape) * tiling_.map.key_tiles();
  for (std::int64_t t = 0; t < block.rows; ++t) {
    const std::span<float> row(rows + t * columns_, static_cast<std::size_t>(shape.head_dim_v));
    for (const Visit& visit : visits) {
      if (!nonfinite[visit.key_tile]) continue;
      const std::int64_t first = visit.key_tile * tiling_.key_columns;
      for_each_visible(pattern, shape, block.head, block.first + t, facts ? facts + t : nullptr,
                       {first, first + tiling_.key_columns}, [&](KeyRange keys) {
                         add_nonfinite_values(inputs, block.batch, shape.kv_head(block.head), keys, nullptr,
                                              threads_[static_cast<std::size_t>(thread)].row, row);
                       });
    }
    write_row(output, block.batch, block.head, block.first + t, row);
  }
}

}  // namespace attnlab
