// Attention of one query row at a time, by the plainest code that can be written: in float64 it is the
// oracle; in the precision of the inputs it is the textbook, whose error is the yardstick for the fast
// engines.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "attnlab/variants/inputs.h"

namespace attnlab {

/// Real is double, where nothing is rounded; or float, where every intermediate (projections, logits,
/// weights, output) is rounded to Problem::dtype and sums are kept in float32.
template <class Real>
class RowAttention {
 public:
  /// Keeps a reference to `variant` and to what `inputs` views.
  RowAttention(const Variant& variant, const Problem& problem, const Inputs& inputs);

  /// Prepares the keys of one head; the calls below speak of it.
  void select(std::int64_t batch, std::int64_t head);

  /// Logits (after modifiers) of the keys visible to query i, in key order; valid until the next call.
  std::span<const double> logits(std::int64_t i);

  /// The keys of the last row asked for.
  std::span<const std::int64_t> visible_keys() const { return keys_; }

  /// Weights of those keys, in the same order; valid until the next call.
  std::span<const double> weights(std::int64_t i);

  /// Output of query i, head_dim_v elements.
  void output(std::int64_t i, std::span<double> output);

  /// The weights that the last output was made of, of visible_keys(); valid until the next call.
  std::span<const double> output_weights() const { return row_; }

 private:
  Real stored(Real value) const;
  std::vector<Real> prepared(const TensorView& tensor, std::int64_t head, std::int64_t row,
                             bool is_query) const;
  Real score(const std::vector<Real>& q, const Real* k) const;

  const Variant& variant_;
  const Problem problem_;
  const Inputs inputs_;
  const PairwiseNet net_;
  std::int64_t batch_ = 0;
  std::int64_t head_ = 0;
  std::vector<Modifier> modifiers_;
  RowFacts facts_;  ///< of the last row asked for; entropy is of each modifier's own
  std::vector<Real> prepared_keys_;
  std::vector<double> row_;
  std::vector<std::int64_t> keys_;
};

using Oracle = RowAttention<double>;
using Textbook = RowAttention<float>;

extern template class RowAttention<double>;
extern template class RowAttention<float>;

/// Query rows to check: at most `count`, spread evenly, first and last included.
std::vector<std::int64_t> spread_rows(std::int64_t seqlen_q, std::int64_t count);

/// Output of `rows` for every (batch, head): (batch, heads, rows, head_dim_v), row-major. Method is Oracle or
/// Textbook.
template <class Method>
std::vector<double> output_rows(const Variant& variant, const Problem& problem, const Inputs& inputs,
                                std::span<const std::int64_t> rows);

}  // namespace attnlab
