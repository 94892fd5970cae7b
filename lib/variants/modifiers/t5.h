// t5(buckets, max_distance), t5_causal(buckets, max_distance): a learned bias for each head and bucket of
// distance. Raffel et al., arXiv:1910.10683, section 2.1, with the buckets of their code
// (_relative_position_bucket): one bucket for each short distance, then logarithmically larger buckets up to
// max_distance; larger distances share the last bucket. Half of the buckets of t5 are for keys after the
// query. t5_causal has no buckets for them; they count as distance 0.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "attnlab/core/argument_error.h"
#include "attnlab/core/problem.h"
#include "attnlab/variants/arguments.h"
#include "attnlab/variants/real.h"
#include "attnlab/variants/score_weights.h"

namespace attnlab {

enum class Direction { both, past };

template <Direction direction>
struct T5 {
  static constexpr bool both = direction == Direction::both;
  static constexpr MemberInfo info{
      both ? "t5" : "t5_causal",
      both ? "4 <= buckets <= 128 (32), even; max_distance > buckets / 4 (128)"
           : "2 <= buckets <= 64 (32); max_distance > buckets / 2 (128)",
      both ? "t5(32,128)" : "t5_causal(8,40)",
      both ? "s + w_h(bucket of j - i), w learned: PREFIX_t5.npy (heads x buckets)"
           : "s + w_h(bucket of i - j), w learned: PREFIX_t5.npy (heads x buckets)",
      "Raffel et al., arXiv:1910.10683"};
  static constexpr std::int64_t most_buckets = 64;  ///< largest number of buckets of one side

  std::int64_t buckets;
  std::int64_t max_distance;
  /// Shortest distances of the logarithmic buckets of a side, except the first.
  std::array<float, most_buckets / 2> first{};
  const float* bias = nullptr;  ///< biases of the head

  static T5 parse(const Arguments& given) {
    given.require_count(0, 2, info.parameters);
    T5 made{32, 128};
    if (given.count() > 0)
      made.buckets = given.integer(0, "buckets", both ? 4 : 2, (both ? 2 : 1) * most_buckets);
    if (both && made.buckets % 2 != 0)
      throw ArgumentError("modifier", given.to_string(), "odd number of buckets",
                          "an even one: half of them are for later keys");
    made.max_distance =
        given.count() > 1 ? given.integer(1, "max_distance", made.exact() + 1, max_seqlen) : 128;
    for (std::int64_t k = 1; k < made.side() - made.exact(); ++k)
      made.first[static_cast<std::size_t>(k - 1)] = static_cast<float>(made.shortest(k));
    return made;
  }
  std::vector<double> arguments() const {
    return {static_cast<double>(buckets), static_cast<double>(max_distance)};
  }

  std::vector<WeightShape> weights(std::int64_t heads) const { return {{"t5", heads, buckets}}; }
  T5 for_head(std::int64_t head, const ScoreWeights& weights) const {
    T5 own = *this;
    own.bias = weights.find("t5")->second.values.data() + head * buckets;
    return own;
  }

  template <class Real>
  Real operator()(Real logit, Real query, Real key) const {
    const Real distance = both ? abs(query - key) : max(query - key, Real(0));
    Real bucket = min(distance, Real(exact()));
    for (std::int64_t k = 1; k < side() - exact(); ++k)
      bucket += select(distance >= Real(first[static_cast<std::size_t>(k - 1)]), Real(1), Real(0));
    if (both) bucket += select(key > query, Real(side()), Real(0));
    return logit + look_up(bias, bucket);
  }

 private:
  /// Number of buckets of one side, and number of those with a single distance.
  std::int64_t side() const { return both ? buckets / 2 : buckets; }
  std::int64_t exact() const { return side() / 2; }

  /// Shortest distance in bucket exact() + k, by the formula of the authors' code.
  std::int64_t shortest(std::int64_t k) const {
    const auto after_exact = [&](std::int64_t distance) {
      const auto least = static_cast<double>(exact());
      return static_cast<std::int64_t>(std::log(static_cast<double>(distance) / least) /
                                       std::log(static_cast<double>(max_distance) / least) *
                                       static_cast<double>(side() - exact()));
    };
    std::int64_t low = exact();  // after_exact(low) < k
    std::int64_t high = max_distance;
    while (high - low > 1) {
      const std::int64_t middle = low + (high - low) / 2;
      (after_exact(middle) < k ? low : high) = middle;
    }
    return high;
  }
};

}  // namespace attnlab
