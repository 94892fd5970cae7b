#include "definitions/modifiers.h"

#include <cmath>

namespace definitions {

namespace {

using Row = std::vector<double>;

/// Press et al., arXiv:2108.12409, and their get_slopes: a geometric sequence for a power of two of heads;
/// for other numbers that of the power of two below, then every second slope of twice that power.
std::vector<double> alibi_slopes(std::int64_t heads) {
  std::int64_t power = 1;
  while (2 * power <= heads) power *= 2;
  std::vector<double> slopes;
  const double ratio = std::pow(2, -8.0 / static_cast<double>(power));
  for (std::int64_t head = 0; head < power; ++head) slopes.push_back(std::pow(ratio, head + 1));
  if (power == heads) return slopes;
  const std::vector<double> finer = alibi_slopes(2 * power);
  for (std::size_t head = 0; std::ssize(slopes) < heads; head += 2) slopes.push_back(finer[head]);
  return slopes;
}

/// alibi(plain): their formula of section 3 for every number of heads.
void alibi(const Call& call, Row& logits, const ModifiedRow& row, const Parameters&) {
  const double slope = call.word == "plain" ? std::pow(std::pow(2, -8.0 / static_cast<double>(row.heads)),
                                                       static_cast<double>(row.head + 1))
                                            : alibi_slopes(row.heads)[static_cast<std::size_t>(row.head)];
  for (std::size_t t = 0; t < logits.size(); ++t) logits[t] -= slope * std::abs(row.position - row.keys[t]);
}

/// Gemma 2, arXiv:2408.00118, section 2: logits <- c tanh(logits / c).
void softcap(const Call& call, Row& logits, const ModifiedRow&, const Parameters&) {
  const double cap = call.arguments.at(0);
  for (double& logit : logits) logit = cap * std::tanh(logit / cap);
}

void temperature(const Call& call, Row& logits, const ModifiedRow&, const Parameters&) {
  for (double& logit : logits) logit /= call.arguments.at(0);
}

void head_temperature(const Call&, Row& logits, const ModifiedRow& row, const Parameters& learned) {
  for (double& logit : logits) logit /= learned.at("temperature").at(static_cast<std::size_t>(row.head));
}

/// Nakanishi, arXiv:2501.19399, equation 3, with the number of keys that the row sees.
void log_n(const Call& call, Row& logits, const ModifiedRow&, const Parameters&) {
  const double factor = call.argument(0, 0.43) * std::log(static_cast<double>(logits.size()));
  for (double& logit : logits) logit *= factor;
}

/// Entropy in nats of the softmax of the row.
double entropy(const Row& logits) {
  double largest = logits.front();
  for (const double logit : logits) largest = std::fmax(largest, logit);
  double sum = 0;
  for (const double logit : logits) sum += std::exp(logit - largest);
  double result = 0;
  for (const double logit : logits) {
    const double p = std::exp(logit - largest) / sum;
    if (p > 0) result -= p * (logit - largest - std::log(sum));
  }
  return result;
}

/// Velickovic et al., arXiv:2410.01104, algorithm 1: their polyfit, highest power first.
void adaptive_temperature(const Call&, Row& logits, const ModifiedRow&, const Parameters&) {
  if (logits.empty()) return;
  const double h = entropy(logits);
  const double polynomial =
      -0.037 * std::pow(h, 4) + 0.481 * std::pow(h, 3) - 2.3 * std::pow(h, 2) + 4.917 * h - 1.791;
  const double beta = h > 0.5 ? std::fmax(1, polynomial) : 1;
  for (double& logit : logits) logit *= beta;
}

/// Luong et al., arXiv:1508.04025, equation 10: exp(-(s - p)^2 / (2 sigma^2)) with sigma = D / 2.
void multiply_by_gaussian(double width, double centre, Row& weights, const ModifiedRow& row) {
  const double sigma = width / 2;
  for (std::size_t t = 0; t < weights.size(); ++t)
    weights[t] *= std::exp(-std::pow(row.keys[t] - centre, 2) / (2 * sigma * sigma));
}

void gaussian(const Call& call, Row& weights, const ModifiedRow& row, const Parameters&) {
  multiply_by_gaussian(call.arguments.at(0), row.position, weights, row);
}

/// Luong et al., equation 9: p = S sigmoid(v^T tanh(W h)), S the length of the sequence.
double predicted_position(const ModifiedRow& row, const Parameters& learned) {
  const std::size_t width = row.query.size();
  double sum = 0;
  for (std::size_t unit = 0; unit < width; ++unit) {
    double hidden = 0;
    for (std::size_t c = 0; c < width; ++c) hidden += learned.at("local_w")[unit * width + c] * row.query[c];
    sum += learned.at("local_v")[unit] * std::tanh(hidden);
  }
  return row.sequence / (1 + std::exp(-sum));
}

/// Luong et al., section 3.2: the window [p - D, p + D], and the Gaussian after the softmax within it.
bool local_p_sees(const Call& call, double key, const ModifiedRow& row, const Parameters& learned) {
  return std::abs(key - predicted_position(row, learned)) <= call.arguments.at(0);
}

void local_p(const Call& call, Row& weights, const ModifiedRow& row, const Parameters& learned) {
  multiply_by_gaussian(call.arguments.at(0), predicted_position(row, learned), weights, row);
}

/// Raffel et al., arXiv:1910.10683, following _relative_position_bucket of their code line by line.
std::int64_t t5_bucket(std::int64_t relative_position, bool bidirectional, std::int64_t num_buckets,
                       std::int64_t max_distance) {
  std::int64_t ret = 0;
  std::int64_t n = -relative_position;
  if (bidirectional) {
    num_buckets /= 2;
    ret += n < 0 ? num_buckets : 0;
    n = std::abs(n);
  } else {
    n = n < 0 ? 0 : n;
  }
  const std::int64_t max_exact = num_buckets / 2;
  if (n < max_exact) return ret + n;
  const double large = std::log(static_cast<double>(n) / static_cast<double>(max_exact)) /
                       std::log(static_cast<double>(max_distance) / static_cast<double>(max_exact)) *
                       static_cast<double>(num_buckets - max_exact);
  const std::int64_t val_if_large = max_exact + static_cast<std::int64_t>(large);
  return ret + (val_if_large < num_buckets - 1 ? val_if_large : num_buckets - 1);
}

void add_t5_bias(bool bidirectional, const Call& call, Row& logits, const ModifiedRow& row,
                 const Parameters& learned) {
  const auto buckets = static_cast<std::int64_t>(call.argument(0, 32));
  const auto max_distance = static_cast<std::int64_t>(call.argument(1, 128));
  for (std::size_t t = 0; t < logits.size(); ++t) {
    const auto relative = static_cast<std::int64_t>(row.keys[t] - row.position);
    const std::int64_t bucket = t5_bucket(relative, bidirectional, buckets, max_distance);
    logits[t] += learned.at("t5").at(static_cast<std::size_t>(row.head * buckets + bucket));
  }
}

void t5(const Call& call, Row& logits, const ModifiedRow& row, const Parameters& learned) {
  add_t5_bias(true, call, logits, row, learned);
}

void t5_causal(const Call& call, Row& logits, const ModifiedRow& row, const Parameters& learned) {
  add_t5_bias(false, call, logits, row, learned);
}

}  // namespace

const std::map<std::string, Modifier>& modifiers() {
  static const std::map<std::string, Modifier> table{
      {"alibi", {false, alibi}},
      {"softcap", {false, softcap}},
      {"temperature", {false, temperature}},
      {"head_temperature", {false, head_temperature}},
      {"log_n", {false, log_n}},
      {"adaptive_temperature", {false, adaptive_temperature}},
      {"t5", {false, t5}},
      {"t5_causal", {false, t5_causal}},
      {"gaussian", {true, gaussian}},
      {"local_p", {true, local_p, local_p_sees}},
  };
  return table;
}

}  // namespace definitions
