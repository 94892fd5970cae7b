// Row code of the row_threshold normalisers: weights weight(z - tau) for z > tau, z = scale s, with tau such
// that they sum to 1.
//
// One pass over the logits is enough. The threshold of a subset of a row is never above that of the row,
// since adding a key can only raise it; and no threshold is below max z - 1, since a weight is at most 1. So
// a key at or below the bound found so far cannot be on the support and is dropped. Keys above it are kept as
// candidates; whenever their number has doubled, a Newton step on the candidates raises the bound. The result
// is exact.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "attnlab/kernels/lane.h"
#include "attnlab/kernels/online.h"
#include "attnlab/kernels/rows.h"
#include "attnlab/kernels/stored_rows.h"

namespace attnlab::ATTNLAB_LEVEL {

/// Pads [count, whole lane) with values that are never on the support.
ATTNLAB_INLINE void pad_lane(float* z, std::int32_t* keys, std::int64_t count) {
  const std::int64_t first = count / Lane::width * Lane::width;
  if (first == count) return;
  const Mask inside = Lane::iota() < Lane(count - first);
  select(inside, Lane::load(z + first), Lane(-std::numeric_limits<float>::infinity())).store(z + first);
  const Lane numbers = Lane::load(reinterpret_cast<const float*>(keys + first));
  select(inside, numbers, Lane(0)).store(reinterpret_cast<float*>(keys + first));
}

/// Number of lanes added in float32 before they are added to a float64 total, so that long rows keep their
/// precision.
inline constexpr std::int64_t lanes_per_partial_sum = 64;

/// sum^(1 / power). Hardware square roots are many times faster than std::pow.
ATTNLAB_INLINE double root(double sum, double power) {
  for (; power == 2 || power == 4; power /= 2) sum = __builtin_sqrt(sum);
  return power == 1 ? sum : __builtin_pow(sum, 1 / power);
}

/// What `weight` and `slope` of a member take is the excess less this: 1 if the excesses of the member are
/// near 1 and need more digits than float32 has, else 0.
template <class Member>
constexpr float origin_of() {
  if constexpr (requires { Member::origin; })
    return Member::origin;
  else
    return 0;
}

/// A Newton step on f(t) = sum weight(z - t) - 1. If weight(y) is y^c, the step is on the c-norm of z - t
/// minus 1 instead. That has the same root and is also convex and decreasing, but nearly straight: it needs
/// two or three steps where f needs ten.
template <class Member>
ATTNLAB_INLINE double newton_step(const Member& member, double weight_sum, double slope_sum) {
  if constexpr (origin_of<Member>() == 1) {
    const double norm_less_one = __builtin_expm1(__builtin_log(weight_sum) / member.power());
    return norm_less_one * weight_sum * member.power() / ((1 + norm_less_one) * slope_sum);
  } else if constexpr (requires { member.power(); }) {
    const double power = member.power();
    const double norm = root(weight_sum, power);
    return (norm - 1) * weight_sum * power / (norm * slope_sum);
  } else {
    return (weight_sum - 1) / slope_sum;
  }
}

/// `count` values z, padded by pad_lane, and a lower bound of tau - maximum + origin_of the member, which
/// steps increase. tau - maximum is in [-1, 0].
struct OpenRow {
  const float* z = nullptr;
  std::int64_t count = 0;
  float maximum = 0;
  float tau = -1;
  bool climbs = true;
};

struct SumAndSlope {
  double sum, slope;
};
/// Sums of the weights and slopes at tau. Relative to the maximum, so that large logits keep their precision.
template <class Member>
ATTNLAB_INLINE SumAndSlope sum_weights(const Member& member, const OpenRow& row) {
  constexpr std::int64_t block = lanes_per_partial_sum * Lane::width;
  constexpr float zero = 0 - origin_of<Member>();  // an excess of 0, less the origin
  SumAndSlope total{0, 0};
  for (std::int64_t from = 0; from < row.count; from += block) {
    const std::int64_t to = from + block < row.count ? from + block : row.count;
    Lane weights = Lane(0);
    Lane slopes = Lane(0);
    for (std::int64_t t = from; t < to; t += Lane::width) {
      const Lane excess = (Lane::load(row.z + t) - Lane(row.maximum)) - Lane(row.tau);
      const Mask positive = excess > Lane(zero);
      const Lane safe = select(positive, excess, Lane(1 + zero));
      const Lane weight = member.weight(safe);
      weights = weights + select(positive, weight, Lane(0));
      slopes = slopes + select(positive, member.slope(safe, weight), Lane(0));
    }
    total.sum += static_cast<double>(horizontal_sum(weights));
    total.slope += static_cast<double>(horizontal_sum(slopes));
  }
  return total;
}

/// Number of rows that are solved together: while the step of one row waits for sums, roots and quotients,
/// others proceed.
inline constexpr std::int64_t rows_at_once = 8;

/// Raises tau of at most rows_at_once rows by newton_step. The function is convex and decreasing, so tau
/// approaches the root from below; any number of steps gives a lower bound.
template <class Member>
ATTNLAB_INLINE void solve(const Member& member, OpenRow* rows, std::int64_t count, int steps) {
  bool some = true;
  for (int step = 0; some && step < steps; ++step) {
    SumAndSlope totals[rows_at_once];
    for (std::int64_t r = 0; r < count; ++r)
      if (rows[r].climbs) totals[r] = sum_weights(member, rows[r]);
    some = false;
    for (std::int64_t r = 0; r < count; ++r) {
      if (!rows[r].climbs) continue;
      const float next =
          rows[r].tau + static_cast<float>(newton_step(member, totals[r].sum, totals[r].slope));
      rows[r].climbs = next > rows[r].tau;
      if (rows[r].climbs) rows[r].tau = next < origin_of<Member>() ? next : origin_of<Member>();
      some = some || rows[r].climbs;
    }
  }
}

/// The start value of tau from a lower bound: at least -1, and lower than the bound by its possible rounding.
ATTNLAB_INLINE float start_of(float bound, float maximum) {
  const float start =
      bound - maximum - 8 * std::numeric_limits<float>::epsilon() * (1 + __builtin_fabsf(maximum));
  return start > -1 ? start : -1.0F;
}

/// Number of steps to the root, and number of steps to a useful bound.
inline constexpr int all_steps = 100, bound_steps = 1;

/// The candidates of one row while a tile is scanned.
struct Candidates {
  float* z;
  std::int32_t* keys;
  std::int64_t count;
  std::int64_t limit;
  float maximum;
  float tau;
  float slack;  ///< twice the largest error of z: one value may be too small and another too large
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

