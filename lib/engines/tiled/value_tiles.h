// Tiles of values, prepared beside their keys, the product of a strip's weights with them, and the rows that
// this gives: what the plans of online and elementwise normalisers end with.
#pragma once

#include <cstdint>
#include <dnnl.hpp>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "attnlab/core/workspace.h"
#include "attnlab/engines/engine.h"
#include "attnlab/engines/tile_product.h"
#include "attnlab/engines/tiled/logit_tiles.h"
#include "attnlab/engines/tiled/tiling.h"
#include "attnlab/kernels/rows.h"

namespace attnlab {

/// Columns of a block's output: whole lanes. The value product has as many, the last ones zeros; oneDNN 3.7.2
/// loses the leading dimension of a result with one column.
std::int64_t output_columns(const Problem& problem);

/// Of a tile whose values are used once, soon.
struct ValueHints {
  bool next_follows = false;      ///< the tile after it is wanted next: accumulate asks the memory for it
  bool taken_for_finite = false;  ///< else what is accumulated is not finite either
};

class ValueTiles {
 public:
  /// Takes its memory from `workspace`.
  ValueTiles(const Problem& problem, const Tiling& tiling, Workspace& workspace);

  /// Prepares value tile `key_tile` of kv head `kv_head` (of batch x kv_heads) in `slot`. What is not finite
  /// is left out, until write_rows.
  void prepare(const Inputs& inputs, std::int64_t kv_head, std::int64_t key_tile, std::int64_t slot,
               int thread, const ValueHints& hints = {});

  /// What the weights of a strip are stored as, and where: the strip's own logits, or beside them.
  DType weights_dtype() const { return tiling_.dtype; }
  void* weights(const LogitTile& tile, int thread) const {
    return tiling_.dtype == DType::f32
               ? tile.logits
               : static_cast<void*>(threads_[static_cast<std::size_t>(thread)].weights.data());
  }

  /// output += weights x values; output: rows of output_columns. Where oneDNN multiplies, all of the tile's
  /// rows.
  void accumulate(const LogitTile& tile, const Strip& strip, std::int64_t slot, float* output, int thread);

  /// Adds what is not finite among the values of `visits` to the block's rows, of output_columns each, where
  /// they see it, and writes them. `facts`: of the block's rows, or null.
  void write_rows(const Pattern& pattern, const Inputs& inputs, const QueryBlock& block,
                  std::span<const Visit> visits, const RowFacts* facts, float* rows,
                  const MutableTensorView& output, int thread);

 private:
  struct PerThread {
    std::span<std::byte> unpacked, weights;
    std::span<float> row;
    dnnl::memory unpacked_memory, left, result, scratch;
    std::unique_ptr<dnnl::stream> stream;
  };

  const Problem problem_;
  const Tiling& tiling_;
  const RowCode& rows_;
  const std::int64_t columns_;
  const std::optional<TileProduct> product_;  ///< of what is narrower than float32
  std::int64_t stride_ = 0;                   ///< bytes from one slot to the next
  std::span<std::byte> values_;       ///< rows of float32, pairs of rows of bfloat16, or what oneDNN packs
  std::vector<dnnl::memory> packed_;  ///< of every slot, where oneDNN multiplies
  std::vector<Panels> panels_;        ///< of every slot, where row code multiplies: values_, or V in place
  std::vector<StoredRows> unpaired_;  ///< of every slot: V in place, to be paired while it is used
  std::span<char> nonfinite_;         ///< of (kv head, key tile): some value of it is not
  std::vector<PerThread> threads_;
};

}  // namespace attnlab
