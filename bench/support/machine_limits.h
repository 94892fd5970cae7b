// Peak rates of the core and of memory, measured next to the figures that are compared with them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "attnlab/core/block.h"
#include "attnlab/core/dtype.h"

namespace attnlab {

/// Multiply-add rate of one core on registers, two operations each, in GFLOP/s, over about `seconds`: float32
/// with the widest vectors of the level in use, bf16 by vdpbf16ps. nullopt if the level lacks the
/// instruction.
std::optional<double> peak_gflops(DType dtype, double seconds);

/// Sequential reads of one block of memory by several threads.
class ReadBandwidth {
 public:
  /// `bytes`: as large as the data it is compared with, so that caches help both equally.
  ReadBandwidth(std::int64_t bytes, int threads);

  /// GB/s of passes over the block for about `seconds`.
  double gigabytes_per_second(double seconds) const;

 private:
  Block block_;
  std::int64_t count_;  ///< float32 numbers
  int threads_;
};

}  // namespace attnlab
