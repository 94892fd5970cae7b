// Row code of the row_threshold normalisers: weight(z - tau) where positive, z = scale s, tau such that they
// sum to 1.
//
// One pass over the logits is enough: the threshold of a subset of a row is never above the threshold of the
// row (adding a key can only raise it), and no threshold is below max z - 1 (a weight is at most 1). So
// whatever is at or below the bound found so far can never be on the support and is dropped; what is above is
// kept, and when the buffer is full the bound is raised by solving on what was kept. Nothing is approximated.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "rows/lane.h"
#include "rows/online.h"
#include "rows/rows.h"
#include "rows/stored_rows.h"

namespace attnlab::ATTNLAB_LEVEL {

/// Pads [count, whole lane) with what is never on the support.
ATTNLAB_INLINE void pad_lane(float* z, std::int32_t* keys, std::int64_t count) {
  for (std::int64_t t = count; t % Lane::width != 0; ++t) {
    z[t] = -std::numeric_limits<float>::infinity();
    keys[t] = 0;
  }
}

/// Lanes added up in float32 before they go to a float64 total: long rows keep their precision.
inline constexpr std::int64_t lanes_per_partial_sum = 64;

/// Newton's step on f(t) = sum weight(z - t) - 1. Where weight(y) is y^c, that on the c-norm of z - t, which
/// has the same root, is convex and falls as f does, but is nearly straight: two or three steps where f takes
/// ten.
template <class Member>
ATTNLAB_INLINE double newton_step(const Member& member, double weight_sum, double slope_sum) {
  if constexpr (requires { member.power(); }) {
    const double power = member.power();
    const double norm = power == 2 ? __builtin_sqrt(weight_sum) : __builtin_pow(weight_sum, 1 / power);
    return (norm - 1) * weight_sum * power / (norm * slope_sum);
  } else {
    return (weight_sum - 1) / slope_sum;
  }
}

/// tau - maximum, in [-1, 0], of `count` values z padded by pad_lane: newton_step from `tau`, a bound from
/// below, on what is convex and falls, so that t climbs to the root without passing it: it may be stopped
/// after any number of steps. Relative to the maximum, so that large logits keep their precision.
template <class Member>
ATTNLAB_INLINE float solve(const Member& member, const float* z, std::int64_t count, float maximum, float tau,
                           int steps) {
  constexpr std::int64_t block = lanes_per_partial_sum * Lane::width;
  for (int step = 0; step < steps; ++step) {
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
        const Lane weight = member.weight(safe);
        weights = weights + select(positive, weight, Lane(0));
        slopes = slopes + select(positive, member.slope(safe, weight), Lane(0));
      }
      weight_sum += static_cast<double>(horizontal_sum(weights));
      slope_sum += static_cast<double>(horizontal_sum(slopes));
    }
    const float next = tau + static_cast<float>(newton_step(member, weight_sum, slope_sum));
    if (!(next > tau)) break;
    tau = next < 0 ? next : 0;
  }
  return tau;
}

/// Where to start from, given a bound of tau: no less than -1, and below what rounding may have added to it.
ATTNLAB_INLINE float start_of(float bound, float maximum) {
  const float start =
      bound - maximum - 8 * std::numeric_limits<float>::epsilon() * (1 + __builtin_fabsf(maximum));
  return start > -1 ? start : -1.0F;
}

/// Steps to the root, and steps to a bound that is worth having.
inline constexpr int all_steps = 100, few_steps = 2;

/// The candidates of one row while a tile passes by.
struct Candidates {
  float* z;
  std::int32_t* keys;
  std::int64_t count;
  std::int64_t limit;
  float maximum;
  float tau;
  float slack;  ///< what z may have too little, and what others may have too much
  ThresholdWork* work;

  ATTNLAB_INLINE Candidates(const ThresholdRows& state, std::int64_t row)
      : z(state.candidates + row * state.capacity),
        keys(state.keys + row * state.capacity),
        count(state.counts[row]),
        limit(state.limits[row]),
        maximum(state.maximum[row]),
        tau(state.tau[row]),
        slack(state.slack ? 2 * state.slack[row] : 0.0F),
        work(state.work + row) {}

  /// No threshold is more than 1 below the maximum. An infinite logit stays above the bound: it has to come
  /// out as NaN, and so does NaN itself.
  ATTNLAB_INLINE void see(float largest) {
    if (largest > maximum) maximum = largest;
    const float bound = maximum < std::numeric_limits<float>::infinity() ? maximum - 1 - slack
                                                                         : std::numeric_limits<float>::max();
    if (bound > tau) tau = bound;
  }

  /// Raises the bound on what is here; the margin keeps what rounding might have put on the wrong side.
  template <class Member>
  ATTNLAB_INLINE void raise(const Member& member, int steps) {
    pad_lane(z, keys, count);
    const float raised = solve(member, z, count, maximum, start_of(tau + slack, maximum), steps) -
                         4 * std::numeric_limits<float>::epsilon() - slack;
    std::int64_t remaining = 0;
    for (std::int64_t t = 0; t < count; t += Lane::width) {
      const Lane lane = Lane::load(z + t);
      remaining += append(!(lane - Lane(maximum) <= Lane(raised)), lane,
                          IntRegister(keys + t, stdx::element_aligned), z + remaining, keys + remaining);
    }
    work->dropped += static_cast<std::int32_t>(count - remaining);
    ++work->solves;
    count = remaining;
    const float bound = maximum + raised;
    if (bound > tau && bound < std::numeric_limits<float>::infinity()) tau = bound;
  }

