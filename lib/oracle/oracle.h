// Attention of one query row at a time, in the simplest possible code. In float64 it is the oracle; in
// float32 it is the textbook, which shows how much rounding alone changes an output.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "attnlab/oracle/logit_error.h"
#include "attnlab/oracle/summation.h"
#include "attnlab/variants/inputs.h"

namespace attnlab {

/// Real is double, without further rounding; or float, with sums and logits in float32, and with weights,
/// output and the vectors that a score computes rounded to Problem::dtype.
template <class Real>
class RowAttention {
 public:
  /// Keeps references to `variant` and to the data of `inputs`. `order`: order of the sums over head_dim and
  /// over keys.
  RowAttention(const Variant& variant, const Problem& problem, const Inputs& inputs,
               Summation order = Summation::forward);

  /// Prepares the keys of one head, to which the calls below refer.
  void select(std::int64_t batch, std::int64_t head);

  /// Logits (after modifiers) of the keys visible to query i, in key order; valid until the next call.
  std::span<const double> logits(std::int64_t i);

  /// The visible keys of the last row.
  std::span<const std::int64_t> visible_keys() const { return keys_; }

  /// The error that float32 code may have in each logit of the last row; valid until the next call.
  std::span<const LogitError> logit_errors() const { return errors_; }

  /// Weights of those keys, in the same order; valid until the next call.
  std::span<const double> weights(std::int64_t i);

  /// The factors by which the modifiers after the normaliser multiply each weight of the last row.
  std::vector<double> factors(std::int64_t i) const;

  /// Output of query i, head_dim_v elements.
  void output(std::int64_t i, std::span<double> output);

  /// The sum of the values of the last row's visible keys times `weights`, head_dim_v elements.
  void weighted_values(std::span<const double> weights, std::span<double> output) const;

  /// The weights of the last output, for visible_keys(); valid until the next call.
  std::span<const double> output_weights() const { return row_; }

 private:
  /// A query or key as the score uses it. `squares`: sums of squares of the terms of each element, for
  /// pairwise scores.
  struct Vector {
    std::vector<Real> values;
    std::vector<double> squares;
    double alike = 0;  ///< number of other elements that equal an element, on average
  };
  struct RawLogit {
    Real value = 0;
    double squares = 0;  ///< sum of the squares of the terms
    double alike = 0;    ///< number of other terms that equal a term, on average, or more
  };

  Real stored(Real value) const;
  Vector prepared(const TensorView& tensor, std::int64_t head, std::int64_t row, bool is_query) const;
  RawLogit score(const Vector& q, std::size_t key) const;
  RawLogit net_score(const Vector& q, std::size_t key) const;
  LogitError error_of(const RawLogit& logit) const;
  void modify(std::int64_t i);

  const Variant& variant_;
  const Problem problem_;
  const Inputs inputs_;
  const PairwiseNet net_;
  const Summation order_;
  std::int64_t batch_ = 0;
  std::int64_t head_ = 0;
  std::vector<Modifier> modifiers_;
  RowFacts facts_;        ///< of the last row; the entropy differs between modifiers
  Vector keys_prepared_;  ///< prepared keys of the head, one after another
  std::vector<double> keys_alike_;
  std::vector<double> row_;
  std::vector<LogitError> errors_;
  std::vector<std::int64_t> keys_;
};

using Oracle = RowAttention<double>;
using Textbook = RowAttention<float>;

extern template class RowAttention<double>;
extern template class RowAttention<float>;

/// Query rows to check: at most `count`, evenly spread, including the first and the last.
std::vector<std::int64_t> spread_rows(std::int64_t seqlen_q, std::int64_t count);

/// Output of `rows` for every (batch, head): (batch, heads, rows, head_dim_v), row-major. Method is Oracle or
/// Textbook.
template <class Method>
std::vector<double> output_rows(const Variant& variant, const Problem& problem, const Inputs& inputs,
                                std::span<const std::int64_t> rows);

}  // namespace attnlab
