#include "attnlab/oracle/row_budget.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <utility>

#include "attnlab/core/splitmix.h"
#include "attnlab/oracle/threshold_slope.h"
#include "attnlab/variants/normalisers/positive.h"

namespace attnlab {

namespace {

constexpr double u = unit_roundoff(DType::f32);
constexpr double infinity = std::numeric_limits<double>::infinity();

double dot(std::span<const double> a, std::span<const double> b) {
  return std::transform_reduce(a.begin(), a.end(), b.begin(), 0.0);
}

double norm(std::span<const double> vector) { return std::sqrt(dot(vector, vector)); }

void add_scaled(double factor, std::span<const double> from, std::span<double> to) {
  std::transform(from.begin(), from.end(), to.begin(), to.begin(),
                 [factor](double x, double sum) { return sum + factor * x; });
}

/// Largest eigenvalue of V^T V by power iteration, `width` columns.
double largest_eigenvalue(std::span<const double> values, std::size_t width) {
  std::vector<double> direction(width);
  SplitMix bits(1);
  for (double& c : direction) c = (bits.next() & 1) != 0 ? 1 : -1;
  double eigenvalue = 0;
  for (int step = 0; step < 12; ++step) {
    const double length = norm(direction);
    if (length == 0) return 0;
    std::vector<double> next(width);
    for (std::size_t at = 0; at < values.size(); at += width)
      add_scaled(dot(values.subspan(at, width), direction) / length, values.subspan(at, width), next);
    direction = next;
    eigenvalue = norm(next);
  }
  return eigenvalue;
}

bool is_finite(std::span<const double> numbers) {
  return std::all_of(numbers.begin(), numbers.end(), [](double x) { return std::isfinite(x); });
}

}  // namespace

RowBudget::RowBudget(const Variant& variant, const Problem& problem, const Inputs& inputs)
    : variant_(variant), problem_(problem), inputs_(inputs), oracle_(variant, problem, inputs) {}

void RowBudget::select(std::int64_t batch, std::int64_t head) {
  oracle_.select(batch, head);
  set_values(batch, problem_.shape.kv_head(head));
}

void RowBudget::set_values(std::int64_t batch, std::int64_t kv_head) {
  const auto width = static_cast<std::size_t>(problem_.shape.head_dim_v);
  std::vector<float> row(width);
  values_.clear();
  value_numbers_.clear();
  for (std::int64_t j = 0; j < problem_.shape.seqlen_k; ++j) {
    read_row(inputs_.v, batch, kv_head, j, row);
    for (const float value : row) values_.push_back(std::isfinite(value) ? static_cast<double>(value) : 0);
  }
  if (problem_.dtype != DType::f32) value_norm_squared_ = largest_eigenvalue(values_, width);
}

std::span<const double> RowBudget::value(std::int64_t key) const {
  const auto width = static_cast<std::size_t>(problem_.shape.head_dim_v);
  return std::span(values_).subspan(static_cast<std::size_t>(key) * width, width);
}

void RowBudget::RandomError::add(double of_trace, double of_largest) {
  trace += of_trace;
  largest += of_largest;
}

double RowBudget::RandomError::bound() const {
  return std::sqrt(trace) + std::sqrt(2 * std::log(1e9) * largest);
}

bool RowBudget::determined() const {
  const std::span<const LogitError> errors = oracle_.logit_errors();
  std::vector<double> finite;
  for (const double logit : logits_) {
    if (std::isnan(logit) || logit == infinity) return true;  // every weight is NaN
    if (logit > -infinity) finite.push_back(logit);
  }
  if (!variant_.normaliser.jumps() || finite.empty()) return true;
  const Edge edge = variant_.normaliser.edge(finite);
  if (edge.dropped == -infinity) return true;
  double kept = infinity;
  double dropped = -infinity;
  bool exact = true;
  for (std::size_t t = 0; t < logits_.size(); ++t) {
    if (logits_[t] == -infinity) continue;
    const double off = errors[t].bound();
    exact = exact && off == 0;
    if (logits_[t] >= edge.kept)
      kept = std::min(kept, logits_[t] - off);
    else
      dropped = std::max(dropped, logits_[t] + off);
  }
  return exact || (edge.kept > edge.dropped && kept > dropped);
}

bool RowBudget::fuses() const {
  return variant_.normaliser.kind() == NormaliserKind::full_row && !variant_.normaliser.jumps();
}

void RowBudget::set_row(std::int64_t i) {
  const std::span<const double> of_row = oracle_.logits(i);
  logits_.assign(of_row.begin(), of_row.end());
  factors_ = oracle_.factors(i);
  weights_ = logits_;
  variant_.normaliser.weights(weights_);
}

void RowBudget::set_slopes() {
  const Normaliser& normaliser = variant_.normaliser;
  slopes_ = weights_;
  if (normaliser.kind() == NormaliserKind::row_threshold) {
    for (double& slope : slopes_)
      if (slope > 0) slope = normaliser.scale() * threshold_slope(normaliser, slope);
  } else if (normaliser.kind() == NormaliserKind::elementwise) {
    // The steepest secant within the error of the logit: a weight may be flat on one side and rise on the
    // other.
    const std::span<const LogitError> errors = oracle_.logit_errors();
    const auto step = [&](std::size_t t) {
      const double error = errors[t].bound();
      return std::isfinite(error) ? std::max(error, 1e-3) : 1e-3;
    };
    std::vector<double> below = logits_;
    std::vector<double> above = logits_;
    for (std::size_t t = 0; t < slopes_.size(); ++t) {
      below[t] -= step(t);
      above[t] += step(t);
    }
    normaliser.weights(below);
    normaliser.weights(above);
    for (std::size_t t = 0; t < slopes_.size(); ++t)
      slopes_[t] = std::max(above[t] - weights_[t], weights_[t] - below[t]) / step(t);
  } else if (fuses()) {
    // Projections and proximal operators change by no more than their argument.
    for (double& slope : slopes_) slope = slope > 0 ? 1 : 0;
  }
}

void RowBudget::set_sums() {
  const auto width = static_cast<std::size_t>(problem_.shape.head_dim_v);
  const std::span<const std::int64_t> keys = oracle_.visible_keys();
  output_.assign(width, 0);
  squares_.assign(width, 0);
  center_.assign(width, 0);
  fused_.clear();
  double slope_sum = 0;
  for (std::size_t t = 0; t < keys.size(); ++t) {
    const std::span<const double> v = value(keys[t]);
    const double weight = weights_[t] * factors_[t];
    add_scaled(weight, v, output_);
    add_scaled(slopes_[t] * factors_[t], v, center_);
    std::transform(v.begin(), v.end(), squares_.begin(), squares_.begin(),
                   [weight](double x, double sum) { return sum + weight * weight * x * x; });
    slope_sum += slopes_[t];
    if (!fuses() || slopes_[t] == 0) continue;
    Fused& fused = fused_[weights_[t]];
    fused.sum.resize(width);
    add_scaled(factors_[t], v, fused.sum);
    ++fused.keys;
  }
  const NormaliserKind kind = variant_.normaliser.kind();
  if (kind == NormaliserKind::elementwise)
    center_.assign(width, 0);
  else if (kind == NormaliserKind::online || variant_.normaliser.jumps())
    center_ = output_;
  else if (slope_sum > 0)
    for (double& c : center_) c /= slope_sum;
}

void RowBudget::number_values() {
  const auto width = static_cast<std::size_t>(problem_.shape.head_dim_v);
  value_numbers_.resize(values_.size());
  std::vector<std::size_t> order(values_.size() / width);
  for (std::size_t c = 0; c < width; ++c) {
    const auto at = [&](std::size_t key) { return values_[key * width + c]; };
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return at(a) < at(b); });
    std::int32_t number = 0;
    for (std::size_t t = 0; t < order.size(); ++t) {
      if (t > 0 && at(order[t]) != at(order[t - 1])) ++number;
      value_numbers_[order[t] * width + c] = number;
    }
  }
}

