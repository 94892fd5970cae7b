// The error budget of the output of one query, derived for that row: the effect of rounding to nearest in
// textbook code of the same precision, for any order of its sums.
//
// The error of an output row o = sum_j w_j v_j, in L2 over head_dim_v, has these parts. u is the unit
// roundoff of float32, U that of the storage type; a_j = do / ds_j, from the normaliser's slopes.
//
// - logits: sqrt(sum_j random_j^2 |a_j|^2) and sum_j shared_j |a_j|, with the errors of logit_error.h;
// - weights: each by u (2 + |ln p_j|), the error of exp at a rounded argument, and what factors after the
//   normaliser add; of normalisers with a threshold, excesses and the threshold by 2 u each;
// - summation: float32 sums of n terms, in any order; equal terms at their worst;
// - storage: weights rounded to U, 0.42 U |sqrt(sum_j w_j^2 v_j^2)|_2, and U |o|_2 where all are rounded the
//   same way, as equal ones are; the stored output, U |o|_2.
//
// Random parts are taken at a multiple that chance passes once in 10^9 rows: the length of a Gaussian vector
// with covariance C is above sqrt(tr C) + sqrt(2 ln(10^9) |C|_2) less often than that (Gaussian
// concentration; uniform roundings are sub-Gaussian, arXiv:1110.2842). Nothing scales with the largest value.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "attnlab/oracle/oracle.h"

namespace attnlab {

struct RowAllowance {
  double error = 0;        ///< largest allowed error of the output row, in L2 over head_dim_v
  bool determined = true;  ///< false: rounding decides which keys the normaliser keeps
};

class RowBudget {
 public:
  /// Keeps references to `variant` and to the data of `inputs`.
  RowBudget(const Variant& variant, const Problem& problem, const Inputs& inputs);

  /// Prepares one head, to which the calls below refer.
  void select(std::int64_t batch, std::int64_t head);

  /// The budget of query i. Values that are not finite count as 0.
  RowAllowance of(std::int64_t i);

  /// The exact output of the last row, head_dim_v elements.
  void output(std::span<double> output) const;

 private:
  /// A sum of random errors: their mean square in L2, and an upper bound of the largest eigenvalue of their
  /// covariance.
  struct RandomError {
    double trace = 0;
    double largest = 0;

    void add(double of_trace, double of_largest);
    /// Adds a random number times a vector; `square` is the mean square of its length.
    void add(double square) { add(square, square); }
    /// The sum exceeds this once in 10^9 rows.
    double bound() const;
  };
  /// Keys that a normaliser fused: they share a weight and change together.
  struct Fused {
    double keys = 0;
    std::vector<double> sum;  ///< sum of their values times factors
  };

  void set_values(std::int64_t batch, std::int64_t kv_head);
  void set_row(std::int64_t i);
  void set_slopes();
  void set_sums();
  void set_alike();
  void number_values();
  bool determined() const;
  bool fuses() const;
  std::span<const double> value(std::int64_t key) const;
  /// |a_j| of visible key t.
  double moved(std::size_t t) const;
  void add_logits_and_weights(RandomError& random, double& error) const;
  void add_sums(RandomError& random, double& error) const;
  void add_stored_weights(RandomError& random) const;

  const Variant& variant_;
  const Problem problem_;
  const Inputs inputs_;
  Oracle oracle_;
  // Of the head:
  std::vector<double> values_;               ///< keys x head_dim_v
  double value_norm_squared_ = 0;            ///< largest eigenvalue of V^T V
  std::vector<std::int32_t> value_numbers_;  ///< keys x head_dim_v; equal within a column for equal values
  // Of the row:
  std::vector<double> logits_, weights_, factors_;  ///< weights before modifiers after the normaliser
  std::vector<double> slopes_;  ///< derivative of a weight by its logit, without the effect of normalising
  std::vector<double> output_, squares_, center_;  ///< sums of w v, w^2 v^2; weighted mean of v by slopes
  std::map<double, Fused> fused_;                  ///< by weight
  std::vector<double>
      alike_;  ///< number of other terms that equal a term, on average; the sum of weights last
};

/// What the output of some query rows of every head is checked against.
struct ExactRows {
  std::vector<std::int64_t> rows;     ///< queries
  std::vector<double> output;         ///< (batch, heads, rows, head_dim_v), row-major, in float64
  std::vector<RowAllowance> budgets;  ///< (batch, heads, rows)
};

/// Exact output and budgets of query rows `rows` of every head, in O(rows n) time for each head.
ExactRows exact_rows(const Variant& variant, const Problem& problem, const Inputs& inputs,
                     std::vector<std::int64_t> rows);

}  // namespace attnlab
