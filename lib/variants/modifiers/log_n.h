// log_n(a): a ln(n_i) s, n_i the number of keys that the row sees. Logits grow with the row, so that softmax
// can stay sharp on long rows. Scalable-Softmax, Nakanishi, arXiv:2501.19399.
#pragma once

#include <cmath>
#include <vector>

#include "attnlab/variants/arguments.h"
#include "attnlab/variants/modifiers/row_facts.h"

namespace attnlab {

struct LogN {
  static constexpr MemberInfo info{"log_n", "1e-30 <= a <= 1e30 (0.43)", "log_n(0.43)",
                                   "a ln(n) s, n visible keys", "Nakanishi, arXiv:2501.19399"};
  static constexpr RowFact fact = RowFact::visible_keys;
  double a = 0.43;  ///< close to what the models of the paper learn
  double factor = 1;

  static LogN parse(const Arguments& given) {
    given.require_count(0, 1, info.parameters);
    if (given.count() == 0) return {};
    return {given.factor(0, "a")};
  }
  std::vector<double> arguments() const { return {a}; }
  LogN for_row(const RowFacts& row) const { return {a, a * std::log(row.visible_keys)}; }

  template <class Real>
  Real operator()(Real logit, Real /*query*/, Real /*key*/) const {
    return logit * Real(factor);
  }
};

}  // namespace attnlab
