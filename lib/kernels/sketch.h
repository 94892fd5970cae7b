// Row code that adds a tile to row sketches: in float32 within a row of the tile, in float64 across tiles.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "attnlab/dispersion/row_sketch.h"
#include "attnlab/dispersion/row_statistics.h"
#include "attnlab/kernels/lane.h"
#include "attnlab/kernels/rows.h"

namespace attnlab::ATTNLAB_LEVEL {

/// Adjacent lanes of a row.
template <int count>
struct Lanes {
  Lane lane[count];
  ATTNLAB_INLINE Lane& operator[](int l) { return lane[l]; }
  ATTNLAB_INLINE Lane operator[](int l) const { return lane[l]; }
};

/// WeightSums of one row of a tile.
struct LaneSums {
  Lane sum, sum_logit, sum_square;

  ATTNLAB_INLINE void clear() { sum = sum_logit = sum_square = Lane(0.0F); }
  ATTNLAB_INLINE void add(Lane weight, Lane logit) {
    sum = sum + weight;
    add_moments(weight, logit);
  }
  /// Leaves out the sum, which is computed elsewhere.
  ATTNLAB_INLINE void add_moments(Lane weight, Lane logit) {
    sum_logit = sum_logit + weight * logit;
    sum_square = sum_square + weight * weight;
  }
  /// `unit`: scale of the weights.
  ATTNLAB_INLINE void add_to(WeightSums& sums, double unit = 1) const {
    sums.sum += unit * static_cast<double>(horizontal_sum(sum));
    sums.sum_logit += unit * static_cast<double>(horizontal_sum(sum_logit));
    sums.sum_square += unit * unit * static_cast<double>(horizontal_sum(sum_square));
  }
};

/// A range of keys of a row that are in the same bucket of distances, on the same side of the position, and
/// all or none sink keys. A row of a tile is cut into such ranges, so that keys are not tested one by one.
struct Segment {
  std::int64_t position = 0;
  std::int64_t sink_end = 0;  ///< the key after the sink keys
  std::int64_t first_key = 0;
  std::int64_t last_key = 0;  ///< may be beyond the tile

  ATTNLAB_INLINE void begin(std::int64_t key) {
    first_key = key;
    if (key < position)  // distances 2^b … 2^(b+1) - 1, falling
      last_key = position - lower_end(position - key);
    else
      last_key = key == position ? key : position + 2 * lower_end(key - position) - 1;
    if (key < sink_end && last_key >= sink_end) last_key = sink_end - 1;
  }
  ATTNLAB_INLINE void add_mass(RowSketch& sketch, double mass) const {
    const std::int64_t distance = first_key < position ? position - first_key : first_key - position;
    sketch.distances[distance == 0 ? 0 : 64 - __builtin_clzll(static_cast<std::uint64_t>(distance))] += mass;
    if (first_key < sink_end) sketch.sum_sink += mass;
    if (first_key <= position && distance < window_keys) sketch.sum_window += mass;
  }

