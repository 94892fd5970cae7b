// Statistics of every normaliser in extreme rows: weights that underflow; logits that are equal, subnormal,
// huge or far apart; one key; no key; values of norm 0; packed sequences. Engines are compared with the
// definitions in float64. Logits are exact in float32 (one dimension, queries of 1), so the error of an
// engine comes from its own rounding, which the tolerances bound.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "attnlab/dispersion/value_norms.h"
#include "attnlab/engines/registry.h"
#include "attnlab/oracle/oracle.h"
#include "support/case.h"
#include "support/percentile.h"

namespace attnlab {
namespace {

constexpr double unit = std::numeric_limits<float>::epsilon();
/// Error of a float32 sum over a tile of at most 512 columns in at least four lanes.
constexpr double sum_error = 130 * unit / 2;

/// The definitions' own: 3000 float64 terms of up to (ln 3000)^2.
constexpr double definition_error = 1e-10;

/// Relative error of exp(u) in row code (lane.h, without fused multiply-add), with a rounded u.
double exp_error(double u) { return (3 + 1.9 * std::abs(u)) * unit; }

/// Relative errors of the weights p, which sum to 1, for logits s.
std::vector<double> weight_errors(const Normaliser& normaliser, const std::vector<double>& p,
                                  const std::vector<double>& s) {
  std::vector<double> errors(p.size());
  const double largest = *std::max_element(p.begin(), p.end());
  std::set<double> supported;
  for (std::size_t t = 0; t < p.size(); ++t)
    if (p[t] > 0) supported.insert(s[t]);
  const bool solved = normaliser.kind() == NormaliserKind::row_threshold ||
                      normaliser.name().starts_with("fusedmax") || normaliser.name().starts_with("oscarmax");
  // weight(y) = y^power: the error of y is that of tau, whose equation is a sum, and its own rounding.
  const double power = normaliser.kind() == NormaliserKind::row_threshold && normaliser.scale() < 1
                           ? 1 / normaliser.scale()
                           : 1;
  const double magnitude =
      supported.size() > 1 ? std::abs(*supported.begin()) + std::abs(*supported.rbegin()) : 0;
  const double of_excess = sum_error / power + 4 * unit * (1 + magnitude);
  for (std::size_t t = 0; t < p.size(); ++t) {
    if (p[t] == 0) continue;
    errors[t] = exp_error(std::log(p[t] / largest));
    if (solved) errors[t] += power * of_excess * std::pow(p[t], -1 / power) + 2 * unit * (1 + power);
    // The logarithm of a weight has an error of one unit in the last place.
    if (normaliser.kind() == NormaliserKind::elementwise)
      errors[t] += 2e-7 + 1.5 * unit * (60 - std::min(s[t], 0.0));
  }
  return errors;
}

/// Error bounds of float32 sums of p |t|^k, t the factor summed with the weights.
struct SumErrors {
  double moment[3] = {1, 0, 0};
  double error[3] = {sum_error, 0, 0};
  double square = 0;  ///< relative error of sum p^2

  SumErrors(const std::vector<double>& p, const std::vector<double>& t, const std::vector<double>& relative) {
    double squares = 0;
    for (std::size_t j = 0; j < p.size(); ++j) {
      if (p[j] == 0) continue;
      error[0] += p[j] * relative[j];
      for (int k = 1; k < 3; ++k) {
        const double term = p[j] * std::pow(std::abs(t[j]), k);
        moment[k] += term;
        error[k] += term * (relative[j] + sum_error);
      }
      squares += p[j] * p[j];
      square += 2 * p[j] * p[j] * relative[j];
    }
    square = square / squares + sum_error;
  }
  double share() const { return 2 * error[0]; }
  double entropy() const { return error[0] + error[1] + moment[1] * error[0]; }
  double varentropy() const {
    return error[2] + moment[2] * error[0] + 2 * moment[1] * (error[1] + moment[1] * error[0]);
  }
  double participation() const { return square + 2 * error[0]; }  ///< relative
};

/// A row of the oracle.
struct ExactRow {
  std::vector<double> p, w, s, softmax;  ///< weights and contributions of values, with sum 1; logits
  std::vector<double> u, t;              ///< ln p over the largest; ln of p |v_j| over the largest p and |v|
  std::vector<double> distances;
  bool weighs = false;  ///< whether p is defined

