// cosine(beta): beta q . k / (|q| |k|); a zero vector scores 0. Graves et al., arXiv:1410.5401.
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "attnlab/variants/arguments.h"
#include "attnlab/variants/score_weights.h"

namespace attnlab {

struct Cosine {
  static constexpr MemberInfo info{"cosine", "1e-30 <= beta <= 1e30 (1)", "cosine(8)",
                                   "beta q . k / (|q| |k|)", "Graves et al., arXiv:1410.5401"};
  double beta = 1;

  static Cosine parse(const Arguments& given) {
    given.require_count(0, 1, info.parameters);
    if (given.count() == 0) return {};
    return {given.factor(0, "beta")};
  }
  std::vector<double> arguments() const { return {beta}; }

  template <class Real>
  void query(std::span<const Real> in, std::span<Real> out, const ScoreWeights& /*weights*/) const {
    scale_to_length(in, out, beta);
  }
  template <class Real>
  void key(std::span<const Real> in, std::span<Real> out, const ScoreWeights& /*weights*/) const {
    scale_to_length(in, out, 1);
  }

 private:
  /// For vectors so short or so long that the scale is no normal number of type Real, products are in
  /// float64.
  template <class Real>
  static void scale_to_length(std::span<const Real> in, std::span<Real> out, double length) {
    double squares = 0;
    for (const Real value : in) squares += static_cast<double>(value) * static_cast<double>(value);
    const double exact = squares == 0 ? 1 : length / std::sqrt(squares);
    const auto scale = static_cast<Real>(exact);
    const bool normal = std::isnormal(scale);
    for (std::size_t c = 0; c < in.size(); ++c)
      out[c] = normal ? in[c] * scale : static_cast<Real>(static_cast<double>(in[c]) * exact);
  }
};

}  // namespace attnlab
