#include "attnlab/oracle/oracle.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "attnlab/variants/normalisers/positive.h"

namespace attnlab {

namespace {

template <class Real>
Real activate(Activation activation, Real x) {
  if (activation == Activation::tanh) return std::tanh(x);
  return x < 0 ? Real(0) : x;
}

/// Entropy in nats of the softmax of `logits`.
template <class Real>
double entropy(std::span<const double> logits) {
  double maximum = -std::numeric_limits<double>::infinity();
  for (const double logit : logits) maximum = std::max(maximum, logit);
  Real sum = 0;
  Real weighted = 0;
  for (const double logit : logits) {
    const auto u = static_cast<Real>(logit - maximum);
    const Real weight = std::exp(u);
    sum += weight;
    if (weight != 0) weighted += weight * u;
  }
  return static_cast<double>(std::log(sum) - weighted / sum);
}

/// Error in nats of entropy() if each logit has an error of `errors`: the slope is -p (ln p + H).
double entropy_error(std::span<const double> logits, std::span<const LogitError> errors) {
  double maximum = -std::numeric_limits<double>::infinity();
  for (const double logit : logits) maximum = std::max(maximum, logit);
  const double h = entropy<double>(logits);
  double sum = 0;
  for (const double logit : logits) sum += std::exp(logit - maximum);
  double shared = unit_roundoff(DType::f32) * (4 + std::log(static_cast<double>(logits.size())));
  double random = 0;
  for (std::size_t t = 0; t < logits.size(); ++t) {
    const double p = std::exp(logits[t] - maximum) / sum;
    if (p == 0) continue;
    const double slope = p * std::abs(std::log(p) + h);
    shared += slope * errors[t].shared;
    random += std::pow(slope * errors[t].random, 2);
  }
  return LogitError{std::sqrt(random), shared}.bound();
}

/// Number of other elements that equal an element that is not 0, on average.
template <class Real>
double equal_elements(std::vector<Real> elements) {
  std::sort(elements.begin(), elements.end());
  double pairs = 0;
  double count = 0;
  double run = 0;
  for (std::size_t c = 0; c < elements.size(); ++c) {
    if (elements[c] == 0) continue;
    run = c > 0 && elements[c] == elements[c - 1] ? run + 1 : 0;
    pairs += 2 * run;
    ++count;
  }
  return pairs / std::max(1.0, count);
}

}  // namespace

template <class Real>
RowAttention<Real>::RowAttention(const Variant& variant, const Problem& problem, const Inputs& inputs,
                                 Summation order)
    : variant_(variant),
      problem_(problem),
      inputs_(inputs),
      net_(variant.score.net(problem.shape.head_dim, weights_of(inputs))),
      order_(order) {}

template <class Real>
Real RowAttention<Real>::stored(Real value) const {
  if constexpr (std::is_same_v<Real, float>)
    return rounded_to(problem_.dtype, value);
  else
    return value;
}

template <class Real>
typename RowAttention<Real>::Vector RowAttention<Real>::prepared(const TensorView& tensor, std::int64_t head,
                                                                 std::int64_t row, bool is_query) const {
  std::vector<float> raw(static_cast<std::size_t>(tensor.shape[3]));
  read_row(tensor, batch_, head, row, raw);
  const std::vector<Real> vector(raw.begin(), raw.end());
  Vector ready{std::vector<Real>(static_cast<std::size_t>(variant_.score.width(tensor.shape[3])), Real(0)),
               {}};
  if (net_.hidden > 0) {
    const float* projection = is_query ? net_.query_projection : net_.key_projection;
    ready.squares.resize(ready.values.size());
    for (std::size_t unit = 0; unit < ready.values.size(); ++unit) {
      const float* weights = projection + unit * static_cast<std::size_t>(net_.projection_stride);
      add_up(
          order_, 0, vector.size(), std::span(ready.values).subspan(unit, 1),
          [&](std::size_t c, std::span<Real> sum) { sum[0] += static_cast<Real>(weights[c]) * vector[c]; });
      for (std::size_t c = 0; c < vector.size(); ++c)
        ready.squares[unit] += std::pow(static_cast<double>(weights[c]) * static_cast<double>(raw[c]), 2);
    }
  } else if (is_query) {
    variant_.score.prepare_query(std::span(vector), std::span(ready.values), weights_of(inputs_));
  } else {
    variant_.score.prepare_key(std::span(vector), std::span(ready.values), weights_of(inputs_));
  }
  if (!variant_.score.needs_float32())
    for (Real& value : ready.values) value = stored(value);
  if (net_.hidden == 0) ready.alike = equal_elements(ready.values);
  return ready;
}

template <class Real>
typename RowAttention<Real>::RawLogit RowAttention<Real>::score(const Vector& q, std::size_t key) const {
  if (net_.hidden > 0) return net_score(q, key);
  const Real* k = keys_prepared_.values.data() + key * q.values.size();
  RawLogit logit;
  logit.alike = std::min(q.alike, keys_alike_[key]);
  add_up(order_, 0, q.values.size(), std::span(&logit.value, 1),
         [&](std::size_t c, std::span<Real> sum) { sum[0] += q.values[c] * k[c]; });
  for (std::size_t c = 0; c < q.values.size(); ++c) {
    const double product = static_cast<double>(q.values[c]) * static_cast<double>(k[c]);
    logit.squares += product * product;
  }
  const auto factor = variant_.score.factor<Real>(problem_.shape.head_dim);
  logit.value *= factor;
  logit.squares *= static_cast<double>(factor) * static_cast<double>(factor);
  return logit;
}

template <class Real>
typename RowAttention<Real>::RawLogit RowAttention<Real>::net_score(const Vector& q, std::size_t key) const {
  const std::size_t units = q.values.size();
  const Real* k = keys_prepared_.values.data() + key * units;
  const double* k_squares = keys_prepared_.squares.data() + key * units;
  std::vector<Real> layer(units);
  std::vector<double> squares(units);
  const auto square = [](Real value) { return static_cast<double>(value) * static_cast<double>(value); };
  for (std::size_t unit = 0; unit < units; ++unit) {
    layer[unit] = activate(net_.activation, q.values[unit] + k[unit]);
    squares[unit] = q.squares[unit] + k_squares[unit] + square(layer[unit]);
  }
  if (net_.hidden2 > 0) {
    std::vector<Real> second(static_cast<std::size_t>(net_.hidden2), Real(0));
    std::vector<double> second_squares(second.size());
    for (std::size_t unit = 0; unit < second.size(); ++unit) {
      const float* weights = net_.second + unit * units;
      add_up(order_, 0, units, std::span(second).subspan(unit, 1),
             [&](std::size_t t, std::span<Real> sum) { sum[0] += static_cast<Real>(weights[t]) * layer[t]; });
      for (std::size_t t = 0; t < units; ++t)
        second_squares[unit] += square(static_cast<Real>(weights[t])) * squares[t];
      second[unit] = activate(net_.activation, second[unit]);
      second_squares[unit] += square(second[unit]);
    }
    layer = second;
    squares = second_squares;
  }
  RawLogit logit;
  add_up(order_, 0, layer.size(), std::span(&logit.value, 1),
         [&](std::size_t t, std::span<Real> sum) { sum[0] += static_cast<Real>(net_.out[t]) * layer[t]; });
  for (std::size_t t = 0; t < layer.size(); ++t)
    logit.squares += square(static_cast<Real>(net_.out[t])) * squares[t];
  return logit;
}

template <class Real>
LogitError RowAttention<Real>::error_of(const RawLogit& logit) const {
  constexpr double u = unit_roundoff(DType::f32);
  const auto value = static_cast<double>(logit.value);
  const double norm = std::sqrt(logit.squares);
  const bool pairwise = net_.hidden > 0;
  const bool transforms =
      !pairwise && (variant_.score.transforms_queries() || variant_.score.transforms_keys());
  // Preparing a vector adds up head_dim terms; the result is rounded to the storage type.
  const auto terms =
      static_cast<double>(problem_.shape.head_dim * (transforms ? 2 : 1) + net_.hidden + net_.hidden2);
  const bool stores = transforms && !variant_.score.needs_float32() && problem_.dtype != DType::f32;
  const double random = u * std::sqrt(rounding_of_sum(terms, logit.squares, value));
  // The key's rounding differs between keys, that of the query does not.
  const double stored = stores ? rms_rounding * unit_roundoff(problem_.dtype) * norm : 0;
  return {std::hypot(random, stored), random * rounding_of_equal_terms(terms, logit.alike) +
                                          u * (2 * norm + std::abs(value)) + LogitError{stored, 0}.bound()};
}

template <class Real>
void RowAttention<Real>::select(std::int64_t batch, std::int64_t head) {
  const Shape& shape = problem_.shape;
  batch_ = batch;
  head_ = head;
  modifiers_.clear();
  for (const Modifier& modifier : variant_.modifiers)
    modifiers_.push_back(modifier.for_head(head, shape.heads, weights_of(inputs_)));
  keys_prepared_ = {};
  keys_alike_.clear();
  for (std::int64_t j = 0; j < shape.seqlen_k; ++j) {
    const Vector k = prepared(inputs_.k, shape.kv_head(head), j, false);
    keys_prepared_.values.insert(keys_prepared_.values.end(), k.values.begin(), k.values.end());
    keys_prepared_.squares.insert(keys_prepared_.squares.end(), k.squares.begin(), k.squares.end());
    keys_alike_.push_back(k.alike);
  }
}

template <class Real>
std::span<const double> RowAttention<Real>::logits(std::int64_t i) {
  const Shape& shape = problem_.shape;
  const Vector q = prepared(inputs_.q, head_, i, true);
  row_.clear();
  keys_.clear();
  errors_.clear();
  facts_ = {};
  if (row_fact(modifiers_) >= RowFact::center) {
    std::vector<float> raw(static_cast<std::size_t>(shape.head_dim));
    read_row(inputs_.q, batch_, head_, i, raw);
    facts_.center = center_of(modifiers_, raw, weights_of(inputs_), shape.sequence(i));
    facts_.keys = keys_of(modifiers_, facts_.center);
  }
  for (const KeyRange& range : attnlab::visible_keys(variant_.pattern, shape, head_, i, &facts_)) {
    for (std::int64_t j = range.begin; j < range.end; ++j) {
      const RawLogit logit = score(q, static_cast<std::size_t>(j));
      row_.push_back(static_cast<double>(logit.value));
      errors_.push_back(error_of(logit));
      keys_.push_back(j);
    }
  }
  facts_.visible_keys = static_cast<double>(row_.size());
  modify(i);
  return row_;
}

template <class Real>
void RowAttention<Real>::modify(std::int64_t i) {
  constexpr double u = unit_roundoff(DType::f32);
  const auto position = static_cast<double>(problem_.shape.position(i));
  for (const Modifier& modifier : modifiers_) {
    if (!modifier.changes_logits()) continue;
    const bool by_entropy = modifier.fact() == RowFact::entropy;
    facts_.entropy = by_entropy ? entropy<Real>(row_) : 0;
    // The slope of beta(H) of adaptive_temperature is at most 3.
    const double of_entropy = by_entropy && !row_.empty() ? 3 * entropy_error(row_, errors_) : 0;
    const Modifier own = modifier.for_row(facts_);
    for (std::size_t t = 0; t < row_.size(); ++t) {
      const auto key = static_cast<double>(keys_[t]);
      const double before = row_[t];
      row_[t] = static_cast<double>(static_cast<Real>(own(before, position, key)));
      const double step = 1e-5 * (1 + std::abs(before));
      const double slope =
          (own(before + step, position, key) - own(before - step, position, key)) / (2 * step);
      LogitError& error = errors_[t];
      error.random *= std::abs(slope);
      error.shared = std::abs(slope) * (error.shared + 2 * u * std::abs(before)) +
                     of_entropy * std::abs(before) +
                     u * (4 * std::abs(row_[t]) + 2 * std::abs(row_[t] - slope * before));
    }
  }
}

template <class Real>
std::vector<double> RowAttention<Real>::factors(std::int64_t i) const {
  std::vector<double> factors(keys_.size(), 1);
  for (const Modifier& modifier : modifiers_) {
    if (!modifier.has_factor()) continue;
    const Modifier own = modifier.for_row(facts_);
    for (std::size_t t = 0; t < keys_.size(); ++t)
      factors[t] *= std::exp(
          own.log_factor(static_cast<double>(problem_.shape.position(i)), static_cast<double>(keys_[t])));
  }
  return factors;
}

template <class Real>
std::span<const double> RowAttention<Real>::weights(std::int64_t i) {
  logits(i);
  variant_.normaliser.weights(row_);
  for (double& weight : row_) weight = static_cast<double>(stored(static_cast<Real>(weight)));
  if (!has_factors(variant_)) return row_;
  const std::vector<double> multipliers = factors(i);
  for (std::size_t t = 0; t < row_.size(); ++t)
    row_[t] = static_cast<double>(stored(static_cast<Real>(times_factor(row_[t], multipliers[t]))));
  return row_;
}

template <class Real>
void RowAttention<Real>::output(std::int64_t i, std::span<double> output) {
  weights(i);
  weighted_values(row_, output);
}

template <class Real>
void RowAttention<Real>::weighted_values(std::span<const double> weights, std::span<double> output) const {
  std::vector<float> v(output.size());
  std::vector<Real> sum(output.size(), Real(0));
  add_up(order_, 0, keys_.size(), std::span(sum), [&](std::size_t t, std::span<Real> total) {
    if (weights[t] == 0) return;  // outside of the support: no effect, whatever the value
    read_row(inputs_.v, batch_, problem_.shape.kv_head(head_), keys_[t], v);
    std::transform(v.begin(), v.end(), total.begin(), total.begin(),
                   [weight = static_cast<Real>(weights[t])](float value, Real so_far) {
                     return so_far + weight * static_cast<Real>(value);
                   });
  });
  for (std::size_t c = 0; c < sum.size(); ++c) output[c] = static_cast<double>(stored(sum[c]));
}

template class RowAttention<double>;
template class RowAttention<float>;

std::vector<std::int64_t> spread_rows(std::int64_t seqlen_q, std::int64_t count) {
  count = std::min(count, seqlen_q);
  std::vector<std::int64_t> rows;
  for (std::int64_t t = 0; t < count; ++t) rows.push_back(count == 1 ? 0 : t * (seqlen_q - 1) / (count - 1));
  return rows;
}

template <class Method>
std::vector<double> output_rows(const Variant& variant, const Problem& problem, const Inputs& inputs,
                                std::span<const std::int64_t> rows) {
  const Shape& shape = problem.shape;
  const auto width = static_cast<std::size_t>(shape.head_dim_v);
  std::vector<double> output(static_cast<std::size_t>(shape.batch * shape.heads) * rows.size() * width);
#pragma omp parallel for num_threads(problem.threads) schedule(dynamic)
  for (std::int64_t head = 0; head < shape.batch * shape.heads; ++head) {
    Method method(variant, problem, inputs);
    method.select(head / shape.heads, head % shape.heads);
    for (std::size_t t = 0; t < rows.size(); ++t)
      method.output(rows[t], std::span(output).subspan(
                                 (static_cast<std::size_t>(head) * rows.size() + t) * width, width));
  }
  return output;
}

template std::vector<double> output_rows<Oracle>(const Variant&, const Problem&, const Inputs&,
                                                 std::span<const std::int64_t>);
template std::vector<double> output_rows<Textbook>(const Variant&, const Problem&, const Inputs&,
                                                   std::span<const std::int64_t>);

}  // namespace attnlab
