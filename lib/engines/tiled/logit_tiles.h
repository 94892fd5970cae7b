// Tiles of logits: prepared keys of a stage, prepared queries of the current block, their products (or
// pairwise scores), modifiers and mask. Every plan of the tiled engine uses them.
#pragma once

#include <cstdint>
#include <dnnl.hpp>
#include <memory>
#include <optional>
#include <vector>

#include "attnlab/core/workspace.h"
#include "attnlab/engines/engine.h"
#include "attnlab/engines/query_block.h"
#include "attnlab/engines/tile_product.h"
#include "attnlab/engines/tiled/tiling.h"
#include "attnlab/kernels/rows.h"

namespace attnlab {

/// Blocks of at most this many queries have a separate product if oneDNN multiplies.
inline constexpr std::int64_t short_block_rows = 8;

/// Number of query blocks of a stage, and the block of index `index`. Late queries come first, since they see
/// the most keys under causal patterns.
std::int64_t count_blocks(const Shape& shape, const Stage& stage);
QueryBlock block_of(const Shape& shape, const Tiling& tiling, const Stage& stage, std::int64_t index);

class LogitTiles {
 public:
  /// Takes its memory from `workspace`. Blocks of up to tiling.query_rows queries.
  LogitTiles(const Variant& variant, const Problem& problem, const Tiling& tiling, Workspace& workspace);

  /// Prepares key tile `key_tile` of kv head `kv_head` (of batch x kv_heads) in `slot`: 0 … tiling.slots()-1.
  void prepare_keys(const Inputs& inputs, std::int64_t kv_head, std::int64_t key_tile, std::int64_t slot,
                    int thread);

  /// Prepares the queries of `block` for thread `thread`.
  void load_queries(const Inputs& inputs, const QueryBlock& block, int thread);

  /// The same, and also finds the visits of the block and, if a modifier needs them, the entropies of its
  /// rows. Precondition: all keys of the stage are prepared.
  void open(const Inputs& inputs, const Stage& stage, const QueryBlock& block, int thread);

  /// The visits of the open block; a plan may change their order.
  std::span<Visit> visits(int thread) { return threads_[static_cast<std::size_t>(thread)].visits; }

  /// The prepared queries of the loaded block, if they are float32.
  const float* queries(int thread) const {
    return reinterpret_cast<const float*>(threads_[static_cast<std::size_t>(thread)].queries.data());
  }

  /// Calls absorb(visit, strip, slot) for every strip of the open block, visit by visit.
  template <class Absorb>
  void for_each_strip(const Stage& stage, const QueryBlock& block, int thread, Absorb absorb) {
    PerThread& own = threads_[static_cast<std::size_t>(thread)];
    for (const Visit& visit : own.visits) {
      const std::int64_t slot = slot_of(tiling_, stage, block.kv_head(problem_.shape), visit.key_tile);
      list_strips(variant_.pattern, problem_.shape, tiling_, visit, block.head, block.first,
                  block.first + block.rows, own.strips);
      for (const Strip& strip : own.strips) absorb(visit, strip, slot);
    }
  }

  /// The tile for the logits of a strip of the loaded block.
  LogitTile place(const QueryBlock& block, const Visit& visit, const Strip& strip, int thread) const;

  /// Sets the logits of keys that are not visible to -inf.
  void mask(const QueryBlock& block, const Strip& strip, const LogitTile& tile) const;

  /// Logits of a strip of the loaded block and the tile of keys in `slot`; -inf for keys that are not
  /// visible.
  LogitTile logits(const Inputs& inputs, std::int64_t slot, const QueryBlock& block, const Visit& visit,
                   const Strip& strip, int thread);

  /// Facts of row t of the loaded block; null if no modifier needs any.
  const RowFacts* facts(std::int64_t t, int thread) const {
    const std::span<const RowFacts> facts = threads_[static_cast<std::size_t>(thread)].facts;
    return facts.empty() ? nullptr : facts.data() + t;
  }

  const RowCode& rows() const { return rows_; }

 private:
  struct PerThread {
    std::span<float> logits;
    std::span<std::byte> queries;
    std::span<std::byte> unpacked_keys;
    std::span<float> row;
    dnnl::memory left, unpacked, result, scratch;
    dnnl::memory short_left, short_result, short_scratch;
    std::unique_ptr<dnnl::stream> stream;
    std::vector<Modifier> modifiers;
    std::span<RowFacts> facts;       ///< facts of the rows of the block, if a modifier needs them
    std::span<float> maximum, sums;  ///< state of the pass for entropies, like `weights`
    std::span<WeightSums> weights;
    std::vector<Visit> visits;
    std::vector<Strip> strips;
  };

  /// Prepared numbers of a query or key in units of 4 bytes.
  std::int64_t words() const;
  void find_entropies(const Inputs& inputs, const Stage& stage, const QueryBlock& block, int thread);

  const Variant& variant_;
  const std::vector<Modifier> modifiers_;  ///< modifiers of logits
  const Problem problem_;
  const Tiling& tiling_;
  const RowCode& rows_;
  const bool pairwise_;
  const bool leaves_keys_;                    ///< whether a modifier leaves only some keys to a row
  const float factor_;                        ///< of products of prepared queries and keys
  std::optional<TileProduct> product_;        ///< for dtypes narrower than float32
  std::optional<TileProduct> short_product_;  ///< with the same packed keys
  std::int64_t key_stride_ = 0;               ///< bytes from one slot to the next
  std::span<std::byte> keys_;  ///< panels, or keys packed by oneDNN, or hidden units x key_columns
  std::vector<dnnl::memory> packed_keys_;  ///< for every slot, if oneDNN multiplies
  std::vector<PerThread> threads_;
};

}  // namespace attnlab
