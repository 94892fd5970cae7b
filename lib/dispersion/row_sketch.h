// Dispersion of a softmax row gathered in one pass over its logits, in constant memory.
#pragma once

#include <cstdint>

#include "dispersion/row_statistics.h"

namespace attnlab {

/// Sums over the keys seen so far, relative to the running maximum m of the logits: with u = s - m and e =
/// exp(u). An empty row is all zeros.
struct RowSketch {
  double sum = 0;           ///< e
  double sum_logit = 0;     ///< e u
  double sum_square = 0;    ///< e^2
  double sum_distance = 0;  ///< e |position - key|
  double sum_sink = 0;      ///< e over the first sink_keys keys
  double sum_window = 0;    ///< e over the last window_keys keys up to the position
  double largest = 1;       ///< e: the running maximum's own, unless the weights are no exponentials
  double support = 0;       ///< keys with a logit above -inf
};

/// Makes sums that were relative to a maximum `from` relative to `to` >= from.
void rebase(RowSketch& sketch, float from, float to);

/// Adds the sums of other keys of the same row, relative to the same maximum.
void merge(RowSketch& sketch, const RowSketch& other);

RowStatistics row_statistics(const RowSketch& sketch, std::int64_t visible);

}  // namespace attnlab