void RowBudget::set_alike() {
  const auto width = static_cast<std::size_t>(problem_.shape.head_dim_v);
  const std::span<const std::int64_t> keys = oracle_.visible_keys();
  const auto weight = [&](std::size_t t) { return static_cast<float>(weights_[t] * factors_[t]); };
  alike_.assign(width + 1, 0);
  std::vector<std::size_t> terms;
  for (std::size_t t = 0; t < weights_.size(); ++t)
    if (weight(t) > 0) terms.push_back(t);
  std::sort(terms.begin(), terms.end(), [&](std::size_t a, std::size_t b) { return weight(a) < weight(b); });
  std::vector<double> seen;  // terms by the number of their value
  for (auto first = terms.begin(); first != terms.end();) {
    const auto last =
        std::find_if(first, terms.end(), [&](std::size_t t) { return weight(t) != weight(*first); });
    const auto count = static_cast<double>(last - first);
    alike_[width] += count * (count - 1);
    if (count > 1 && value_numbers_.empty()) number_values();
    seen.resize(count > 1 ? values_.size() / width : 0);
    for (std::size_t c = 0; c < width && count > 1; ++c) {
      const auto number = [&](std::size_t t) {
        return static_cast<std::size_t>(value_numbers_[static_cast<std::size_t>(keys[t]) * width + c]);
      };
      for (auto t = first; t != last; ++t)
        if (value(keys[*t])[c] != 0) alike_[c] += 2 * seen[number(*t)]++;
      for (auto t = first; t != last; ++t) seen[number(*t)] = 0;
    }
    first = last;
  }
  for (double& count : alike_) count /= std::max(1.0, static_cast<double>(terms.size()));
}

