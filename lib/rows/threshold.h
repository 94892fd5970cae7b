// Row code of the row_threshold normalisers: weight(z - tau) where positive, z = scale s, tau such that they
// sum to 1.
//
// One pass over the logits is enough: the threshold of a subset of a row is never above the threshold of the
// row (adding a key can only raise it), and no threshold is below max z - 1 (a weight is at most 1). So
// whatever is at or below the bound found so far can never be on the support and is dropped; what is above is
// kept, and when the buffer is full the bound is raised by solving on what was kept. Nothing is approximated.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#include "rows/lane.h"
#include "rows/online.h"
#include "rows/rows.h"

namespace attnlab::ATTNLAB_LEVEL {

/// Pads [count, whole lane) with what is never on the support.
ATTNLAB_INLINE void pad_lane(float* z, std::int64_t count) {
  for (std::int64_t t = count; t % Lane::width != 0; ++t) z[t] = -std::numeric_limits<float>::infinity();
}

/// Lanes added up in float32 before they go to a float64 total: long rows keep their precision.
inline constexpr std::int64_t lanes_per_partial_sum = 64;

/// tau - maximum, in [-1, 0], of `count` values z padded by pad_lane: Newton from below on f(t) = sum
/// weight(z - t) - 1, which is convex and falls, so that t climbs to the root without passing it. Relative to
/// the maximum, so that large logits keep their precision.
template <class Member>
ATTNLAB_INLINE float solve(const Member& member, const float* z, std::int64_t count, float maximum) {
  constexpr std::int64_t block = lanes_per_partial_sum * Lane::width;
  float tau = -1;
  for (int step = 0; step < 100; ++step) {
    double weight_sum = 0;
    double slope_sum = 0;
    for (std::int64_t from = 0; from < count; from += block) {
      const std::int64_t to = from + block < count ? from + block : count;
      Lane weights = Lane(0);
      Lane slopes = Lane(0);
      for (std::int64_t t = from; t < to; t += Lane::width) {
        const Lane excess = (Lane::load(z + t) - Lane(maximum)) - Lane(tau);
        const Mask positive = excess > Lane(0);
        const Lane safe = select(positive, excess, Lane(1));
        weights = weights + select(positive, member.weight(safe), Lane(0));
        slopes = slopes + select(positive, member.slope(safe), Lane(0));
      }
      weight_sum += static_cast<double>(horizontal_sum(weights));
      slope_sum += static_cast<double>(horizontal_sum(slopes));
    }
    const float next = tau + static_cast<float>((weight_sum - 1) / slope_sum);
    if (!(next > tau)) break;
    tau = next < 0 ? next : 0;
  }
  return tau;
}

template <class Member>
ATTNLAB_INLINE void absorb_threshold_rows(const Member& member, const LogitTile& tile,
                                          const ThresholdRows& state) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  const Lane scale = Lane(member.scale());
  for (std::int64_t row = 0; row < tile.rows; ++row) {
    std::int64_t count = state.counts[row];
    if (count == spilled) continue;
    const float* logits = tile.logits + row * tile.stride;
    float* candidates = state.candidates + row * state.capacity;
    std::int32_t* keys = state.keys + row * state.capacity;
    const Lane maxima = row_maxima(logits, tile.columns) * scale;
    if (stdx::any_of(maxima > Lane(state.maximum[row]))) state.maximum[row] = horizontal_max(maxima);
    const float maximum = state.maximum[row];
    float tau = state.tau[row];
    // An infinite logit stays above the bound: it has to come out as NaN, and so does NaN itself.
    const float bound = maximum < infinity ? maximum - 1 : std::numeric_limits<float>::max();
    if (bound > tau) tau = bound;
    for (std::int64_t j = 0; j < tile.columns; j += Lane::width) {
      const Lane z = Lane::load(logits + j) * scale;
      const Mask kept = !(z <= Lane(tau));
      if (stdx::none_of(kept)) continue;
      if (count + Lane::width > state.capacity) {
        // Raise the bound on what is here; the margin keeps what rounding might have put on the wrong side.
        pad_lane(candidates, count);
        const float raised =
            solve(member, candidates, count, maximum) - 4 * std::numeric_limits<float>::epsilon();
        std::int64_t remaining = 0;
        for (std::int64_t t = 0; t < count; ++t) {
          candidates[remaining] = candidates[t];
          keys[remaining] = keys[t];
          remaining += !(candidates[t] - maximum <= raised);
        }
        count = remaining;
        if (maximum + raised > tau) tau = maximum + raised;
        if (2 * count > state.capacity) {
          count = spilled;
          break;
        }
      }
      count += append(kept, z, tile.first_key + j, candidates + count, keys + count);
    }
    state.tau[row] = tau;
    state.counts[row] = static_cast<std::int32_t>(count);
  }
}

template <class Member>
ATTNLAB_INLINE std::int64_t solve_threshold_row(const Member& member, float* z, std::int32_t* keys,
                                                std::int64_t count) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  float maximum = -infinity;
  bool ordered = true;
  for (std::int64_t t = 0; t < count; ++t) {
    ordered = ordered && z[t] < infinity;
    if (z[t] > maximum) maximum = z[t];
  }
  if (!ordered) {
    for (std::int64_t t = 0; t < count; ++t) z[t] = std::numeric_limits<float>::quiet_NaN();
    return count;
  }
  if (maximum == -infinity) return 0;
  pad_lane(z, count);
  const float tau = solve(member, z, count, maximum);
  std::int64_t support = 0;
  for (std::int64_t t = 0; t < count; ++t) {
    const float excess = (z[t] - maximum) - tau;
    if (!(excess > 0)) continue;
    z[support] = excess;
    keys[support++] = keys[t];
  }
  for (std::int64_t t = support; t % Lane::width != 0; ++t) z[t] = 1.0F;
  for (std::int64_t t = 0; t < support; t += Lane::width) member.weight(Lane::load(z + t)).store(z + t);
  double sum = 0;
  for (std::int64_t t = 0; t < support; ++t) sum += static_cast<double>(z[t]);
  const Lane scale = Lane(1 / sum);
  for (std::int64_t t = 0; t < support; t += Lane::width) (Lane::load(z + t) * scale).store(z + t);
  return support;
}

}  // namespace attnlab::ATTNLAB_LEVEL
