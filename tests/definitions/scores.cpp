#include "definitions/scores.h"

#include <cmath>

namespace definitions {

namespace {

double dot(const Vector& a, const Vector& b) {
  double sum = 0;
  for (std::size_t c = 0; c < a.size(); ++c) sum += a[c] * b[c];
  return sum;
}

/// Of a row-major matrix with as many columns as `x` has elements.
Vector times(const Vector& matrix, const Vector& x) {
  Vector product;
  for (std::size_t row = 0; row < matrix.size() / x.size(); ++row) {
    double sum = 0;
    for (std::size_t column = 0; column < x.size(); ++column)
      sum += matrix[row * x.size() + column] * x[column];
    product.push_back(sum);
  }
  return product;
}

/// [q; k]
Vector joined(Vector q, const Vector& k) {
  q.insert(q.end(), k.begin(), k.end());
  return q;
}

Vector tanh(Vector x) {
  for (double& value : x) value = std::tanh(value);
  return x;
}

Vector relu(Vector x) {
  for (double& value : x) value = std::fmax(value, 0);
  return x;
}

/// Bahdanau et al., arXiv:1409.0473, appendix A.1.2: v^T tanh(W q + U k).
double additive(const Call&, const Vector& q, const Vector& k, const Parameters& learned) {
  Vector sum = times(learned.at("W"), q);
  const Vector of_key = times(learned.at("U"), k);
  for (std::size_t unit = 0; unit < sum.size(); ++unit) sum[unit] += of_key[unit];
  return dot(learned.at("v"), tanh(sum));
}

/// Luong et al., arXiv:1508.04025, section 3.1: v^T tanh(W [q; k]).
double concat(const Call&, const Vector& q, const Vector& k, const Parameters& learned) {
  return dot(learned.at("v"), tanh(times(learned.at("W"), joined(q, k))));
}

/// A network of one hidden layer, or of two where there is a W2, without biases.
double mlp(Vector (*activation)(Vector), const Vector& q, const Vector& k, const Parameters& learned) {
  Vector layer = activation(times(learned.at("W1"), joined(q, k)));
  if (learned.contains("W2")) layer = activation(times(learned.at("W2"), layer));
  return dot(learned.at("w"), layer);
}

/// Graves et al., arXiv:1410.5401, equation 6, with a sharpness beta. A zero vector has similarity 0.
double cosine(const Call& call, const Vector& q, const Vector& k, const Parameters&) {
  const double lengths = std::sqrt(dot(q, q)) * std::sqrt(dot(k, k));
  return lengths == 0 ? 0 : call.argument(0, 1) * dot(q, k) / lengths;
}

/// Kim et al., arXiv:2006.04710: -scale |q - k|^2; scale is 1 / sqrt(head_dim) unless given.
double neg_l2(const Call& call, const Vector& q, const Vector& k, const Parameters&) {
  double sum = 0;
  for (std::size_t c = 0; c < q.size(); ++c) sum += (q[c] - k[c]) * (q[c] - k[c]);
  return -call.argument(0, 1 / std::sqrt(static_cast<double>(q.size()))) * sum;
}

}  // namespace

const std::map<std::string, Score>& scores() {
  static const std::map<std::string, Score> table{
      {"dot", [](const Call&, const Vector& q, const Vector& k, const Parameters&) { return dot(q, k); }},
      // Vaswani et al., arXiv:1706.03762, equation 1.
      {"scaled_dot", [](const Call&, const Vector& q, const Vector& k,
                        const Parameters&) { return dot(q, k) / std::sqrt(static_cast<double>(q.size())); }},
      // Luong et al., section 3.1: q^T W k.
      {"general", [](const Call&, const Vector& q, const Vector& k,
                     const Parameters& learned) { return dot(q, times(learned.at("W"), k)); }},
      {"cosine", cosine},
      {"neg_l2", neg_l2},
      {"additive", additive},
      {"concat", concat},
      {"mlp", [](const Call&, const Vector& q, const Vector& k,
                 const Parameters& learned) { return mlp(tanh, q, k, learned); }},
      {"mlp_relu", [](const Call&, const Vector& q, const Vector& k,
                      const Parameters& learned) { return mlp(relu, q, k, learned); }},
  };
  return table;
}

}  // namespace definitions