  /// Room for one more lane. The bound is raised whenever candidates have doubled, so that fewer of the next
  /// keys become any. False, and the row is spilled, if the buffer is full and more than half of it may be on
  /// the support.
  template <class Member>
  ATTNLAB_INLINE bool make_room(const Member& member, std::int64_t capacity) {
    if (count + Lane::width <= limit) return true;
    const bool full = limit == capacity;
    raise(member, few_steps);
    limit = std::min(capacity, 2 * (count + Lane::width));
    if (full && 2 * count > capacity) count = spilled;
    return count != spilled;
  }

  ATTNLAB_INLINE void keep(const ThresholdRows& state, std::int64_t row) const {
    state.counts[row] = static_cast<std::int32_t>(count);
    state.limits[row] = static_cast<std::int32_t>(limit);
    state.maximum[row] = maximum;
    state.tau[row] = tau;
  }
};

template <class Member>
ATTNLAB_INLINE void absorb_threshold_rows(const Member& member, const LogitTile tile,
                                          const ThresholdRows state) {
  const Lane scale = Lane(member.scale());
  constexpr std::int64_t asked_columns = 64 * Lane::width;
  const auto numbers = IntRegister([](auto element) { return static_cast<std::int32_t>(element); });
  for (std::int64_t row = 0; row < tile.rows; ++row) {
    if (state.counts[row] == spilled) continue;
    Candidates own(state, row);
    const float* logits = tile.logits + row * tile.stride;
    const Lane maxima = row_maxima(logits, tile.columns) * scale;
    own.see(stdx::any_of(maxima > Lane(own.maximum)) ? horizontal_max(maxima) : own.maximum);
    const auto z = [&](std::int64_t j) { return Lane::load(logits + j) * scale; };
    for (std::int64_t first = 0; first < tile.columns && own.count != spilled; first += asked_columns) {
      // Whether a lane has some cannot be foretold: first ask all of them, then go to those that have.
      const std::int64_t columns = std::min(tile.columns - first, asked_columns);
      std::uint64_t lanes = 0;
      for (std::int64_t l = 0; l < columns / Lane::width; ++l)
        lanes |= static_cast<std::uint64_t>(stdx::any_of(!(z(first + l * Lane::width) <= Lane(own.tau))))
                 << l;
      for (; lanes != 0 && own.make_room(member, state.capacity); lanes &= lanes - 1) {
        const std::int64_t j = first + __builtin_ctzll(lanes) * Lane::width;
        own.count +=
            append(!(z(j) <= Lane(own.tau)), z(j), numbers + static_cast<std::int32_t>(tile.first_key + j),
                   own.z + own.count, own.keys + own.count);
      }
    }
    own.keep(state, row);
  }
}

template <class Member, class Storage>
ATTNLAB_INLINE void refine_rows(const Member& member, Storage storage, std::int64_t rows,
                                const float* queries, const StoredRows& keys, const ThresholdRows& state) {
  const auto scale = static_cast<float>(member.scale());
  for (std::int64_t row = 0; row < rows; ++row) {
    if (state.counts[row] == spilled || state.counts[row] == 0) continue;
    Candidates own(state, row);
    own.raise(member, few_steps);
    const float* query = queries + row * keys.width;
    for (std::int64_t t = 0; t < own.count; ++t) {
      if (t + rows_ahead < own.count) prefetch_row(keys, own.keys[t + rows_ahead]);
      own.z[t] =
          scale * dot_with_row(storage, query, keys.first + own.keys[t] * keys.stride_bytes, keys.width);
    }
    own.keep(state, row);
  }
}

/// `bound`: below tau, in z; -inf if nothing is known.
template <class Member>
ATTNLAB_INLINE std::int64_t solve_threshold_row(const Member& member, float* z, std::int32_t* keys,
                                                std::int64_t count, float bound) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  pad_lane(z, keys, count);
  Lane maxima = Lane(-infinity);
  bool ordered = true;
  for (std::int64_t t = 0; t < count; t += Lane::width) {
    ordered = ordered && stdx::all_of(Lane::load(z + t) < Lane(infinity));
    maxima = max(maxima, Lane::load(z + t));
  }
  const float maximum = horizontal_max(maxima);
  if (!ordered) {
    for (std::int64_t t = 0; t < count; ++t) z[t] = std::numeric_limits<float>::quiet_NaN();
    return count;
  }
  if (maximum == -infinity) return 0;
  const float tau = solve(member, z, count, maximum, start_of(bound, maximum), all_steps);
  std::int64_t support = 0;
  for (std::int64_t t = 0; t < count; t += Lane::width) {
    const Lane excess = (Lane::load(z + t) - Lane(maximum)) - Lane(tau);
    support += append(excess > Lane(0), excess, IntRegister(keys + t, stdx::element_aligned), z + support,
                      keys + support);
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
