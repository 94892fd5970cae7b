#include "support/by_definition.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "attnlab/oracle/oracle.h"

namespace attnlab {

namespace {

/// Bound of the rounding of float64 in one row: every operation rounds a number that is at most as large as
/// the given ones.
struct Rounding {
  double logit, weight, output;
};

Rounding rounding_of(const Case& given, const definitions::Row& row, double largest_value) {
  const Shape& shape = given.problem.shape;
  const double eps = std::numeric_limits<double>::epsilon();
  double operations = 2 * static_cast<double>(shape.head_dim) + 8;
  for (const auto& [name, matrix] : given.weights) operations += static_cast<double>(matrix.values.size());
  const auto n = static_cast<double>(row.keys.size());
  double logit = operations * eps * (1 + row.largest);
  // beta(H): Horner's rule rounds eight times what is at most 260, the sum of abs(c_k) H^k where beta is last
  // above 1. The n terms of H are below 1, and the slope of beta is at most 3.
  if (modifiers_name(given.variant.modifiers).find("adaptive_temperature") != std::string::npos)
    logit += (8 * 260 + 3 * static_cast<double>(row.keys.size())) * eps * row.largest;
  // A normaliser changes a weight by at most 2 sqrt(n) times the largest change of a logit: the proximal
  // steps of fusedmax and oscarmax do not lengthen a change (in L2), and the derivatives of the others sum to
  // at most 2. The derivative of relu2 is 2 s / n.
  const double steepest = given.variant.normaliser.name() == "relu2" ? std::fmax(1, row.largest) : 1;
  const double weight = 2 * std::sqrt(n) * steepest * logit + 16 * n * steepest * steepest * eps;
  return {logit, weight, n * weight * largest_value};
}

std::string compare(const char* what, std::span<const double> got, std::span<const double> wanted,
                    double allowed) {
  if (got.size() != wanted.size()) return fmt::format("{} {}, not {}", got.size(), what, wanted.size());
  for (std::size_t t = 0; t < got.size(); ++t) {
    if (got[t] == wanted[t] || std::abs(got[t] - wanted[t]) <= allowed) continue;
    return fmt::format("{} {} is {:.17g}, not {:.17g} (rounding: {:.1e})", what, t, got[t], wanted[t],
                       allowed);
  }
  return {};
}

std::string compare_row(Oracle& oracle, std::int64_t i, std::int64_t first_key, const definitions::Row& row,
                        const Rounding& allowed) {
  std::vector<double> output(row.output.size());
  if (const std::string text = compare("logit", oracle.logits(i), row.logits, allowed.logit); !text.empty())
    return text;
  for (std::size_t t = 0; t < row.keys.size(); ++t)
    if (oracle.visible_keys()[t] != first_key + row.keys[t]) return fmt::format("key {} is another", t);
  if (const std::string text = compare("weight", oracle.weights(i), row.weights, allowed.weight);
      !text.empty())
    return text;
  oracle.output(i, output);
  return compare("output", output, row.output, allowed.output);
}

/// Rows first … last-1 of all heads: (heads, rows), row-major.
std::vector<double> slice(const Tensor& tensor, std::int64_t batch, std::int64_t first, std::int64_t last) {
  const TensorView view = tensor.view();
  std::vector<double> all;
  std::vector<float> row(static_cast<std::size_t>(view.shape[3]));
  for (std::int64_t h = 0; h < view.shape[1]; ++h)
    for (std::int64_t i = first; i < last; ++i) {
      read_row(view, batch, h, i, row);
      all.insert(all.end(), row.begin(), row.end());
    }
  return all;
}

}  // namespace

std::string name_of(const definitions::Variant& variant) {
  return variant.score + (variant.modifiers.empty() ? "" : "|" + variant.modifiers) + "|(" + variant.pattern +
         ")|" + variant.normaliser;
}

definitions::Inputs inputs_of(const Case& given, std::int64_t batch, std::int64_t first, std::int64_t last) {
  const Shape& shape = given.problem.shape;
  const std::int64_t last_query = last == shape.seqlen_k ? shape.seqlen_q : last;
  definitions::Inputs inputs{shape.heads,
                             shape.kv_heads,
                             last_query - first,
                             last - first,
                             shape.head_dim,
                             shape.head_dim_v,
                             slice(given.q, batch, first, last_query),
                             slice(given.k, batch, first, last),
                             slice(given.v, batch, first, last),
                             {}};
  for (const auto& [name, matrix] : given.weights)
    inputs.learned[name] = std::vector<double>(matrix.values.begin(), matrix.values.end());
  return inputs;
}

std::string difference_from_definition(const definitions::Variant& variant, const Case& given) {
  const Shape& shape = given.problem.shape;
  const std::vector<std::int64_t> starts =
      shape.cu_seqlens ? *shape.cu_seqlens : std::vector<std::int64_t>{0, shape.seqlen_k};
  double largest_value = 0;
  for (const float value : read_all(given.v.view()))
    largest_value = std::fmax(largest_value, std::abs(static_cast<double>(value)));
  Oracle oracle(given.variant, given.problem, given.inputs());
  for (std::int64_t batch = 0; batch < shape.batch; ++batch)
    for (std::size_t sequence = 1; sequence < starts.size(); ++sequence) {
      const std::int64_t first = starts[sequence - 1];
      const definitions::Inputs inputs = inputs_of(given, batch, first, starts[sequence]);
      for (std::int64_t head = 0; head < shape.heads; ++head) {
        oracle.select(batch, head);
        for (std::int64_t i = 0; i < inputs.n_q; ++i) {
          const definitions::Row row = attend(variant, inputs, head, i);
          const std::string text =
              compare_row(oracle, first + i, first, row, rounding_of(given, row, largest_value));
          if (!text.empty())
            return fmt::format("{}: row {} of head {} of batch entry {}: {}", name_of(variant), first + i,
                               head, batch, text);
        }
      }
    }
  return {};
}

}  // namespace attnlab
