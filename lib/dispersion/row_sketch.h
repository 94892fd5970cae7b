// Dispersion of a row gathered in one pass over its keys, in constant memory: states that merge in any order.
// Sums are of weights e = exp(u) with u = s - m. The reference m is the largest s so far (online softmax,
// arXiv:1805.02867); s is a logit, or the logarithm of a weight if weights are not exponentials of logits.
// Relative to the largest weight, no relevant square underflows, even if all weights of a row are small.
#pragma once

#include <cstdint>
#include <limits>
#include <span>

#include "attnlab/dispersion/row_statistics.h"

namespace attnlab {

/// The sums from which entropy and participation are computed; all 0 for an empty row.
struct WeightSums {
  double sum = 0;         ///< e
  double sum_logit = 0;   ///< e u
  double sum_square = 0;  ///< e^2

  double entropy() const;              ///< nats
  double participation_ratio() const;  ///< NaN if no square is above 0, as when all values are 0
};

/// Changes the reference of the sums from `from` to `to` >= from.
void rebase(WeightSums& sums, double from, double to);

/// The range of the logits of a row, independent of the weights.
struct LogitRange {
  double highest = -std::numeric_limits<double>::infinity();
  double lowest = std::numeric_limits<double>::infinity();  ///< least logit above -inf
  double sum = 0;                                           ///< exp(s - highest)
};
void merge(LogitRange& range, const LogitRange& other);

/// The largest logits of a stream: at least `kept`, or all if there are fewer. kernels/sketch.h appends
/// logits from registers.
struct LargestLogits {
  static constexpr std::int32_t kept = 64;
  static constexpr std::int32_t capacity = 192;
  static constexpr std::int32_t slack = 16;  ///< space for a whole register after the last logit

  float bound = -std::numeric_limits<float>::infinity();  ///< logits that are not above it are ignored
  std::int32_t count = 0;                                 ///< at most capacity
  float values[capacity + slack] = {};
};
/// Keeps only the `kept` largest logits and raises the bound to the least of them.
void shrink(LargestLogits& largest);
void append(LargestLogits& largest, float logit);

struct RowSketch {
  std::int64_t first_key = 0;  ///< first key of the sequence of the row
  double reference = -std::numeric_limits<double>::infinity();
  WeightSums weights;
  WeightSums valued;                        ///< sums with e |v_j|, as if the logits were s + ln |v_j|
  double sum_logit_square = 0;              ///< e u^2
  double sum_distance = 0;                  ///< e |position - key|
  double sum_sink = 0;                      ///< e over the first sink_keys keys of the sequence
  double sum_window = 0;                    ///< e over the last window_keys keys up to the position
  double distances[distance_buckets] = {};  ///< e over each bucket of distances
  double support = 0;     ///< number of keys with s above -inf, or with a weight above 0 that underflowed
  LargestLogits largest;  ///< of s
  LogitRange logits;
};

/// Changes the reference of the sums to `reference`, which must not be below the present one.
void rebase(RowSketch& sketch, double reference);

/// Merges a sketch of other keys of the same row.
void merge(RowSketch& sketch, const RowSketch& other);

/// Adds one key of the query at `position`; `logit` is s. Does not change `logits`.
void add(RowSketch& sketch, double logit, std::int64_t key, std::int64_t position, double value_norm);

/// Norms of values are passed to sketches relative to the largest norm, times this scale, so that squares of
/// contributions down to 1e-36 of the largest stay within float32. Smaller contributions count as 0, only in
/// the statistics of values.
inline constexpr float value_norm_scale = 0x1p56F;

/// The sketch of a row from its support: keys[s] has weights[s], 0 if it underflowed. `value_norms`: norms of
/// all keys, scaled as above; their logarithms are unscaled.
void add_support(RowSketch& sketch, std::span<const float> weights, std::span<const std::int32_t> keys,
                 std::int64_t position, const float* value_norms, const float* log_value_norms);

/// Sums of exp(s - reference) over the largest logits.
struct TopSums {
  double top1 = 0, top8 = 0, top64 = 0;
};
TopSums top_sums(const RowSketch& sketch);

/// `log_weight`: logarithm of the sum of the weights of the row (RowStatistics).
RowStatistics row_statistics(const RowSketch& sketch, std::int64_t visible, double log_weight = 0);
RowStatistics row_statistics(const RowSketch& sketch, const TopSums& top, std::int64_t visible,
                             double log_weight = 0);

}  // namespace attnlab
