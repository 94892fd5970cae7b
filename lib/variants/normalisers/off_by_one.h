// off_by_one: softmax with 1 more in the denominator, exp(s) / (1 + sum exp(s)), so that a row may attend to
// nothing. Miller, "Attention Is Off By One", 2023; the zero sink of arXiv:2309.17453.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "attnlab/variants/arguments.h"
#include "attnlab/variants/normalisers/kind.h"
#include "attnlab/variants/normalisers/positive.h"

namespace attnlab {

struct OffByOne {
  static constexpr MemberInfo info{"off_by_one", "", "off_by_one", "exp(s) / (1 + sum exp(s))",
                                   "Miller 2023; zero sink of arXiv:2309.17453"};
  static constexpr NormaliserKind kind = NormaliserKind::online;

  static OffByOne parse(const Arguments& given) {
    given.require_count(0, 0, info.parameters);
    return {};
  }
  std::vector<double> arguments() const { return {}; }
  double null_logit() const { return 0; }

  void weights(std::span<double> row) const {
    const double maximum = std::max(0.0, *std::max_element(row.begin(), row.end()));
    double sum = std::exp(-maximum);
    for (double& value : row) sum += value = std::exp(value - maximum);
    for (double& value : row) value = positive(value / sum);
  }
};

}  // namespace attnlab
