// cosine(beta): beta q . k / (|q| |k|); a zero vector scores 0. Graves et al., arXiv:1410.5401.
#pragma once

#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "attnlab/variants/arguments.h"
#include "attnlab/variants/score_weights.h"

namespace attnlab {

struct Cosine {
  static constexpr MemberInfo info{"cosine", "beta > 0 (1)", "cosine(8)", "beta q . k / (|q| |k|)",
                                   "Graves et al., arXiv:1410.5401"};
  double beta = 1;

  static Cosine parse(const Arguments& given) {
    given.require_count(0, 1, info.parameters);
    if (given.count() == 0) return {};
    return {given.number(0, "beta", 0, std::numeric_limits<float>::max())};
  }
  std::vector<double> arguments() const { return {beta}; }

  template <class Real>
  void query(std::span<Real> q, const ScoreWeights& /*weights*/) const {
    scale_to_length(q, beta);
  }
  template <class Real>
  void key(std::span<Real> k, const ScoreWeights& /*weights*/) const {
    scale_to_length(k, 1);
  }

 private:
  template <class Real>
  static void scale_to_length(std::span<Real> vector, double length) {
    double squares = 0;
    for (const Real value : vector) squares += static_cast<double>(value) * static_cast<double>(value);
    if (squares == 0) return;
    const Real scale = static_cast<Real>(length / std::sqrt(squares));
    for (Real& value : vector) value *= scale;
  }
};

}  // namespace attnlab
