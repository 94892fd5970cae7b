#include "attnlab/oracle/oracle.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

namespace attnlab {

namespace {

template <class Real>
Real activate(Activation activation, Real x) {
  if (activation == Activation::tanh) return std::tanh(x);
  return x < 0 ? Real(0) : x;
}

/// Nats, of the softmax of `logits`.
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

}  // namespace

template <class Real>
RowAttention<Real>::RowAttention(const Variant& variant, const Problem& problem, const Inputs& inputs)
    : variant_(variant),
      problem_(problem),
      inputs_(inputs),
      net_(variant.score.net(problem.shape.head_dim, weights_of(inputs))) {}

template <class Real>
Real RowAttention<Real>::stored(Real value) const {
  if constexpr (std::is_same_v<Real, float>)
    return rounded_to(problem_.dtype, value);
  else
    return value;
}

template <class Real>
std::vector<Real> RowAttention<Real>::prepared(const TensorView& tensor, std::int64_t head, std::int64_t row,
                                               bool is_query) const {
  std::vector<float> raw(static_cast<std::size_t>(tensor.shape[3]));
  read_row(tensor, batch_, head, row, raw);
  const std::vector<Real> vector(raw.begin(), raw.end());
  std::vector<Real> ready(static_cast<std::size_t>(variant_.score.width(tensor.shape[3])), Real(0));
  if (net_.hidden > 0) {
    const float* projection = is_query ? net_.query_projection : net_.key_projection;
    for (std::size_t unit = 0; unit < ready.size(); ++unit)
      for (std::size_t c = 0; c < vector.size(); ++c)
        ready[unit] +=
            static_cast<Real>(projection[unit * static_cast<std::size_t>(net_.projection_stride) + c]) *
            vector[c];
  } else if (is_query) {
    variant_.score.prepare_query(std::span(vector), std::span(ready), weights_of(inputs_));
  } else {
    variant_.score.prepare_key(std::span(vector), std::span(ready), weights_of(inputs_));
  }
  if (!variant_.score.needs_float32())
    for (Real& value : ready) value = stored(value);
  return ready;
}

template <class Real>
Real RowAttention<Real>::score(const std::vector<Real>& q, const Real* k) const {
  Real sum = 0;
  if (net_.hidden == 0) {
    for (std::size_t c = 0; c < q.size(); ++c) sum += q[c] * k[c];
    return variant_.score.factor<Real>(problem_.shape.head_dim) * sum;
  }
  std::vector<Real> layer(q.size());
  for (std::size_t unit = 0; unit < q.size(); ++unit)
    layer[unit] = activate(net_.activation, q[unit] + k[unit]);
  if (net_.hidden2 > 0) {
    std::vector<Real> second(static_cast<std::size_t>(net_.hidden2), Real(0));
    for (std::size_t unit = 0; unit < second.size(); ++unit) {
      for (std::size_t t = 0; t < layer.size(); ++t)
        second[unit] += static_cast<Real>(net_.second[unit * layer.size() + t]) * layer[t];
      second[unit] = activate(net_.activation, second[unit]);
    }
    layer = second;
  }
  for (std::size_t unit = 0; unit < layer.size(); ++unit)
    sum += static_cast<Real>(net_.out[unit]) * layer[unit];
  return sum;
}

template <class Real>
void RowAttention<Real>::select(std::int64_t batch, std::int64_t head) {
  const Shape& shape = problem_.shape;
  batch_ = batch;
  head_ = head;
  modifiers_.clear();
  for (const Modifier& modifier : variant_.modifiers)
    modifiers_.push_back(modifier.for_head(head, shape.heads, weights_of(inputs_)));
  prepared_keys_.clear();
  for (std::int64_t j = 0; j < shape.seqlen_k; ++j) {
    const std::vector<Real> k = prepared(inputs_.k, shape.kv_head(head), j, false);
    prepared_keys_.insert(prepared_keys_.end(), k.begin(), k.end());
  }
}

template <class Real>
std::span<const double> RowAttention<Real>::logits(std::int64_t i) {
  const Shape& shape = problem_.shape;
  const std::vector<Real> q = prepared(inputs_.q, head_, i, true);
  row_.clear();
  keys_.clear();
  facts_ = {};
  if (row_fact(modifiers_) >= RowFact::center) {
    std::vector<float> raw(static_cast<std::size_t>(shape.head_dim));
    read_row(inputs_.q, batch_, head_, i, raw);
    facts_.center = center_of(modifiers_, raw, weights_of(inputs_), shape.sequence(i));
    facts_.keys = keys_of(modifiers_, facts_.center);
  }
  for (const KeyRange& range : attnlab::visible_keys(variant_.pattern, shape, i, &facts_)) {
    for (std::int64_t j = range.begin; j < range.end; ++j) {
      const Real logit = stored(score(q, prepared_keys_.data() + static_cast<std::size_t>(j) * q.size()));
      row_.push_back(static_cast<double>(logit));
      keys_.push_back(j);
    }
  }
  facts_.visible_keys = static_cast<double>(row_.size());
  for (const Modifier& modifier : modifiers_) {
    if (!modifier.changes_logits()) continue;
    facts_.entropy = modifier.fact() == RowFact::entropy ? entropy<Real>(row_) : 0;
    const Modifier own = modifier.for_row(facts_);
    for (std::size_t t = 0; t < row_.size(); ++t)
      row_[t] = static_cast<double>(stored(static_cast<Real>(
          own(row_[t], static_cast<double>(shape.position(i)), static_cast<double>(keys_[t])))));
  }
  return row_;
}

template <class Real>
std::span<const double> RowAttention<Real>::weights(std::int64_t i) {
  logits(i);
  variant_.normaliser.weights(row_);
  for (double& weight : row_) weight = static_cast<double>(stored(static_cast<Real>(weight)));
  for (const Modifier& modifier : modifiers_) {
    if (!modifier.has_factor()) continue;
    const Modifier own = modifier.for_row(facts_);
    for (std::size_t t = 0; t < row_.size(); ++t)
      row_[t] = static_cast<double>(stored(
          static_cast<Real>(row_[t] * std::exp(own.log_factor(static_cast<double>(problem_.shape.position(i)),
                                                              static_cast<double>(keys_[t]))))));
  }
  return row_;
}

template <class Real>
void RowAttention<Real>::output(std::int64_t i, std::span<double> output) {
  weights(i);
  std::vector<float> v(output.size());
  std::vector<Real> sum(output.size(), Real(0));
  for (std::size_t t = 0; t < keys_.size(); ++t) {
    if (row_[t] == 0) continue;  // off the support: no effect, whatever the value
    read_row(inputs_.v, batch_, problem_.shape.kv_head(head_), keys_[t], v);
    for (std::size_t c = 0; c < sum.size(); ++c)
      sum[c] += static_cast<Real>(row_[t]) * static_cast<Real>(v[c]);
  }
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
