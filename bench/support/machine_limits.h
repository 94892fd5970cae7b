// What this core and this memory can do at most, measured beside whatever is compared with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "attnlab/core/block.h"
#include "attnlab/core/dtype.h"

namespace attnlab {

/// Multiply-adds of one core on registers alone, two operations each, in GFLOP/s, over about `seconds`:
/// float32 at the widest vectors of the level in use; bf16 as vdpbf16ps. Nothing where the level has no such
/// instruction.
std::optional<double> peak_gflops(DType dtype, double seconds);

/// Sequential reads of one block of memory by several threads.
class ReadBandwidth {
 public:
  /// `bytes` as large as what is compared with it, so that caches help both alike.
  ReadBandwidth(std::int64_t bytes, int threads);

  /// GB/s of passes over the block for about `seconds`.
  double gigabytes_per_second(double seconds) const;

 private:
  Block block_;
  std::int64_t count_;  ///< float32 numbers
  int threads_;
};

}  // namespace attnlab
