// softmax: exp(s - m) / sum. Online form: Milakov and Gimelshein, arXiv:1805.02867.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "attnlab/variants/arguments.h"
#include "attnlab/variants/normalisers/kind.h"
#include "attnlab/variants/normalisers/positive.h"

namespace attnlab {

struct Softmax {
  static constexpr MemberInfo info{"softmax", "", "softmax", "exp(s) / sum exp(s)",
                                   "Bridle 1990; online: arXiv:1805.02867"};
  static constexpr NormaliserKind kind = NormaliserKind::online;

  static Softmax parse(const Arguments& given) {
    given.require_count(0, 0, info.parameters);
    return {};
  }
  std::vector<double> arguments() const { return {}; }

  void weights(std::span<double> row) const {
    double maximum = -std::numeric_limits<double>::infinity();
    for (const double logit : row) maximum = std::max(maximum, logit);
    double sum = 0;
    for (double& value : row) sum += value = std::exp(value - maximum);
    for (double& value : row) value = positive(value / sum);
  }
};

}  // namespace attnlab
