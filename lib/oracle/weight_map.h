// A map of the weights of one head, averaged over bins, in O(n) memory.
#pragma once

#include <cstdint>
#include <vector>

#include "attnlab/variants/inputs.h"

namespace attnlab {

/// Bins of queries are equal shares of seqlen_q, bins of keys equal shares of seqlen_k.
struct WeightMap {
  std::int64_t bins = 0;
  /// (query bin, key bin), row-major: mean weight times seqlen_k, so that 1 is uniform attention to all keys.
  std::vector<double> weights;
  /// For each query bin the means over its rows of the entropy in nats and of the mean distance to the keys;
  /// NaN if no row sees a key.
  std::vector<double> entropy, mean_distance;
};

/// Computed by the oracle (float64) in O(seqlen_q x seqlen_k) time. `bins` is at most seqlen_q and at most
/// seqlen_k.
WeightMap weight_map(const Variant& variant, const Problem& problem, const Inputs& inputs, std::int64_t batch,
                     std::int64_t head, std::int64_t bins);

}  // namespace attnlab