  /// maximum - distance or less, since for large logits 1 may be less than the rounding.
  ATTNLAB_INLINE float below_maximum(float distance) const {
    return maximum - distance - std::numeric_limits<float>::epsilon() * __builtin_fabsf(maximum);
  }

  /// No threshold is more than 1 below the maximum. An infinite logit and NaN stay above the bound, since the
  /// result must be NaN.
  ATTNLAB_INLINE void see(float largest) {
    if (largest > maximum) maximum = largest;
    const float bound = maximum < std::numeric_limits<float>::infinity() ? below_maximum(1 + slack)
                                                                         : std::numeric_limits<float>::max();
    if (bound > tau) tau = bound;
  }

  /// The candidates, padded, from which the bound is raised. `origin`: origin_of the member.
  ATTNLAB_INLINE OpenRow open(float origin) {
    pad_lane(z, keys, count);
    return {z, count, maximum, start_of(tau + slack, maximum) + origin};
  }
  /// Raises the bound to the tau of `solved`, minus a margin for rounding.
  ATTNLAB_INLINE void raise(const OpenRow& solved, float origin) {
    const float raised = (solved.tau - origin) - 4 * std::numeric_limits<float>::epsilon() - slack;
    std::int64_t remaining = 0;
    for (std::int64_t t = 0; t < count; t += Lane::width) {
      const Lane lane = Lane::load(z + t);
      remaining += append(!(lane - Lane(maximum) <= Lane(raised)), lane,
                          IntRegister(keys + t, stdx::element_aligned), z + remaining, keys + remaining);
    }
    work->dropped += static_cast<std::int32_t>(count - remaining);
    ++work->solves;
    count = remaining;
    const float bound = below_maximum(-raised);
    if (bound > tau && bound < std::numeric_limits<float>::infinity()) tau = bound;
  }

  /// Whether one more lane fits.
  ATTNLAB_INLINE bool has_room() const { return count + Lane::width <= limit; }
  /// Raises the bound whenever the number of candidates has doubled, so that fewer of the next keys become
  /// candidates. The row is spilled if the buffer is full and more than half of it may be on the support.
  /// `largest`: an upper bound of the candidates that were not scanned.
  template <class Member>
  ATTNLAB_INLINE void make_room(const Member& member, std::int64_t capacity, float largest) {
    see(largest);
    const bool full = limit == capacity;
    OpenRow row = open(origin_of<Member>());
    solve(member, &row, 1, bound_steps);
    raise(row, origin_of<Member>());
    limit = std::min(capacity, 2 * (count + Lane::width));
    if (full && 2 * count > capacity) count = spilled;
  }

