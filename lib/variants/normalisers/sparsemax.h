// sparsemax: the Euclidean projection of the row onto the simplex, max(s - tau, 0). Martins and Astudillo,
// arXiv:1602.02068.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "attnlab/variants/arguments.h"
#include "attnlab/variants/normalisers/kind.h"

namespace attnlab {

struct Sparsemax {
  static constexpr MemberInfo info{"sparsemax", "", "sparsemax", "max(s - tau, 0)",
                                   "Martins and Astudillo, arXiv:1602.02068"};
  static constexpr NormaliserKind kind = NormaliserKind::row_threshold;

  static Sparsemax parse(const Arguments& given) {
    given.require_count(0, 0, info.parameters);
    return {};
  }
  std::vector<double> arguments() const { return {}; }

  double scale() const { return 1; }
  template <class Real>
  Real weight(Real excess) const {
    return excess;
  }
  template <class Real>
  Real slope(Real /*excess*/, Real /*weight*/) const {
    return Real(1);
  }

  /// Algorithm 1 of the paper: sort, then the largest k with 1 + k z_(k) > sum of the k largest.
  void weights(std::span<double> row) const {
    std::vector<double> sorted(row.begin(), row.end());
    std::sort(sorted.begin(), sorted.end(), std::greater<>());
    double sum = 0;
    double tau = 0;
    for (std::size_t k = 0; k < sorted.size(); ++k) {
      sum += sorted[k] - sorted[0];
      const double count = static_cast<double>(k + 1);
      if (1 + count * (sorted[k] - sorted[0]) > sum) tau = (sum - 1) / count;  // minus sorted[0]
    }
    for (double& value : row) value = std::max((value - sorted[0]) - tau, 0.0);
  }
};

}  // namespace attnlab