  ExactRow(Oracle& oracle, std::int64_t i, std::int64_t position, const std::vector<double>& norms) {
    const std::span<const double> logits = oracle.logits(i);
    s.assign(logits.begin(), logits.end());
    if (s.empty()) return;
    for (const std::int64_t key : oracle.visible_keys())
      distances.push_back(static_cast<double>(std::abs(position - key)));
    const double highest = *std::max_element(s.begin(), s.end());
    double total = 0;
    for (const double logit : s) total += std::exp(logit - highest);
    for (const double logit : s) softmax.push_back(std::exp(logit - highest) / total);
    const std::span<const double> weights = oracle.weights(i);
    p.assign(weights.begin(), weights.end());
    double sum = 0;
    for (const double weight : p) sum += weight;
    weighs = sum >= least_weight;
    if (!weighs) return;
    const double largest = *std::max_element(p.begin(), p.end());
    const double largest_norm = *std::max_element(norms.begin(), norms.end());
    double value_sum = 0;
    for (std::size_t j = 0; j < p.size(); ++j) {
      u.push_back(p[j] > 0 ? std::log(p[j] / largest) : 0);
      w.push_back(p[j] * norms[static_cast<std::size_t>(oracle.visible_keys()[j])]);
      t.push_back(w[j] > 0 ? std::log(w[j] / (largest * largest_norm)) : 0);
      value_sum += w[j];
      p[j] /= sum;
    }
    for (double& contribution : w) contribution /= value_sum;
  }
};

/// Tolerance of statistics of the logits, which are exact.
double allowed_of_logits(Statistic statistic, const ExactRow& row, double value) {
  if (statistic != Statistic::logsumexp) return 1e-12 * (1 + value);
  std::vector<double> errors, below;
  const double highest = *std::max_element(row.s.begin(), row.s.end());
  for (const double logit : row.s) {
    below.push_back(logit - highest);
    errors.push_back(exp_error(below.back()));
  }
  return SumErrors(row.softmax, below, errors).share() + unit * value;
}

double allowed(Statistic statistic, const ExactRow& row, const Normaliser& normaliser,
               const RowStatistics& wanted) {
  if (statistic == Statistic::support || statistic == Statistic::sparsity) return 0;
  const double value = std::abs(wanted[statistic]);
  if (!row.weighs) return allowed_of_logits(statistic, row, value);
  const std::vector<double> errors = weight_errors(normaliser, row.p, row.s);
  const SumErrors weights(row.p, row.u, errors);
  switch (statistic) {
    case Statistic::entropy:
    case Statistic::sharpness:
      return weights.entropy();
    case Statistic::normalised_entropy:
      return weights.entropy() / std::log(static_cast<double>(wanted.visible));
    case Statistic::effective_support:
      return value * std::expm1(weights.entropy());
    case Statistic::varentropy:
      return weights.varentropy();
    case Statistic::participation_ratio:
      return value * weights.participation();
    case Statistic::renyi2_entropy:
      return weights.participation();
    case Statistic::max_weight:
    case Statistic::sink_mass:
    case Statistic::window_mass:
    case Statistic::top8_mass:
    case Statistic::top64_mass:
      return weights.share();
    case Statistic::mean_distance:
      return SumErrors(row.p, row.distances, errors).error[1] + value * (weights.error[0] + sum_error);
    case Statistic::value_entropy:
      return SumErrors(row.w, row.t, errors).entropy();
    case Statistic::value_participation_ratio:
      return value * SumErrors(row.w, row.t, errors).participation();
    default:
      return allowed_of_logits(statistic, row, value);
  }
}

void expect_row(const RowStatistics& got, const RowStatistics& wanted, const ExactRow& row,
                const Normaliser& normaliser) {
  ASSERT_EQ(got.visible, wanted.visible);
  if (wanted.visible == 0) return;
  for (std::size_t index = 0; index < statistic_names.size(); ++index) {
    const auto statistic = static_cast<Statistic>(index);
    const double value = got.values[index];
    if (std::isnan(wanted.values[index])) {
      EXPECT_TRUE(std::isnan(value)) << statistic_names[index] << " is " << value;
    } else if (is_percentile(statistic)) {
      expect_percentile(statistic, value, wanted,
                        allowed(Statistic::max_weight, row, normaliser, wanted) + unit);
    } else {
      EXPECT_NEAR(value, wanted.values[index],
                  allowed(statistic, row, normaliser, wanted) + definition_error * (1 + std::abs(value)))
          << statistic_names[index];
    }
  }
  const double support = got[Statistic::support];
  EXPECT_LE(support, static_cast<double>(got.visible));
  for (const Statistic keys :
       {Statistic::participation_ratio, Statistic::effective_support, Statistic::value_participation_ratio})
    EXPECT_FALSE(got[keys] > support) << statistic_names[static_cast<std::size_t>(keys)];
  EXPECT_FALSE(got[Statistic::top64_mass] > 1);
}

/// Compares engines tiled and onednn row by row.
void expect_statistics(const Case& given) {
  const Shape& shape = given.problem.shape;
  const Outcome expected = run_with_statistics(find_engine("reference"), given);
  const std::vector<double> norms = value_norms(given.v.view(), 0, 0);
  for (const Engine* engine : fast_engines(given)) {
    const Outcome outcome = run_with_statistics(*engine, given);
    Oracle oracle(given.variant, given.problem, given.inputs());
    oracle.select(0, 0);
    for (std::int64_t i = 0; i < shape.seqlen_q; ++i) {
      SCOPED_TRACE(::testing::Message() << engine->name() << ' ' << given.variant.name() << ' '
                                        << to_string(given.problem.dtype) << " row " << i);
      const auto at = static_cast<std::size_t>(i);
      expect_row(outcome.statistics[at], expected.statistics[at],
                 ExactRow(oracle, i, shape.position(i), norms), given.variant.normaliser);
    }
  }
}

std::vector<std::string> every_normaliser() {
  std::vector<std::string> names{"entmax(1.1)", "entmax(1.25)", "entmax(2)", "topk_softmax(64)",
                                 "sigmoid(-55)"};
  for (const MemberInfo& info : normaliser_infos()) names.emplace_back(info.example);
  return names;
}

Case with_logits(const std::string& variant, DType dtype, std::int64_t queries,
                 const std::vector<float>& logits) {
  Case made = make_case("dot|" + variant, {1, 1, 1, queries, std::ssize(logits), 1, 8}, dtype);
  for (std::int64_t i = 0; i < queries; ++i) write_row(made.q.view(), 0, 0, i, std::vector<float>{1});
  for (std::int64_t j = 0; j < std::ssize(logits); ++j)
    write_row(made.k.view(), 0, 0, j, std::vector<float>{logits[static_cast<std::size_t>(j)]});
  return made;
}

std::vector<float> made_logits(std::size_t count, const std::function<double(std::size_t)>& logit) {
  std::vector<float> logits;
  for (std::size_t j = 0; j < count; ++j) logits.push_back(static_cast<float>(logit(j)));
  return logits;
}

/// Exact also in bfloat16.
std::vector<std::vector<float>> extreme_rows() {
  std::vector<std::vector<float>> rows{{0.5F}, {-300}};
  for (const double level : {0.25, -60.0, -100.0, -300.0, -800.0, 10240.0})
    rows.push_back(made_logits(3000, [&](std::size_t) { return level; }));
  rows.push_back(made_logits(700, [](std::size_t j) { return j == 300 ? 0 : -200; }));
  rows.push_back(made_logits(700, [](std::size_t j) { return -static_cast<double>(j * 7 % 90); }));
  rows.push_back(made_logits(700, [](std::size_t j) { return -60 + 0.25 * static_cast<double>(j * 7 % 5); }));
  rows.push_back(made_logits(600, [](std::size_t j) { return j % 3 == 0 ? 10240 : -10240; }));
  rows.push_back(made_logits(40, [](std::size_t j) { return j == 3 ? 0x1.8p126 : -0x1.8p126; }));
  rows.push_back(made_logits(40, [](std::size_t j) { return j == 3 ? 0x1.8p127 : -0x1.8p127; }));
  return rows;
}

TEST(StatisticsAtExtremes, AreThoseOfTheDefinitions) {
  for (const std::string& normaliser : every_normaliser())
    for (const std::vector<float>& logits : extreme_rows())
      for (const DType dtype : {DType::f32, DType::bf16}) {
        SCOPED_TRACE(::testing::Message() << logits.size() << " keys, " << logits[0] << ' ' << logits.back());
        expect_statistics(
            with_logits(normaliser, dtype, std::min<std::int64_t>(2, std::ssize(logits)), logits));
      }
}

TEST(StatisticsAtExtremes, OfRowsThatSeeOneKeyOrNone) {
  for (const std::string& normaliser : every_normaliser())
    for (const char* pattern : {"window(1)|", "causal|", "causal&!causal|"})
      expect_statistics(with_logits(pattern + normaliser, DType::f32, 70,
                                    made_logits(70, [](std::size_t j) { return 3 * std::sin(j) - 80; })));
}

TEST(StatisticsAtExtremes, OfSubnormalLogits) {
  for (const std::string& normaliser : every_normaliser()) {
    if (normaliser.starts_with("topk")) continue;  // keeps the largest, however close the others are
    expect_statistics(with_logits(normaliser, DType::f32, 2, made_logits(600, [](std::size_t j) {
                                    return 1e-40 * static_cast<double>(j % 5);
                                  })));
  }
}

TEST(StatisticsAtExtremes, OfValuesWithoutANormTinyOrHuge) {
  for (const std::string& normaliser : every_normaliser())
    for (const float scale : {0.0F, 1e-30F, 1e-18F, 1e18F, 1e30F}) {
      // The value of the largest weight is larger than the others by this factor.
      Case given = with_logits(normaliser, DType::f32, 2, made_logits(200, [](std::size_t j) {
                                 return j == 150 ? 2 : 0.25 * static_cast<double>(j % 3);
                               }));
      std::vector<float> value(8);
      read_row(given.v.view(), 0, 0, 150, value);
      for (float& number : value) number *= scale;
      write_row(given.v.view(), 0, 0, 150, value);
      SCOPED_TRACE(scale);
      expect_statistics(given);
    }
}

TEST(StatisticsAtExtremes, OfWeightsThatAGaussianMakesUnderflow) {
  // The one key that is kept, and with it all weights of far rows, is too far away for float32.
  for (const char* normaliser : {"topk_softmax(1)", "entmax(1.5)"})
    expect_statistics(
        with_logits(std::string("gaussian(20)|") + normaliser, DType::f32, 500,
                    made_logits(500, [](std::size_t j) { return j == 300 ? 9 : std::sin(j); })));
}

TEST(StatisticsAtExtremes, OfPackedSequences) {
  for (const std::string& normaliser : every_normaliser()) {
    Case given = with_logits(normaliser, DType::f32, 300,
                             made_logits(300, [](std::size_t j) { return 3 * std::sin(j) - 55; }));
    given.problem.shape.cu_seqlens =
        std::make_shared<const std::vector<std::int64_t>>(std::vector<std::int64_t>{0, 4, 8, 8, 9, 150, 300});
    expect_statistics(given);
  }
}

TEST(StatisticsAtExtremes, TheSinkOfAPackedSequenceIsItsOwn) {
  for (const char* name : {"reference", "tiled", "onednn"}) {
    Case given = make_case("softmax", {1, 1, 1, 8, 8, 64, 64}, DType::f32);
    given.problem.shape.cu_seqlens =
        std::make_shared<const std::vector<std::int64_t>>(std::vector<std::int64_t>{0, 4, 8});
    for (const RowStatistics& row : run_with_statistics(find_engine(name), given).statistics)
      EXPECT_NEAR(row[Statistic::sink_mass], 1, sum_error) << name;
  }
}

}  // namespace
}  // namespace attnlab
