// A program's own modifier and normaliser, named in a variant like those of attnlab, on two engines.
#include <attnlab/attention.h>
#include <attnlab/register_member.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <random>
#include <span>
#include <vector>

namespace own {

/// clip(c): logits held within [-c, c].
struct Clip {
  static constexpr attnlab::MemberInfo info{"clip", "c > 0", "clip(3)", "min(max(s, -c), c)", "this program"};
  double bound;

  static Clip parse(const attnlab::Arguments& given) {
    given.require_count(1, 1, info.parameters);
    return {given.number(0, "c", 0, std::numeric_limits<float>::max())};
  }
  std::vector<double> arguments() const { return {bound}; }

  template <class Real>
  Real operator()(Real logit, Real /*query position*/, Real /*key position*/) const {
    using attnlab::max, attnlab::min;
    return min(max(logit, Real(-bound)), Real(bound));
  }
};

/// cubemax: max(s / 3 - tau, 0)^3, tau such that the weights of a row sum to 1.
struct Cubemax {
  static constexpr attnlab::MemberInfo info{"cubemax", "", "cubemax", "max(s / 3 - tau, 0)^3",
                                            "this program"};
  static constexpr attnlab::NormaliserKind kind = attnlab::NormaliserKind::row_threshold;

  static Cubemax parse(const attnlab::Arguments& given) {
    given.require_count(0, 0, info.parameters);
    return {};
  }
  std::vector<double> arguments() const { return {}; }

  double scale() const { return 1.0 / 3; }
  template <class Real>
  Real weight(Real excess) const {
    return excess * excess * excess;
  }
  template <class Real>
  Real slope(Real excess, Real /*weight*/) const {
    return Real(3) * excess * excess;
  }

  /// The definition, in float64: bisects tau between max z - 1 and max z.
  void weights(std::span<double> row) const {
    const double maximum = *std::max_element(row.begin(), row.end());
    const auto power = [&](double s, double tau) {
      return std::pow(std::max((s - maximum) / 3 - tau, 0.0), 3);
    };
    double low = -1;
    double high = 0;
    for (double tau = -0.5; low < tau && tau < high; tau = low + (high - low) / 2) {
      double sum = 0;
      for (const double s : row) sum += power(s, tau);
      (sum >= 1 ? low : high) = tau;
    }
    for (double& value : row) value = power(value, low);
  }
};

}  // namespace own

namespace {

constexpr std::int64_t heads = 4, n = 1000, head_dim = 32;

std::vector<float> run(std::string_view variant, std::string_view engine, const std::vector<float>& q,
                       const std::vector<float>& k, const std::vector<float>& v) {
  attnlab::Attention attention(variant,
                               {.heads = heads, .seqlen = n, .head_dim = head_dim, .engine = engine});
  std::vector<float> output(q.size());
  attention(q.data(), k.data(), v.data(), output.data());
  return output;
}

double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
  double largest = 0;
  for (std::size_t t = 0; t < a.size(); ++t) {
    const double difference = std::abs(static_cast<double>(a[t]) - static_cast<double>(b[t]));
    if (!(difference <= largest)) largest = difference;  // NaN too
  }
  return largest;
}

}  // namespace

int main() {
  attnlab::register_modifier<own::Clip>();
  attnlab::register_normaliser<own::Cubemax>();

  std::mt19937 engine(1);
  std::normal_distribution<float> normal;
  std::vector<float> q(static_cast<std::size_t>(heads * n * head_dim));
  std::vector<float> k(q.size());
  std::vector<float> v(q.size());
  for (std::vector<float>* tensor : {&q, &k, &v})
    for (float& number : *tensor) number = normal(engine);

  const std::string_view variant = "clip(1.5)|causal|cubemax";
  const std::vector<float> tiled = run(variant, "tiled", q, k, v);
  const std::vector<float> exact = run(variant, "reference", q, k, v);
  const double error = largest_difference(tiled, exact);
  const double unclipped = largest_difference(run("causal|cubemax", "tiled", q, k, v), exact);
  const double other = largest_difference(run("clip(1.5)|causal|softmax", "tiled", q, k, v), exact);
  std::printf("%s: largest error %.2g; without clip %.2g off, with softmax %.2g off\n",
              std::string(variant).c_str(), error, unclipped, other);
  // As in attention.cpp: a logit is off by head_dim roundings at most, the values are below 5.
  const double allowed = 5 * head_dim * attnlab::epsilon(attnlab::DType::f32);
  return error < allowed && unclipped > 100 * allowed && other > 100 * allowed ? 0 : 1;
}
