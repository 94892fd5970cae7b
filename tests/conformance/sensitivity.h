// Error bounds of the statistics of a row: the effect of rounding of its logits, and of sums in float32.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <span>
#include <vector>

#include "attnlab/dispersion/value_norms.h"
#include "attnlab/kernels/rows.h"
#include "attnlab/oracle/oracle.h"
#include "definitions/modifiers.h"
#include "support/by_definition.h"
#include "support/summation.h"

namespace attnlab {

struct Allowed {
  std::array<double, statistic_names.size()> values{};
  std::array<double, distance_buckets> distance_mass{};
  double mass_within = 0;  ///< of the mass up to any bucket
};

/// Error bounds of the rows of one head. Logits are changed by their largest rounding, up and down, in the
/// ways that change statistics most: heavy keys against light keys, the keys of a set against the others, far
/// keys against near keys.
class Sensitivity {
 public:
  Sensitivity(const definitions::Variant& variant, const Case& given, std::int64_t batch, std::int64_t head)
      : given_(given),
        batch_(batch),
        head_(head),
        oracle_(given.variant, given.problem, given.inputs()),
        learned_(inputs_of(given, batch, 0, given.problem.shape.seqlen_k).learned),
        norms_(value_norms(given.v.view(), batch, given.problem.shape.kv_head(head))) {
    if (!variant.modifiers.empty())
      for (const std::string& text : definitions::split(variant.modifiers, '+'))
        if (const definitions::Call call = definitions::read_call(text);
            definitions::modifiers().at(call.name).after_normaliser)
          factors_.push_back(call);
    oracle_.select(batch, head);
    // Products of bfloat16 numbers and their sums are in float32, so logits are as precise as with float32.
    const Case wide = in_float32(given);
    Textbook textbook(wide.variant, wide.problem, wide.inputs());
    textbook.select(batch, head);
    for (const std::int64_t i : spread_rows(given.problem.shape.seqlen_q, 64)) {
      const std::span<const double> exact = oracle_.logits(i);
      const std::span<const double> rounded = textbook.logits(i);
      for (std::size_t t = 0; t < exact.size(); ++t)
        logit_error_ = std::max(logit_error_, 2 * std::abs(exact[t] - rounded[t]));
    }
  }

  Allowed of_row(std::int64_t i) {
    query_ = i;
    const std::span<const double> of_row = oracle_.logits(i);
    logits_.assign(of_row.begin(), of_row.end());
    keys_.assign(oracle_.visible_keys().begin(), oracle_.visible_keys().end());
    const std::vector<double> weights = weights_of(logits_);
    const RowStatistics exact = statistics_of(logits_, weights);
    const std::vector<double> errors = errors_of_logits(weights);
    Allowed allowed;
    for (const std::vector<double>& direction : directions(weights, exact))
      for (const double sign : {1.0, -1.0}) {
        std::vector<double> moved = logits_;
        for (std::size_t t = 0; t < moved.size(); ++t) moved[t] += sign * direction[t] * errors[t];
        widen(allowed, statistics_of(moved, weights_of(moved)), exact);
      }
    add_summation(allowed, weights, exact);
    return allowed;
  }

 private:
  static Case in_float32(const Case& given) {
    const auto widened = [](const Tensor& narrow) {
      const TensorView from = narrow.view();
      Tensor wide(DType::f32, from.shape);
      std::vector<float> row(static_cast<std::size_t>(from.shape[3]));
      for (std::int64_t b = 0; b < from.shape[0]; ++b)
        for (std::int64_t h = 0; h < from.shape[1]; ++h)
          for (std::int64_t i = 0; i < from.shape[2]; ++i) {
            read_row(from, b, h, i, row);
            write_row(wide.view(), b, h, i, row);
          }
      return wide;
    };
    return {given.variant,    {given.problem.shape, DType::f32, given.problem.threads},
            widened(given.q), widened(given.k),
            widened(given.v), given.weights};
  }

  /// Errors of the logits, including those of the weights that are made of them: three roundings of an
  /// exponent, the weight's logarithm relative to the largest, and three units in the last place
  /// (tests/unit/row_code_test.cpp).
  std::vector<double> errors_of_logits(const std::vector<double>& weights) const {
    const double largest_logit = *std::max_element(logits_.begin(), logits_.end());
    const double largest_weight = *std::max_element(weights.begin(), weights.end());
    std::vector<double> errors;
    for (std::size_t t = 0; t < logits_.size(); ++t) {
      double below = largest_logit - logits_[t];
      if (weights[t] > 0) below = std::max(below, std::log(largest_weight / weights[t]));
      errors.push_back(logit_error_ + 3 * (1 + below) * epsilon(DType::f32));
    }
    return errors;
  }

