// Adds a program's own modifiers and normalisers to the tables, so that variants name them:
//
//   attnlab::register_modifier<Clip>();
//   attnlab::Attention attention("clip(3)|causal|softmax", {.heads = 8, .seqlen = n, .head_dim = 64});
//
// Register members before a variant that names them is parsed; they stay for the life of the process. A
// member is a struct as those of lib/variants/modifiers and lib/variants/normalisers are: `info`, `parse`,
// `arguments`, and what its kind needs, written over the Real of attnlab/variants/real.h. It is trivially
// copyable and has at most 32 bytes. It runs in every engine. Its loops are compiled in the program, so the
// flags of the program, such as -march, set their speed; one call through a pointer is added for each row of
// a tile (modifiers) or each 16 keys (elementwise and row_threshold normalisers).
//
// Include it in one source file of a program, or in several that are compiled with the same flags.
#pragma once

#include <limits>
#include <new>
#include <type_traits>

#define ATTNLAB_LEVEL program
#include "attnlab/kernels/lane.h"
#undef ATTNLAB_LEVEL
#include "attnlab/variants/external.h"
#include "attnlab/variants/modifiers/optional.h"

namespace attnlab {

namespace program {

template <class Member>
const Member& struct_of(const MemberState& state) {
  static_assert(std::is_trivially_copyable_v<Member> && sizeof(Member) <= sizeof(MemberState) &&
                    alignof(Member) <= alignof(MemberState),
                "a member is trivially copyable and has at most 32 bytes");
  return *std::launder(reinterpret_cast<const Member*>(state.bytes));
}

template <class Member>
MemberState state_of(const Member& member) {
  MemberState state{};
  new (state.bytes) Member(member);
  return state;
}

template <class Member>
constexpr MemberState parse(const Arguments& given) {
  return state_of<Member>(Member::parse(given));
}
template <class Member>
std::vector<double> arguments(const MemberState& state) {
  return struct_of<Member>(state).arguments();
}

template <class Member>
std::vector<WeightShape> learned(const MemberState& state, std::int64_t heads, std::int64_t head_dim) {
  return optional::weights(struct_of<Member>(state), heads, head_dim);
}

template <class Member>
MemberState for_head(const MemberState& state, std::int64_t head, std::int64_t heads,
                     const ScoreWeights& weights) {
  return state_of(optional::for_head(struct_of<Member>(state), head, heads, weights));
}

template <class Member>
MemberState for_row(const MemberState& state, const RowFacts& row) {
  return state_of(optional::for_row(struct_of<Member>(state), row));
}

template <class Member>
double center(const MemberState& state, std::span<const float> query, const ScoreWeights& weights,
              std::int64_t keys) {
  return optional::center(struct_of<Member>(state), query, weights, keys);
}

template <class Member>
double modify_one(const MemberState& state, double logit, double query, double key) {
  return struct_of<Member>(state)(logit, query, key);
}

template <class Member>
void modify_row(const MemberState& state, float* logits, std::int64_t count, float query, float first_key) {
  const Member member = struct_of<Member>(state);
  for (std::int64_t j = 0; j < count; j += Lane::width) {
    const Lane key = Lane(first_key + static_cast<float>(j)) + Lane::iota();
    member(Lane::load(logits + j), Lane(query), key).store(logits + j);
  }
}

template <class Member>
constexpr RowFact fact() {
  if constexpr (requires { Member::fact; })
    return Member::fact;
  else
    return RowFact::none;
}

template <class Member>
double log_factor_one(const MemberState& state, double query, double key) {
  return struct_of<Member>(state).log_factor(query, key);
}

template <class Member>
void add_log_factor_row(const MemberState& state, float* logits, std::int64_t count, float query,
                        float first_key) {
  const Member member = struct_of<Member>(state);
  for (std::int64_t j = 0; j < count; j += Lane::width) {
    const Lane key = Lane(first_key + static_cast<float>(j)) + Lane::iota();
    (Lane::load(logits + j) + member.log_factor(Lane(query), key)).store(logits + j);
  }
}

template <class Member>
KeyRange keys(const MemberState& state, double expected) {
  return struct_of<Member>(state).keys(expected);
}

template <class Member>
constexpr ExternalModifierFunctions make_modifier_functions() {
  ExternalModifierFunctions functions{};
  functions.info = Member::info;
  functions.fact = fact<Member>();
  functions.parse = parse<Member>;
  functions.arguments = arguments<Member>;
  functions.weights = learned<Member>;
  functions.for_head = for_head<Member>;
  functions.for_row = for_row<Member>;
  functions.center = center<Member>;
  constexpr bool changes = requires(const Member& member, double x) { member(x, x, x); };
  constexpr bool factor = requires(const Member& member, double x) { member.log_factor(x, x); };
  constexpr bool leaves = requires(const Member& member) { member.keys(0.0); };
  static_assert(
      changes || factor || leaves,
      "a modifier has operator()(Real logit, Real query, Real key), log_factor(Real query, Real key) "
      "or keys(double center)");
  if constexpr (changes) {
    functions.modify_one = modify_one<Member>;
    functions.modify_row = modify_row<Member>;
  }
  if constexpr (factor) {
    functions.log_factor_one = log_factor_one<Member>;
    functions.add_log_factor_row = add_log_factor_row<Member>;
  }
  if constexpr (leaves) functions.keys = keys<Member>;
  return functions;
}

template <class Member>
inline constexpr ExternalModifierFunctions modifier_functions = make_modifier_functions<Member>();

template <class Member>
void weights(const MemberState& state, std::span<double> row) {
  struct_of<Member>(state).weights(row);
}

template <class Member>
double null_logit(const MemberState& state) {
  if constexpr (requires(const Member& member) { member.null_logit(); })
    return struct_of<Member>(state).null_logit();
  else
    return -std::numeric_limits<double>::infinity();
}

template <class Member>
double scale(const MemberState& state) {
  return struct_of<Member>(state).scale();
}

template <class Member>
Edge edge(const MemberState& state, std::span<const double> row) {
  return struct_of<Member>(state).edge(row);
}

template <class Member>
void solve(const MemberState& state, std::span<float> row, const RowScratch& scratch) {
  struct_of<Member>(state).solve(row, scratch);
}

template <class Member>
MemberState for_row_of_keys(const MemberState& state, const RowKeys& keys) {
  if constexpr (requires(const Member& member) { member.for_row(keys); })
    return state_of<Member>(struct_of<Member>(state).for_row(keys));
  else
    return state;
}

template <class Member>
void weigh(const MemberState& state, const float* numbers, float* weights) {
  const Member member = struct_of<Member>(state);
  for (std::int64_t j = 0; j < external_columns; j += Lane::width)
    member.weight(Lane::load(numbers + j)).store(weights + j);
}

template <class Member>
void slope(const MemberState& state, const float* excess, const float* weights, float* slopes) {
  const Member member = struct_of<Member>(state);
  for (std::int64_t j = 0; j < external_columns; j += Lane::width)
    member.slope(Lane::load(excess + j), Lane::load(weights + j)).store(slopes + j);
}

template <class Member>
constexpr ExternalNormaliserFunctions make_normaliser_functions() {
  ExternalNormaliserFunctions functions{};
  functions.info = Member::info;
  functions.kind = Member::kind;
  functions.parse = parse<Member>;
  functions.arguments = arguments<Member>;
  functions.weights = weights<Member>;
  if constexpr (requires(const Member& member, std::span<const double> row) { member.edge(row); })
    functions.edge = edge<Member>;
  if constexpr (Member::kind == NormaliserKind::online) functions.null_logit = null_logit<Member>;
  if constexpr (Member::kind == NormaliserKind::elementwise) {
    functions.for_row = for_row_of_keys<Member>;
    functions.weigh = weigh<Member>;
  }
  if constexpr (Member::kind == NormaliserKind::full_row) functions.solve = solve<Member>;
  if constexpr (Member::kind == NormaliserKind::row_threshold) {
    functions.scale = scale<Member>;
    functions.weigh = weigh<Member>;
    functions.slope = slope<Member>;
  }
  return functions;
}

template <class Member>
inline constexpr ExternalNormaliserFunctions normaliser_functions = make_normaliser_functions<Member>();

}  // namespace program

/// Throws ArgumentError (argument `member`) if the name of the member is taken or is no name. Thread-safe.
template <class Member>
void register_modifier() {
  register_functions(program::modifier_functions<Member>);
}
template <class Member>
void register_normaliser() {
  register_functions(program::normaliser_functions<Member>);
}

}  // namespace attnlab
