// topk_softmax(k): softmax over the k largest logits. All keys that tie with the k-th largest are kept, so
// that the order of keys does not matter. If k exceeds the row, the result is softmax. Gupta et al.,
// arXiv:2106.06899.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <vector>

#include "attnlab/core/problem.h"
#include "attnlab/variants/arguments.h"
#include "attnlab/variants/normalisers/edge.h"
#include "attnlab/variants/normalisers/kind.h"
#include "attnlab/variants/normalisers/positive.h"
#include "attnlab/variants/normalisers/row_scratch.h"

namespace attnlab {

struct TopkSoftmax {
  static constexpr MemberInfo info{"topk_softmax", "k >= 1", "topk_softmax(8)",
                                   "softmax over the k largest logits and all ties",
                                   "Gupta et al., arXiv:2106.06899"};
  static constexpr NormaliserKind kind = NormaliserKind::full_row;
  std::int64_t kept;

  static TopkSoftmax parse(const Arguments& given) {
    given.require_count(1, 1, info.parameters);
    return {given.integer(0, "k", 1, max_seqlen)};
  }
  std::vector<double> arguments() const { return {static_cast<double>(kept)}; }

  void weights(std::span<double> row) const {
    std::vector<double> sorted(row.begin(), row.end());
    std::sort(sorted.begin(), sorted.end(), std::greater<>());
    const double last = sorted[std::min(sorted.size(), static_cast<std::size_t>(kept)) - 1];
    double sum = 0;
    for (double& value : row) sum += value = value >= last ? positive(std::exp(value - sorted.front())) : 0;
    for (double& value : row) value = value > 0 ? positive(value / sum) : 0;
  }

  /// The k-th largest logit and the next one; they may be equal.
  Edge edge(std::span<const double> row) const {
    std::vector<double> sorted(row.begin(), row.end());
    std::sort(sorted.begin(), sorted.end(), std::greater<>());
    const auto k = static_cast<std::size_t>(kept);
    if (k >= sorted.size()) return {sorted.back(), -std::numeric_limits<double>::infinity()};
    return {sorted[k - 1], sorted[k]};
  }

  void solve(std::span<float> row, const RowScratch& scratch) const {
    const double last = kth_largest(row, scratch.values);
    const float maximum = *std::max_element(row.begin(), row.end());
    double sum = 0;
    for (float& value : row) {
      value = static_cast<double>(value) >= last ? positive(std::exp(value - maximum)) : 0.0F;
      sum += static_cast<double>(value);
    }
    const auto scale = static_cast<float>(1 / sum);
    for (float& value : row) value = value > 0 ? positive(value * scale) : 0;
  }

 private:
  /// Keeps what is above the k-th largest so far; -inf if the row is no longer than k.
  double kth_largest(std::span<const float> row, std::span<double> buffer) const {
    double bound = -std::numeric_limits<double>::infinity();
    const auto k = static_cast<std::size_t>(kept);
    if (k >= row.size()) return bound;
    const std::size_t capacity = std::min(row.size(), std::max<std::size_t>(2 * k, 64));
    std::size_t held = 0;
    const auto shrink = [&] {
      const auto first = buffer.begin();
      std::nth_element(first, first + static_cast<std::ptrdiff_t>(k - 1),
                       first + static_cast<std::ptrdiff_t>(held), std::greater<>());
      bound = buffer[k - 1];
      held = k;
    };
    for (const float logit : row) {
      if (static_cast<double>(logit) <= bound) continue;
      buffer[held++] = static_cast<double>(logit);
      if (held == capacity) shrink();
    }
    shrink();
    return bound;
  }
};

}  // namespace attnlab
