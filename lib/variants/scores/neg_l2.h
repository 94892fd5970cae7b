// neg_l2(scale): -scale |q - k|^2, scale 1 / sqrt(head_dim) unless given. Kim, Papamakarios and Mnih, "The
// Lipschitz constant of self-attention", arXiv:2006.04710.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <span>
#include <vector>

#include "attnlab/variants/arguments.h"
#include "attnlab/variants/score_weights.h"

namespace attnlab {

struct NegL2 {
  static constexpr MemberInfo info{"neg_l2", "1e-30 <= scale <= 1e30 (1 / sqrt(head_dim))", "neg_l2(0.2)",
                                   "-scale |q - k|^2", "Kim et al., arXiv:2006.04710"};
  /// The squares are larger than their difference, so bfloat16 would round them too much.
  static constexpr bool needs_float32 = true;
  std::optional<double> scale;

  static NegL2 parse(const Arguments& given) {
    given.require_count(0, 1, info.parameters);
    if (given.count() == 0) return {};
    return {given.factor(0, "scale")};
  }
  std::vector<double> arguments() const {
    return scale ? std::vector<double>{*scale} : std::vector<double>{};
  }

  /// [2 scale q, -scale |q|^2, -scale] . [k, 1, |k|^2].
  std::int64_t width(std::int64_t head_dim) const { return head_dim + 2; }

  template <class Real>
  void query(std::span<const Real> in, std::span<Real> out, const ScoreWeights& /*weights*/) const {
    const double factor = scale ? *scale : 1 / std::sqrt(static_cast<double>(in.size()));
    for (std::size_t c = 0; c < in.size(); ++c) out[c] = static_cast<Real>(2 * factor) * in[c];
    out[in.size()] = static_cast<Real>(-factor * squares(in));
    out[in.size() + 1] = static_cast<Real>(-factor);
  }
  template <class Real>
  void key(std::span<const Real> in, std::span<Real> out, const ScoreWeights& /*weights*/) const {
    for (std::size_t c = 0; c < in.size(); ++c) out[c] = in[c];
    out[in.size()] = 1;
    out[in.size() + 1] = static_cast<Real>(squares(in));
  }

 private:
  template <class Real>
  static double squares(std::span<const Real> vector) {
    return std::inner_product(vector.begin(), vector.end(), vector.begin(), 0.0);
  }
};

}  // namespace attnlab
