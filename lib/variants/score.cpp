#include "attnlab/variants/score.h"

#include <algorithm>

#include "attnlab/variants/scores/table.h"
#include "attnlab/variants/table.h"

namespace attnlab {

namespace {

template <class Member>
concept PreparesQueries = requires(const Member& member, std::span<const float> in, std::span<float> out,
                                   const ScoreWeights& w) {
  member.query(in, out, w);
};
template <class Member>
concept PreparesKeys = requires(const Member& member, std::span<const float> in, std::span<float> out,
                                const ScoreWeights& w) {
  member.key(in, out, w);
};
template <class Member>
concept ChangesWidth = requires(const Member& member) {
  member.width(std::int64_t{1});
};

}  // namespace

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
Real Score::factor(std::int64_t head_dim) const {
  return std::visit(
      [&](const auto& member) {
        if constexpr (requires { member.template factor<Real>(head_dim); })
          return member.template factor<Real>(head_dim);
        else
          return Real(1);
      },
      member_.get().value);
}

std::int64_t Score::width(std::int64_t head_dim) const {
  return std::visit(
      [&]<class Member>(const Member& member) -> std::int64_t {
        if constexpr (requires { member.hidden; })
          return member.hidden;
        else if constexpr (ChangesWidth<Member>) {
          static_assert(PreparesQueries<Member> && PreparesKeys<Member>,
                        "a score with width() needs query(in, out, weights) and key(in, out, weights)");
          return member.width(head_dim);
        } else
          return head_dim;
      },
      member_.get().value);
}

template <class Real>
void Score::prepare_query(std::span<const Real> in, std::span<Real> out, const ScoreWeights& weights) const {
  std::visit(
      [&]<class Member>(const Member& member) {
        if constexpr (PreparesQueries<Member>)
          member.query(in, out, weights);
        else
          std::copy(in.begin(), in.end(), out.begin());
      },
      member_.get().value);
}

template <class Real>
void Score::prepare_key(std::span<const Real> in, std::span<Real> out, const ScoreWeights& weights) const {
  std::visit(
      [&]<class Member>(const Member& member) {
        if constexpr (PreparesKeys<Member>)
          member.key(in, out, weights);
        else
          std::copy(in.begin(), in.end(), out.begin());
      },
      member_.get().value);
}

bool Score::transforms_queries() const {
  return std::visit([]<class Member>(const Member&) { return PreparesQueries<Member>; }, member_.get().value);
}

bool Score::transforms_keys() const {
  return std::visit([]<class Member>(const Member&) { return PreparesKeys<Member>; }, member_.get().value);
}

bool Score::needs_float32() const {
  return std::visit(
      [](const auto& member) {
        if constexpr (requires { member.needs_float32; })
          return member.needs_float32;
        else
          return false;
      },
      member_.get().value);
}

template float Score::factor(std::int64_t) const;
template double Score::factor(std::int64_t) const;
template void Score::prepare_query(std::span<const float>, std::span<float>, const ScoreWeights&) const;
template void Score::prepare_query(std::span<const double>, std::span<double>, const ScoreWeights&) const;
template void Score::prepare_key(std::span<const float>, std::span<float>, const ScoreWeights&) const;
template void Score::prepare_key(std::span<const double>, std::span<double>, const ScoreWeights&) const;

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
