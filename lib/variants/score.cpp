#include "attnlab/variants/score.h"

#include "attnlab/variants/scores/table.h"
#include "attnlab/variants/table.h"

namespace attnlab {

Score::Score(const ScoreMember& member) : member_(member) {}

Score Score::parse(std::string_view text) {
  return Score(ScoreMember{parse_member<ScoreTable>("score", text)});
}

std::string Score::name() const { return member_name(member_.get().value); }

ScoreKind Score::kind() const { return hidden() > 0 ? ScoreKind::pairwise : ScoreKind::product; }

std::int64_t Score::hidden() const {
  return std::visit(
      [](const auto& member) -> std::int64_t {
        if constexpr (requires { member.hidden; })
          return member.hidden;
        else
          return 0;
      },
      member_.get().value);
}

std::vector<WeightShape> Score::weight_shapes(std::int64_t head_dim) const {
  return std::visit(
      [&](const auto& member) -> std::vector<WeightShape> {
        if constexpr (requires { member.weights(head_dim); })
          return member.weights(head_dim);
        else
          return {};
      },
      member_.get().value);
}

template <class Real>
void Score::transform_query(std::span<Real> q, const ScoreWeights& weights) const {
  std::visit(
      [&](const auto& member) {
        if constexpr (requires { member.query(q, weights); }) member.query(q, weights);
      },
      member_.get().value);
}

template <class Real>
void Score::transform_key(std::span<Real> k, const ScoreWeights& weights) const {
  std::visit(
      [&](const auto& member) {
        if constexpr (requires { member.key(k, weights); }) member.key(k, weights);
      },
      member_.get().value);
}

bool Score::transforms_keys() const {
  return std::visit(
      [](const auto& member) {
        return requires(std::span<float> k, const ScoreWeights& weights) { member.key(k, weights); };
      },
      member_.get().value);
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
      member_.get().value);
}

std::vector<MemberInfo> score_infos() { return table_infos<ScoreTable>(); }

}  // namespace attnlab