  std::vector<double> weights_of(const std::vector<double>& logits) const {
    const Shape& shape = given_.problem.shape;
    std::vector<double> weights = logits;
    given_.variant.normaliser.weights(weights);
    definitions::ModifiedRow row{head_,
                                 shape.heads,
                                 static_cast<double>(shape.position(query_)),
                                 {},
                                 static_cast<double>(shape.seqlen_k),
                                 {}};
    row.keys.assign(keys_.begin(), keys_.end());
    std::vector<float> query(static_cast<std::size_t>(shape.head_dim));
    read_row(given_.q.view(), batch_, head_, query_, query);
    row.query.assign(query.begin(), query.end());
    for (const definitions::Call& factor : factors_)
      definitions::modifiers().at(factor.name).apply(factor, weights, row, learned_);
    return weights;
  }

  RowStatistics statistics_of(const std::vector<double>& logits, const std::vector<double>& weights) const {
    return row_statistics({logits, weights, norms_of_keys(), keys_, given_.problem.shape.position(query_)});
  }

  std::vector<double> norms_of_keys() const {
    std::vector<double> norms;
    for (const std::int64_t key : keys_) norms.push_back(norms_[static_cast<std::size_t>(key)]);
    return norms;
  }

  /// Directions 1 and -1 for each key: up or down.
  std::vector<std::vector<double>> directions(const std::vector<double>& weights,
                                              const RowStatistics& exact) const {
    const double position = static_cast<double>(given_.problem.shape.position(query_));
    double sum = 0;
    for (const double weight : weights) sum += weight;
    std::vector<double> falling = logits_;
    std::sort(falling.begin(), falling.end(), std::greater<>());
    const auto among = [&](std::size_t rank) { return falling[std::min(rank, falling.size()) - 1]; };
    std::vector<std::vector<double>> all;
    const auto add = [&](auto up) {
      std::vector<double>& direction = all.emplace_back();
      for (std::size_t t = 0; t < keys_.size(); ++t) direction.push_back(up(t) ? 1 : -1);
    };
    add([&](std::size_t t) {
      return weights[t] > 0 && std::log(weights[t] / sum) > -exact[Statistic::entropy];
    });
    add([&](std::size_t t) { return weights[t] / sum * exact[Statistic::participation_ratio] > 1; });
    add([&](std::size_t t) { return keys_[t] < sink_keys; });
    add([&](std::size_t t) {
      return static_cast<double>(keys_[t]) <= position &&
             static_cast<double>(keys_[t]) > position - window_keys;
    });
    add([&](std::size_t t) {
      return std::abs(static_cast<double>(keys_[t]) - position) > exact[Statistic::mean_distance];
    });
    for (const std::size_t rank : {1, 8, 20, 64})
      add([&](std::size_t t) { return logits_[t] >= among(rank); });
    add([&](std::size_t t) { return logits_[t] > among(falling.size()); });
    add([&](std::size_t t) { return norms_[static_cast<std::size_t>(keys_[t])] > 1; });
    std::mt19937 bits(static_cast<unsigned>(query_));
    for (int draw = 0; draw < 3; ++draw) add([&](std::size_t) { return bits() % 2 == 0; });
    return all;
  }

  static void widen(Allowed& allowed, const RowStatistics& moved, const RowStatistics& exact) {
    for (std::size_t s = 0; s < allowed.values.size(); ++s)
      if (const double by = std::abs(moved.values[s] - exact.values[s]); by > allowed.values[s])
        allowed.values[s] = by;
    double within = 0;
    for (std::size_t bucket = 0; bucket < distance_buckets; ++bucket) {
      const double by =
          static_cast<double>(moved.distance_mass[bucket]) - static_cast<double>(exact.distance_mass[bucket]);
      within += by;
      allowed.distance_mass[bucket] = std::max(allowed.distance_mass[bucket], std::abs(by));
      allowed.mass_within = std::max(allowed.mass_within, std::abs(within));
    }
  }

  /// Float32 sums with as many terms as a lane of a row has.
  void add_summation(Allowed& allowed, const std::vector<double>& weights, const RowStatistics& exact) const {
    const double terms = 2 + static_cast<double>(keys_.size()) / row_code_columns;
    const auto summed = summation_error(weights, norms_of_keys(), exact, terms, epsilon(DType::f32));
    // Weights below the least normal number may count as 0.
    const double underflow = static_cast<double>(keys_.size()) * std::numeric_limits<float>::min();
    for (std::size_t s = 0; s < allowed.values.size(); ++s)
      if (summed[s] > 0) allowed.values[s] += summed[s] + underflow;
    for (double& mass : allowed.distance_mass) mass += 2 * terms * epsilon(DType::f32);
    allowed.mass_within += 2 * terms * epsilon(DType::f32);
  }

  const Case& given_;
  const std::int64_t batch_;
  const std::int64_t head_;
  Oracle oracle_;
  const definitions::Parameters learned_;
  const std::vector<double> norms_;
  std::vector<definitions::Call> factors_;
  double logit_error_ = 0;
  std::int64_t query_ = 0;
  std::vector<double> logits_;
  std::vector<std::int64_t> keys_;
};

}  // namespace attnlab
