// The functions that the struct of a modifier may have or leave out, each with the result for a struct that
// leaves it out.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "attnlab/variants/modifiers/row_facts.h"
#include "attnlab/variants/score_weights.h"

namespace attnlab::optional {

/// Shapes of learned parameters.
template <class Member>
std::vector<WeightShape> weights(const Member& member, std::int64_t heads, std::int64_t head_dim) {
  if constexpr (requires { member.weights(heads); })
    return member.weights(heads);
  else if constexpr (requires { member.weights(heads, head_dim); })
    return member.weights(heads, head_dim);
  else
    return {};
}

/// The member with the constants of one head.
template <class Member>
Member for_head(const Member& member, std::int64_t head, std::int64_t heads, const ScoreWeights& weights) {
  if constexpr (requires { member.for_head(head, heads); })
    return member.for_head(head, heads);
  else if constexpr (requires { member.for_head(head, weights); })
    return member.for_head(head, weights);
  else if constexpr (requires { member.for_head(head, heads, weights); })
    return member.for_head(head, heads, weights);
  else
    return member;
}

/// The member with the constants of one row.
template <class Member>
Member for_row(const Member& member, const RowFacts& row) {
  if constexpr (requires { member.for_row(row); })
    return member.for_row(row);
  else
    return member;
}

/// The position that a query predicts.
template <class Member>
double center(const Member& member, std::span<const float> query, const ScoreWeights& weights,
              std::int64_t keys) {
  if constexpr (requires { member.center(query, weights, keys); })
    return member.center(query, weights, keys);
  else
    return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace attnlab::optional