  ATTNLAB_INLINE void keep(const ThresholdRows& state, std::int64_t row) const {
    state.counts[row] = static_cast<std::int32_t>(count);
    state.limits[row] = static_cast<std::int32_t>(limit);
    state.maximum[row] = maximum;
    state.tau[row] = tau;
  }
};

/// A bit for each of the first `lanes` lanes, at most 64, that has a logit above `bound` or NaN. Branches on
/// single lanes are unpredictable, so all lanes are tested first.
ATTNLAB_INLINE std::uint64_t lanes_above(const float* logits, std::int64_t lanes, Lane bound) {
  const auto ask = [&](std::int64_t lane) {
    return static_cast<std::uint64_t>(stdx::any_of(!(Lane::load(logits + lane * Lane::width) <= bound)));
  };
  std::uint64_t above = 0;
  std::int64_t l = 0;
  for (; l + 4 <= lanes; l += 4) above |= (ask(l) | ask(l + 1) << 1 | ask(l + 2) << 2 | ask(l + 3) << 3) << l;
  for (; l < lanes; ++l) above |= ask(l) << l;
  return above;
}

/// The same from logits that were tested before: from the bits of `words`, starting at a whole word.
ATTNLAB_INLINE std::uint64_t lanes_above(const std::uint16_t* above, std::int64_t lanes) {
#if defined(__AVX512BW__)
  const auto ask = [&](std::int64_t first) -> std::uint64_t {
    if (lanes <= first) return 0;
    const std::int64_t count = std::min<std::int64_t>(lanes - first, 32);
    const __m512i words = _mm512_maskz_loadu_epi16(~0u >> (32 - count), above + first);
    return _mm512_test_epi16_mask(words, words);
  };
  return ask(0) | ask(32) << 32;
#else
  constexpr unsigned all = (1u << Lane::width) - 1;
  std::uint64_t found = 0;
  for (std::int64_t l = 0; l < lanes; ++l) {
    const std::int64_t bit = l * Lane::width;
    const unsigned word = above[bit / row_code_columns];
    found |= std::uint64_t{(word >> bit % row_code_columns & all) != 0} << l;
  }
  return found;
#endif
}

/// A logit at or below this value has z at or below tau.
ATTNLAB_INLINE float logit_bound(float tau, float scale) {
  const float bound = tau / scale;
  return bound - 4 * std::numeric_limits<float>::epsilon() * __builtin_fabsf(bound) -
         std::numeric_limits<float>::min() / scale;
}

template <class Member>
ATTNLAB_INLINE void absorb_threshold_rows(const Member& member, const LogitTile tile,
                                          const ThresholdRows state) {
  const auto scale = static_cast<float>(member.scale());
  constexpr float infinity = std::numeric_limits<float>::infinity();
  const auto numbers = IntRegister([](auto element) { return static_cast<std::int32_t>(element); });
  for (std::int64_t row = 0; row < tile.rows; ++row) {
    if (state.counts[row] == spilled) continue;
    Candidates own(state, row);
    const float* logits = tile.logits + row * tile.stride;
    // Without a bound every logit counts as above it.
    const bool asked = tile.above && own.maximum > -infinity;
    if (own.maximum == -infinity) own.see(scale * horizontal_max(row_maxima(logits, tile.columns)));
    Lane maxima = Lane(-infinity);
    for (std::int64_t first = 0; first < tile.columns; first += 64 * Lane::width) {
      const std::int64_t count = std::min<std::int64_t>((tile.columns - first) / Lane::width, 64);
      std::uint64_t lanes =
          asked ? lanes_above(tile.above + (row * tile.stride + first) / row_code_columns, count)
                : lanes_above(logits + first, count, Lane(logit_bound(own.tau, scale)));
      for (; lanes != 0; lanes &= lanes - 1) {
        const std::int64_t j = first + __builtin_ctzll(lanes) * Lane::width;
        const Lane z = Lane::load(logits + j) * Lane(scale);
        maxima = max(maxima, z);
        if (!own.has_room()) own.make_room(member, state.capacity, horizontal_max(maxima));
        if (own.count == spilled) break;
        own.count += append(!(z <= Lane(own.tau)), z, numbers + static_cast<std::int32_t>(tile.first_key + j),
                            own.z + own.count, own.keys + own.count);
      }
      if (own.count == spilled) break;
    }
    own.see(horizontal_max(maxima));
    own.keep(state, row);
  }
}

template <class Member, class Storage>
ATTNLAB_INLINE void refine_rows(const Member& member, Storage storage, std::int64_t rows,
                                const float* queries, const StoredRows& keys, const ThresholdRows& state) {
  const auto scale = static_cast<float>(member.scale());
  for (std::int64_t first = 0; first < rows; first += rows_at_once) {
    OpenRow open[rows_at_once];
    std::int64_t numbers[rows_at_once];
    std::int64_t count = 0;
    for (std::int64_t row = first; row < std::min(first + rows_at_once, rows); ++row) {
      if (state.counts[row] == spilled || state.counts[row] == 0) continue;
      open[count] = Candidates(state, row).open(origin_of<Member>());
      numbers[count++] = row;
    }
    solve(member, open, count, bound_steps);
    for (std::int64_t r = 0; r < count; ++r) {
      Candidates own(state, numbers[r]);
      own.raise(open[r], origin_of<Member>());
      const float* query = queries + numbers[r] * keys.width;
      for (std::int64_t t = 0; t < own.count; ++t) {
        if (t + rows_ahead < own.count) prefetch_row(keys, own.keys[t + rows_ahead]);
        own.z[t] =
            scale * dot_with_row(storage, query, keys.first + own.keys[t] * keys.stride_bytes, keys.width);
      }
      own.keep(state, numbers[r]);
    }
  }
}

/// Turns the z above tau into weights that sum to 1, in order, and returns their number.
template <class Member>
ATTNLAB_INLINE std::int64_t write_weights(const Member& member, const OpenRow& row, float* z,
                                          std::int32_t* keys) {
  constexpr float zero = 0 - origin_of<Member>();
  std::int64_t support = 0;
  for (std::int64_t t = 0; t < row.count; t += Lane::width) {
    const Lane excess = (Lane::load(z + t) - Lane(row.maximum)) - Lane(row.tau);
    support += append(excess > Lane(zero), excess, IntRegister(keys + t, stdx::element_aligned), z + support,
                      keys + support);
  }
  constexpr std::int64_t block = lanes_per_partial_sum * Lane::width;
  double sum = 0;
  for (std::int64_t from = 0; from < support; from += block) {
    Lane sums = Lane(0);
    for (std::int64_t t = from; t < std::min(from + block, support); t += Lane::width) {
      const Lane weight = select(Lane::iota() < Lane(support - t), member.weight(Lane::load(z + t)), Lane(0));
      weight.store(z + t);
      sums = sums + weight;
    }
    sum += static_cast<double>(horizontal_sum(sums));
  }
  const Lane scale = Lane(1 / sum);
  for (std::int64_t t = 0; t < support; t += Lane::width) (Lane::load(z + t) * scale).store(z + t);
  return support;
}

template <class Member>
ATTNLAB_INLINE void solve_threshold_rows(const Member& member, ThresholdRow* rows, std::int64_t count) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  for (std::int64_t first = 0; first < count; first += rows_at_once) {
    OpenRow open[rows_at_once];
    ThresholdRow* solved[rows_at_once];
    std::int64_t unsolved = 0;
    for (ThresholdRow* row = rows + first; row < rows + std::min(first + rows_at_once, count); ++row) {
      pad_lane(row->z, row->keys, row->count);
      Lane maxima = Lane(-infinity);
      bool ordered = true;
      for (std::int64_t t = 0; t < row->count; t += Lane::width) {
        ordered = ordered && stdx::all_of(Lane::load(row->z + t) < Lane(infinity));
        maxima = max(maxima, Lane::load(row->z + t));
      }
      const float maximum = horizontal_max(maxima);
      if (!ordered) {
        std::fill_n(row->z, row->count, std::numeric_limits<float>::quiet_NaN());
      } else if (maximum == -infinity) {
        row->count = 0;
      } else {
        open[unsolved] = {row->z, row->count, maximum, start_of(row->bound, maximum) + origin_of<Member>()};
        solved[unsolved++] = row;
      }
    }
    solve(member, open, unsolved, all_steps);
    for (std::int64_t r = 0; r < unsolved; ++r)
      solved[r]->count = write_weights(member, open[r], solved[r]->z, solved[r]->keys);
  }
}

}  // namespace attnlab::ATTNLAB_LEVEL
