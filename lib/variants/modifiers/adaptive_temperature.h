// adaptive_temperature: beta(H) s with H the entropy of the row, beta = max(1, polynomial(H)) where H > 0.5
// and 1 elsewhere. Velickovic et al., arXiv:2410.01104. beta is above 1 only for 0.849 < H < 5.944 nats, and
// at most 2.42 near 4.41. So it does not change rows that are more dispersed, from about e^5.9 = 380 keys of
// equal weight on.
#pragma once

#include <algorithm>
#include <vector>

#include "attnlab/variants/arguments.h"
#include "attnlab/variants/modifiers/row_facts.h"

namespace attnlab {

struct AdaptiveTemperature {
  static constexpr MemberInfo info{"adaptive_temperature", "", "adaptive_temperature",
                                   "beta(H) s, H the row's entropy; changes rows with 0.849 < H < 5.944 nats",
                                   "Velickovic et al., arXiv:2410.01104"};
  static constexpr RowFact fact = RowFact::entropy;
  double beta = 1;

  static AdaptiveTemperature parse(const Arguments& given) {
    given.require_count(0, 0, info.parameters);
    return {};
  }
  std::vector<double> arguments() const { return {}; }

  AdaptiveTemperature for_row(const RowFacts& row) const {
    const double h = row.entropy;
    if (!(h > 0.5)) return {1};
    return {std::max(1.0, (((-0.037 * h + 0.481) * h - 2.3) * h + 4.917) * h - 1.791)};
  }

  template <class Real>
  Real operator()(Real logit, Real /*query*/, Real /*key*/) const {
    return logit * Real(beta);
  }
};

}  // namespace attnlab
