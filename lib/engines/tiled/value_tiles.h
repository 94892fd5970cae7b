// Tiles of values, prepared with their keys; the product of the weights of a strip with them; and the
// finished rows. For the plans of online and elementwise normalisers.
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

/// Columns of the output of a block: whole lanes. The value product has as many; the last columns are zeros.
/// (oneDNN 3.7.2 ignores the leading dimension of a result with one column.)
std::int64_t output_columns(const Problem& problem);

/// Use of a tile whose values are used once.
struct ValueHints {
  bool next_follows = false;      ///< the next tile is used next, so accumulate prefetches it
  bool taken_for_finite = false;  ///< if they are not, the accumulated output is not finite either
};

class ValueTiles {
 public:
  /// Takes its memory from `workspace`.
  ValueTiles(const Problem& problem, const Tiling& tiling, Workspace& workspace);

  /// Prepares value tile `key_tile` of kv head `kv_head` (of batch x kv_heads) in `slot`. Numbers that are
  /// not finite are left out until write_rows.
  void prepare(const Inputs& inputs, std::int64_t kv_head, std::int64_t key_tile, std::int64_t slot,
               int thread, const ValueHints& hints = {});

  /// The storage of the weights of a strip: in place of its logits, or separate.
  DType weights_dtype() const { return tiling_.dtype; }
  void* weights(const LogitTile& tile, int thread) const {
    return tiling_.dtype == DType::f32
               ? tile.logits
               : static_cast<void*>(threads_[static_cast<std::size_t>(thread)].weights.data());
  }

  /// output += weights x values; output: rows of output_columns. If oneDNN multiplies, all rows of the tile.
  void accumulate(const LogitTile& tile, const Strip& strip, std::int64_t slot, float* output, int thread);

  /// Adds the values of `visits` that are not finite to the rows of the block that see them (output_columns
  /// each), and writes the rows. `facts`: of the rows of the block, or null.
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
  const std::optional<TileProduct> product_;  ///< for dtypes narrower than float32
  std::int64_t stride_ = 0;                   ///< bytes from one slot to the next
  std::span<std::byte> values_;  ///< rows of float32, pairs of rows of bfloat16, or values packed by oneDNN
  std::vector<dnnl::memory> packed_;  ///< for every slot, if oneDNN multiplies
  std::vector<Panels> panels_;        ///< for every slot, if row code multiplies: values_, or V in place
  std::vector<StoredRows> unpaired_;  ///< for every slot: V in place, paired while it is used
  std::span<char> nonfinite_;  ///< for each (kv head, key tile): whether it has values that are not finite
  std::vector<PerThread> threads_;
};

}  // namespace attnlab
