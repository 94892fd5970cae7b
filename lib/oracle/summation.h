// Orders of summation. Rounding differs between them; the exact sum does not.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace attnlab {

enum class Summation { forward, backward, pairwise, blocked };
inline constexpr Summation all_summations[] = {Summation::forward, Summation::backward, Summation::pairwise,
                                               Summation::blocked};

/// Adds terms `first` … `last` to `total`, which may be several numbers. add(t, sum) adds term t to `sum`.
/// pairwise: recursive halves (Higham 1993); blocked: sums of 32 terms each.
template <class Real, class Add>
void add_up(Summation order, std::size_t first, std::size_t last, std::span<Real> total, const Add& add) {
  constexpr std::size_t block = 32;
  if (order == Summation::backward) {
    for (std::size_t t = last; t > first; --t) add(t - 1, total);
  } else if (order == Summation::forward || last - first <= 1) {
    for (std::size_t t = first; t < last; ++t) add(t, total);
  } else {
    const bool halves = order == Summation::pairwise;
    const std::size_t length = halves ? (last - first + 1) / 2 : block;
    std::vector<Real> part(total.size());
    for (std::size_t begin = first; begin < last; begin += length) {
      std::fill(part.begin(), part.end(), Real(0));
      add_up(halves ? order : Summation::forward, begin, std::min(begin + length, last), std::span(part),
             add);
      for (std::size_t c = 0; c < total.size(); ++c) total[c] += part[c];
    }
  }
}

}  // namespace attnlab