 private:
  static_assert((window_keys & (window_keys - 1)) == 0, "the window is a whole number of buckets");
  /// The largest power of two that is at most `distance` >= 1.
  ATTNLAB_INLINE static std::int64_t lower_end(std::int64_t distance) {
    return std::int64_t{1} << (63 - __builtin_clzll(static_cast<std::uint64_t>(distance)));
  }
};

/// As shrink(), but keeps up to `most` >= `kept` logits: it finds a bound by counting in registers, which
/// takes a tenth of the time of a selection. `highest`: an upper bound of the logits.
[[gnu::noinline]] static void shrink_in_lanes(LargestLogits& largest, std::int64_t most, float highest) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  if (largest.count <= most) return;
  Lane(-infinity).store(largest.values + largest.count);
  const auto above = [&](float bound) {
    std::int64_t count = 0;
    for (std::int64_t t = 0; t < largest.count; t += Lane::width)
      count += stdx::popcount(Lane::load(largest.values + t) > Lane(bound));
    return count;
  };
  const auto keep = [&](float bound) {
    std::int64_t count = 0;
    for (std::int64_t t = 0; t < largest.count; t += Lane::width) {
      const Lane values = Lane::load(largest.values + t);
      count += append(values > Lane(bound), values, largest.values + count);
    }
    largest.count = static_cast<std::int32_t>(count);
    largest.bound = bound;
  };
  // At least `kept` logits are above `low`, fewer above `high`. Two of three steps interpolate the counts
  // linearly to `most`; the first step is a guess from typical tails of logits.
  float low = largest.bound;
  float high = highest;
  if (low == -infinity) {
    Lane least = Lane(infinity);
    for (std::int64_t t = 0; t < largest.count; t += Lane::width)
      least = min_above_minus_infinity(least, Lane::load(largest.values + t));
    low = __builtin_nextafterf(horizontal_min(least), -infinity);
  }
  std::int64_t above_low = largest.count;
  float share = 0.2F;
  for (std::int64_t above_high = 0, step = 0; above_low > most; ++step) {
    float middle = low + share * (high - low);
    if (step % 3 == 2 || !(low < middle && middle < high)) middle = low / 2 + high / 2;
    if (!(low < middle && middle < high)) break;
    const std::int64_t count = above(middle);
    if (count >= LargestLogits::kept) {
      low = middle;
      above_low = count;
    } else {
      high = middle;
      above_high = count;
    }
    share = static_cast<float>(above_low - (LargestLogits::kept + most) / 2) /
            static_cast<float>(above_low - above_high);
  }
  if (above_low <= most) return keep(low);
  // The two are adjacent numbers: logits between them are equal to `high`.
  keep(high);
  while (largest.count < LargestLogits::kept) largest.values[largest.count++] = high;
}

static TopSums top_sums(RowSketch& sketch) {
  static_assert(LargestLogits::kept % Lane::width == 0);
  constexpr std::int64_t lanes = LargestLogits::kept / Lane::width;
  constexpr float nothing = -std::numeric_limits<float>::infinity();
  LargestLogits& largest = sketch.largest;
  shrink_in_lanes(largest, LargestLogits::kept, static_cast<float>(sketch.reference));
  std::fill(largest.values + largest.count, largest.values + LargestLogits::kept, nothing);
  const Lane reference = Lane(sketch.reference);
  Lane values[lanes];
  Lane all = Lane(0.0F);
  for (std::int64_t l = 0; l < lanes; ++l) {
    values[l] = Lane::load(largest.values + l * Lane::width);
    const Lane weight = exp_of_negative(values[l] - reference);
    all = all + select(values[l] > Lane(nothing), weight, Lane(0.0F));
  }
  TopSums sums;
  sums.top64 = static_cast<double>(horizontal_sum(all));
  // Sorts every lane in descending order, so that the first register has the largest.
  for (std::int64_t sorted = 1; sorted < lanes; ++sorted)
#pragma GCC unroll 16
    for (std::int64_t l = sorted; l > 0; --l) {
      const Lane upper = values[l - 1];
      values[l - 1] = max(upper, values[l]);
      values[l] = min(upper, values[l]);
    }
  // From the largest on; equal ones together.
  for (std::int64_t left = std::min(8, largest.count); left > 0;) {
    const Lane greatest = Lane(horizontal_max(values[0]));
    const Mask found = values[0].value == greatest.value;
    const std::int64_t equal = stdx::popcount(found);
    const auto weight = static_cast<double>(exp_of_negative(greatest - reference).value[0]);
    if (sums.top1 == 0) sums.top1 = weight;
    sums.top8 += weight * static_cast<double>(std::min(equal, left));
    left -= equal;
#pragma GCC unroll 16
    for (std::int64_t l = 0; l + 1 < lanes; ++l) values[l] = select(found, values[l + 1], values[l]);
    values[lanes - 1] = select(found, Lane(nothing), values[lanes - 1]);
  }
  return sums;
}

/// All sums of a RowSketch except its LogitRange. A row is absorbed as its logits, or as the logarithms of
/// its weights.
struct TileSketch {
  static constexpr bool asks_whether_finite = true;
  const SketchRows out;
  const LogitTile& tile;
  RowSketch* sketch = nullptr;
  LaneSums weights{}, valued{};
  Lane sum_logit_square{}, sum_distance{}, support{};
  Lane offset{};  ///< key - position for the keys of the next lane
  Segment segment{};
  Lane segment_sum{};

  ATTNLAB_INLINE void move_reference(std::int64_t row, float, float to) {
    rebase(out.rows[row], static_cast<double>(to));
  }

