#include "variants/score.h"

#include <fmt/format.h>

#include <cmath>

#include "core/splitmix.h"
#include "variants/table.h"

namespace attnlab {

Score Score::parse(std::string_view text) { return Score(parse_member<ScoreTable>("score", text)); }

std::string Score::name() const { return member_name(member_); }

ScoreKind Score::kind() const { return hidden() > 0 ? ScoreKind::pairwise : ScoreKind::product; }

std::int64_t Score::hidden() const {
  return std::visit(
      [](const auto& member) -> std::int64_t {
        if constexpr (requires { member.hidden; })
          return member.hidden;
        else
          return 0;
      },
      member_);
}

std::vector<WeightShape> Score::weight_shapes(std::int64_t head_dim) const {
  return std::visit(
      [&](const auto& member) -> std::vector<WeightShape> {
        if constexpr (requires { member.weights(head_dim); })
          return member.weights(head_dim);
        else
          return {};
      },
      member_);
}

template <class Real>
void Score::transform_query(std::span<Real> q, const ScoreWeights& weights) const {
  std::visit(
      [&](const auto& member) {
        if constexpr (requires { member.query(q, weights); }) member.query(q, weights);
      },
      member_);
}

template <class Real>
void Score::transform_key(std::span<Real> k, const ScoreWeights& weights) const {
  std::visit(
      [&](const auto& member) {
        if constexpr (requires { member.key(k, weights); }) member.key(k, weights);
      },
      member_);
}

bool Score::transforms_keys() const {
  return std::visit(
      [](const auto& member) {
        return requires(std::span<float> k, const ScoreWeights& weights) { member.key(k, weights); };
      },
      member_);
}

template void Score::transform_query(std::span<float>, const ScoreWeights&) const;
template void Score::transform_query(std::span<double>, const ScoreWeights&) const;
template void Score::transform_key(std::span<float>, const ScoreWeights&) const;
template void Score::transform_key(std::span<double>, const ScoreWeights&) const;

PairwiseNet Score::net(std::int64_t head_dim, const ScoreWeights& weights) const {
  return std::visit(
      [&](const auto& member) -> PairwiseNet {
        if constexpr (requires { member.net(head_dim, weights); })
          return member.net(head_dim, weights);
        else
          return {};
      },
      member_);
}

void validate(const ScoreWeights& weights, const Score& score, std::int64_t head_dim) {
  for (const WeightShape& shape : score.weight_shapes(head_dim)) {
    const auto found = weights.find(shape.name);
    const std::string wanted =
        fmt::format("{} needs {} of shape {} x {}", score.name(), shape.name, shape.rows, shape.columns);
    if (found == weights.end()) throw ArgumentError("score-weights", "nothing", wanted);
    const Matrix& matrix = found->second;
    if (matrix.rows != shape.rows || matrix.columns != shape.columns ||
        static_cast<std::int64_t>(matrix.values.size()) != shape.rows * shape.columns)
      throw ArgumentError("score-weights",
                          fmt::format("{} of shape {} x {}", shape.name, matrix.rows, matrix.columns),
                          wanted);
  }
}

ScoreWeights xavier_weights(const Score& score, std::int64_t head_dim, std::uint64_t seed) {
  ScoreWeights weights;
  for (const WeightShape& shape : score.weight_shapes(head_dim)) {
    SplitMix stream(seed);
    for (const char letter : shape.name) stream.mix(static_cast<std::uint64_t>(letter));
    const double bound = std::sqrt(6.0 / static_cast<double>(shape.rows + shape.columns));
    Matrix matrix{shape.rows, shape.columns,
                  std::vector<float>(static_cast<std::size_t>(shape.rows * shape.columns))};
    for (float& value : matrix.values) value = static_cast<float>(bound * (2 * stream.uniform() - 1));
    weights.emplace(shape.name, std::move(matrix));
  }
  return weights;
}

std::vector<MemberInfo> score_infos() { return table_infos<ScoreTable>(); }

}  // namespace attnlab
