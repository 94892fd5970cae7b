// The loop of every plan except the split one: stage by stage, first keys, then blocks of queries.
#pragma once

#include <cstdint>
#include <span>

#include "attnlab/engines/engine.h"
#include "attnlab/engines/statistics_pass.h"
#include "attnlab/engines/tiled/logit_tiles.h"
#include "attnlab/engines/tiled/tiling.h"

namespace attnlab {

class StagedPlan : public Plan {
 public:
  void run(const Inputs& inputs, const MutableTensorView& output) final;
  void run_with_statistics(const Inputs& inputs, const MutableTensorView& output,
                           std::span<RowStatistics> statistics) final;

 protected:
  StagedPlan(const Variant& variant, const Problem& problem, const Tiling& tiling, Workspace& workspace);

  /// Before the stages of a run.
  virtual void begin() {}
  /// Every key tile of a stage. `pass` is null without statistics.
  virtual void prepare(const Inputs& inputs, const StageTile& tile, const StatisticsPass* pass,
                       int thread) = 0;
  /// Every block of the queries of a stage, once its key tiles are prepared.
  virtual void run_block(const Inputs& inputs, const Stage& stage, const QueryBlock& block,
                         const MutableTensorView& output, StatisticsPass* pass, int thread) = 0;

  /// Size of the statistics pass: blocks, and rows of a block.
  virtual std::int64_t sketched_blocks() const { return problem_.threads; }
  virtual std::int64_t sketched_rows() const { return tiling_.query_rows; }

  const Variant variant_;
  const Problem problem_;
  const Tiling tiling_;
  LogitTiles tiles_;

 private:
  void run_stages(const Inputs& inputs, const MutableTensorView& output, StatisticsPass* pass);
};

}  // namespace attnlab