  ATTNLAB_INLINE void begin_row(std::int64_t row) {
    sketch = out.rows + row;
    weights.clear();
    valued.clear();
    sum_logit_square = sum_distance = support = segment_sum = Lane(0.0F);
    segment.position = tile.first_position + row;
    segment.sink_end = sketch->first_key + sink_keys;
    segment.begin(tile.first_key);
    offset = Lane::iota() + Lane(tile.first_key - segment.position);
  }

  /// Adds adjacent lanes, from `column` on. `logits`: relative to the reference of the sketch; the weights
  /// are their exponentials. `absolutes`: without the reference. `finite`: whether all are finite.
  template <bool finite, int count>
  ATTNLAB_INLINE void add(const Lanes<count>& lane_weights, const Lanes<count>& logits,
                          const Lanes<count>& absolutes, std::int64_t column) {
    keep_largest(absolutes);
#pragma GCC unroll 4
    for (int l = 0; l < count; ++l)
      add_lane<finite>(lane_weights[l], logits[l], absolutes[l], tile.first_key + column + l * Lane::width);
    if (finite) sketch->support += count * Lane::width;
  }

  ATTNLAB_INLINE void end_row(std::int64_t) {
    close_segment();
    weights.add_to(sketch->weights);
    valued.add_to(sketch->valued, 1 / static_cast<double>(value_norm_scale));
    sketch->sum_logit_square += static_cast<double>(horizontal_sum(sum_logit_square));
    sketch->sum_distance += static_cast<double>(horizontal_sum(sum_distance));
    sketch->support += static_cast<double>(horizontal_sum(support));
  }

 private:
  ATTNLAB_INLINE void close_segment() {
    const auto mass = static_cast<double>(horizontal_sum(segment_sum));
    segment.add_mass(*sketch, mass);
    sketch->weights.sum += mass;
    segment_sum = Lane(0.0F);
  }

  template <bool finite>
  ATTNLAB_INLINE void add_lane(Lane weight, Lane logit, Lane absolute, std::int64_t key) {
    const Lane zero = Lane(0.0F);
    Lane u = logit;
    Lane norm = Lane::load(out.value_norms + key);
    Lane log_norm = Lane::load(out.log_value_norms + key);
    if constexpr (!finite) {
      const Mask seen = weight > zero;  // elsewhere, and for NaN, no logarithm is multiplied
      u = select(seen, logit, zero);
      norm = select(seen, norm, zero);
      log_norm = select(seen, log_norm, zero);
      support =
          select(absolute > Lane(-std::numeric_limits<float>::infinity()), support + Lane(1.0F), support);
    }
    weights.add_moments(weight, u);
    sum_logit_square = sum_logit_square + weight * u * u;
    valued.add(weight * norm, u + log_norm);
    sum_distance = sum_distance + weight * abs(offset);
    offset = offset + Lane(Lane::width);

    Lane rest = weight;
    while (key + Lane::width - 1 > segment.last_key) {
      const Mask inside = Lane::iota() <= Lane(segment.last_key - key);
      segment_sum = segment_sum + select(inside, rest, zero);
      rest = select(inside, zero, rest);
      close_segment();
      segment.begin(segment.last_key + 1);
    }
    segment_sum = segment_sum + rest;
  }

  /// Appends without testing whether there are any: the outcome is as good as random, and mispredictions took
  /// more than a quarter of the time that statistics add to a pass.
  template <int count>
  ATTNLAB_INLINE void keep_largest(const Lanes<count>& absolutes) {
    static_assert(Lane::width <= LargestLogits::slack);
    constexpr std::int32_t kept = LargestLogits::kept + LargestLogits::kept / 8;
    static_assert(kept + count * Lane::width <= LargestLogits::capacity);
    LargestLogits& largest = sketch->largest;
    if (largest.count + count * Lane::width > LargestLogits::capacity)
      shrink_in_lanes(largest, kept, static_cast<float>(sketch->reference));
    const Lane bound = Lane(largest.bound);
    std::int32_t kept_now = largest.count;
#pragma GCC unroll 4
    for (int l = 0; l < count; ++l)
      kept_now +=
          static_cast<std::int32_t>(append(absolutes[l] > bound, absolutes[l], largest.values + kept_now));
    largest.count = kept_now;
  }
};

}  // namespace attnlab::ATTNLAB_LEVEL