double RowBudget::moved(std::size_t t) const {
  if (slopes_[t] == 0) return 0;
  const auto distance = [&](std::span<const double> v, double factor) {
    return std::sqrt(
        std::transform_reduce(v.begin(), v.end(), center_.begin(), 0.0, std::plus{},
                              [factor](double x, double c) { return std::pow(factor * x - c, 2); }));
  };
  if (!fuses()) return slopes_[t] * distance(value(oracle_.visible_keys()[t]), factors_[t]);
  const Fused& fused = fused_.at(weights_[t]);
  return slopes_[t] * distance(fused.sum, 1 / fused.keys);
}

/// The rounding of an excess over a threshold is absolute, since the excess is at most 1. So it moves logits
/// by 1 / scale; but where that is more than this number, code can compute excesses from the distance to the
/// largest logit, whose rounding is relative.
constexpr double largest_multiple = 10;

void RowBudget::add_logits_and_weights(RandomError& random, double& error) const {
  const std::span<const LogitError> errors = oracle_.logit_errors();
  const NormaliserKind kind = variant_.normaliser.kind();
  const bool has_threshold = kind == NormaliserKind::row_threshold || fuses();
  const double largest = weights_.empty() ? 0 : *std::max_element(logits_.begin(), logits_.end());
  double of_threshold = 0;
  for (std::size_t t = 0; t < weights_.size(); ++t) {
    const double size = norm(value(oracle_.visible_keys()[t]));
    if (const double movement = moved(t); movement > 0) {
      random.add(std::pow(errors[t].random * movement, 2));
      error += errors[t].shared * movement;
    }
    const double per_excess =
        has_threshold && slopes_[t] > 0
            ? std::min(1 / variant_.normaliser.scale(), largest_multiple + largest - logits_[t])
            : 0;
    random.add(std::pow(2 * u * per_excess * slopes_[t] * factors_[t] * size, 2));
    of_threshold += per_excess * slopes_[t];
    const double weight = weights_[t] * factors_[t];
    if (weight <= 0) continue;
    const double relative = 2 + std::abs(std::log(weights_[t])) + 4 * std::abs(std::log(factors_[t]));
    random.add(std::pow(u * relative * weight * size, 2));
  }
  error += 2 * u * of_threshold * norm(center_);
}

