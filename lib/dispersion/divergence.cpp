#include "attnlab/dispersion/divergence.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace attnlab {

RowDivergence row_divergence(const KeyedWeights& q, const KeyedWeights& p) {
  const double q_sum = std::accumulate(q.weights.begin(), q.weights.end(), 0.0);
  const double p_sum = std::accumulate(p.weights.begin(), p.weights.end(), 0.0);
  RowDivergence result;
  if (!(q_sum > 0 && p_sum > 0)) {
    result.values.fill(std::numeric_limits<double>::quiet_NaN());
    return result;
  }
  constexpr std::int64_t no_key = std::numeric_limits<std::int64_t>::max();
  std::size_t in_q = 0;
  std::size_t in_p = 0;
  while (in_q < q.keys.size() || in_p < p.keys.size()) {
    const std::int64_t q_key = in_q < q.keys.size() ? q.keys[in_q] : no_key;
    const std::int64_t p_key = in_p < p.keys.size() ? p.keys[in_p] : no_key;
    const double q_weight = q_key <= p_key ? q.weights[in_q++] / q_sum : 0;
    const double p_weight = p_key <= q_key ? p.weights[in_p++] / p_sum : 0;
    result[Divergence::l1] += std::abs(p_weight - q_weight);
    if (q_weight > 0) result[Divergence::kl] += q_weight * std::log(q_weight / p_weight);
    if (q_weight == 0) result[Divergence::lost_mass] += p_weight;
  }
  // Rounding can make the sum negative if the two are nearly equal.
  result[Divergence::kl] = std::max(result[Divergence::kl], 0.0);
  return result;
}

}  // namespace attnlab
