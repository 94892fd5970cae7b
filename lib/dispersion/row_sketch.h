// Dispersion of a row gathered in one pass over its keys, in constant memory: states that merge in any order.
// Sums are of weights e = exp(u), u = s - m relative to a reference m, the largest s so far (online softmax,
// arXiv:1805.02867). s is a logit, or the logarithm of a weight where weights are no exponentials of logits.
// Relative to the largest, no square underflows that matters, however small the weights of a row are.
#pragma once

#include <cstdint>
#include <limits>
#include <span>

#include "attnlab/dispersion/row_statistics.h"

namespace attnlab {

/// What entropy and participation are made of. An empty row is all zeros.
struct WeightSums {
  double sum = 0;         ///< e
  double sum_logit = 0;   ///< e u
  double sum_square = 0;  ///< e^2

  double entropy() const;              ///< nats
  double participation_ratio() const;  ///< NaN where no square is above 0, as where no value has a norm
};

/// Makes sums that were relative to a reference `from` relative to `to` >= from.
void rebase(WeightSums& sums, double from, double to);

/// The logits of a row, whatever its weights are.
struct LogitRange {
  double highest = -std::numeric_limits<double>::infinity();
  double lowest = std::numeric_limits<double>::infinity();  ///< of those above -inf
  double sum = 0;                                           ///< exp(s - highest)
};
void merge(LogitRange& range, const LogitRange& other);

/// The largest of a stream of logits: `kept` of them at least, while there are as many. Appending is up to
/// who has a register of them (kernels/sketch.h).
struct LargestLogits {
  static constexpr std::int32_t kept = 64;
  static constexpr std::int32_t capacity = 192;
  static constexpr std::int32_t slack = 16;  ///< a whole register may be stored behind the last one

  float bound = -std::numeric_limits<float>::infinity();  ///< what is not above it does not matter
  std::int32_t count = 0;                                 ///< at most capacity
  float values[capacity + slack] = {};
};
/// Drops all but the `kept` largest and raises the bound to the least of them.
void shrink(LargestLogits& largest);
void append(LargestLogits& largest, float logit);

struct RowSketch {
  std::int64_t first_key = 0;  ///< of the sequence that the row belongs to
  double reference = -std::numeric_limits<double>::infinity();
  WeightSums weights;
  WeightSums valued;                        ///< of e |v_j|, as if the logits were s + ln |v_j|
  double sum_logit_square = 0;              ///< e u^2
  double sum_distance = 0;                  ///< e |position - key|
  double sum_sink = 0;                      ///< e over the first sink_keys keys of the sequence
  double sum_window = 0;                    ///< e over the last window_keys keys up to the position
  double distances[distance_buckets] = {};  ///< e over each bucket of distances
  double support = 0;                       ///< keys with s above -inf, or a weight above 0 that underflowed
  LargestLogits largest;                    ///< of s
  LogitRange logits;
};

/// Makes the sums relative to `reference`, which is not below the present one.
void rebase(RowSketch& sketch, double reference);

/// Adds other keys of the same row.
void merge(RowSketch& sketch, const RowSketch& other);

/// One key of the query at `position`; `logit` is s, and `logits` is left alone.
void add(RowSketch& sketch, double logit, std::int64_t key, std::int64_t position, double value_norm);

/// Norms of values are handed to sketches relative to the largest, times this: squares of contributions down
/// to 1e-36 of the largest then stay within float32. Smaller ones count as 0, in the statistics of values
/// alone.
inline constexpr float value_norm_scale = 0x1p56F;

/// The weights of a row's support: keys[s] has weights[s], 0 where it underflowed. `value_norms`, scaled as
/// above, and ln of what they are unscaled: of every key.
void add_support(RowSketch& sketch, std::span<const float> weights, std::span<const std::int32_t> keys,
                 std::int64_t position, const float* value_norms, const float* log_value_norms);

/// Sums of exp(s - reference) over the largest logits.
struct TopSums {
  double top1 = 0, top8 = 0, top64 = 0;
};
TopSums top_sums(const RowSketch& sketch);

/// `log_weight`: ln of the sum of the row's weights (RowStatistics).
RowStatistics row_statistics(const RowSketch& sketch, std::int64_t visible, double log_weight = 0);
RowStatistics row_statistics(const RowSketch& sketch, const TopSums& top, std::int64_t visible,
                             double log_weight = 0);

}  // namespace attnlab
