#include "attnlab/oracle/determined_rows.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "attnlab/oracle/oracle.h"

namespace attnlab {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

struct RowEdge {
  Edge edge{infinity, -infinity};
  double logit_error = 0;  ///< the textbook's worst, of the logits that are kept or next to be
};

RowEdge row_edge(const Normaliser& normaliser, std::span<const double> exact,
                 std::span<const double> textbook) {
  std::vector<double> finite;
  for (const double logit : exact) {
    if (std::isnan(logit) || logit == infinity) return {};  // every weight is NaN
    if (logit > -infinity) finite.push_back(logit);
  }
  if (finite.empty()) return {};
  RowEdge row{normaliser.edge(finite)};
  for (std::size_t t = 0; t < exact.size(); ++t)
    if (exact[t] >= row.edge.dropped && std::isfinite(exact[t] - textbook[t]))
      row.logit_error = std::max(row.logit_error, std::abs(exact[t] - textbook[t]));
  return row;
}

}  // namespace

std::vector<bool> determined_rows(const Variant& variant, const Problem& problem, const Inputs& inputs,
                                  std::span<const std::int64_t> rows) {
  const Shape& shape = problem.shape;
  std::vector<RowEdge> edges(static_cast<std::size_t>(shape.batch * shape.heads) * rows.size());
  std::vector<bool> determined(edges.size(), true);
  if (!variant.normaliser.jumps()) return determined;
#pragma omp parallel for num_threads(problem.threads) schedule(dynamic)
  for (std::int64_t head = 0; head < shape.batch * shape.heads; ++head) {
    Oracle oracle(variant, problem, inputs);
    Textbook textbook(variant, problem, inputs);
    oracle.select(head / shape.heads, head % shape.heads);
    textbook.select(head / shape.heads, head % shape.heads);
    for (std::size_t t = 0; t < rows.size(); ++t)
      edges[static_cast<std::size_t>(head) * rows.size() + t] =
          row_edge(variant.normaliser, oracle.logits(rows[t]), textbook.logits(rows[t]));
  }
  double error = 0;
  for (const RowEdge& row : edges) error = std::max(error, row.logit_error);
  for (std::size_t at = 0; at < edges.size(); ++at) {
    const auto [kept, dropped] = edges[at].edge;
    if (dropped == -infinity) continue;
    const double off = 2 * error + 4 * epsilon(DType::f32) * std::max(std::abs(kept), std::abs(dropped));
    determined[at] = kept - dropped > 2 * off || off == 0;
  }
  return determined;
}

}  // namespace attnlab