void RowBudget::add_sums(RandomError& random, double& error) const {
  double weight_sum = 0;
  for (std::size_t t = 0; t < weights_.size(); ++t) weight_sum += weights_[t] * factors_[t];
  double terms = 0;  // a term changes a sum by at most its own size
  for (std::size_t t = 0; t < weights_.size() && weight_sum > 0; ++t)
    terms += std::min(1.0, std::pow(weights_[t] * factors_[t] / (rms_rounding * u * weight_sum), 2));
  const auto of_equal = [&](double alike, double square) {
    return std::pow(rounding_of_equal_terms(terms, alike), 2) * square;
  };
  double summation = 0;
  double largest = 0;
  double equal = 0;
  for (std::size_t c = 0; c < output_.size(); ++c) {
    const double square = u * u * rounding_of_sum(terms, squares_[c], output_[c]);
    summation += square;
    largest = std::max(largest, square);
    equal += of_equal(alike_[c], square);
  }
  random.add(summation, largest);
  const double of_weights = u * u * dot(output_, output_) * rounding_of_sum(terms, 0, 1);
  random.add(of_weights);
  error += std::sqrt(equal) + std::sqrt(of_equal(alike_.back(), of_weights));
}

void RowBudget::add_stored_weights(RandomError& random) const {
  double largest = 0;
  for (std::size_t t = 0; t < weights_.size(); ++t) largest = std::max(largest, weights_[t] * factors_[t]);
  const double squares = std::accumulate(squares_.begin(), squares_.end(), 0.0);
  const double rounding = std::pow(rms_rounding * unit_roundoff(problem_.dtype), 2);
  random.add(rounding * squares, rounding * std::min(squares, largest * largest * value_norm_squared_));
}

RowAllowance RowBudget::of(std::int64_t i) {
  set_row(i);
  RowAllowance row{0, determined()};
  if (!is_finite(weights_)) return row;  // the output is NaN
  set_slopes();
  set_sums();
  set_alike();
  RandomError random;
  add_logits_and_weights(random, row.error);
  add_sums(random, row.error);
  double shared = 2 * u;  // errors of exp and of factors
  if (problem_.dtype != DType::f32) {
    add_stored_weights(random);
    shared = unit_roundoff(problem_.dtype);
  }
  // Half the spacing at 0; float32 code may treat subnormal numbers as 0.
  const double least = problem_.dtype == DType::f16 ? 0x1p-25 : 0x1p-126;
  row.error += (unit_roundoff(problem_.dtype) + shared) * norm(output_) + random.bound() +
               least * std::sqrt(output_.size());
  return row;
}

void RowBudget::output(std::span<double> output) const {
  std::vector<double> weights(weights_.size());
  for (std::size_t t = 0; t < weights.size(); ++t) weights[t] = times_factor(weights_[t], factors_[t]);
  oracle_.weighted_values(weights, output);
}

ExactRows exact_rows(const Variant& variant, const Problem& problem, const Inputs& inputs,
                     std::vector<std::int64_t> rows) {
  const Shape& shape = problem.shape;
  const std::int64_t heads = shape.batch * shape.heads;
  const std::size_t count = rows.size();
  const auto width = static_cast<std::size_t>(shape.head_dim_v);
  ExactRows exact{std::move(rows), {}, {}};
  exact.output.resize(static_cast<std::size_t>(heads) * count * width);
  exact.budgets.resize(static_cast<std::size_t>(heads) * count);
#pragma omp parallel for num_threads(problem.threads) schedule(dynamic)
  for (std::int64_t head = 0; head < heads; ++head) {
    RowBudget budget(variant, problem, inputs);
    budget.select(head / shape.heads, head % shape.heads);
    for (std::size_t t = 0; t < count; ++t) {
      const std::size_t at = static_cast<std::size_t>(head) * count + t;
      exact.budgets[at] = budget.of(exact.rows[t]);
      budget.output(std::span(exact.output).subspan(at * width, width));
    }
  }
  return exact;
}

}  // namespace attnlab
