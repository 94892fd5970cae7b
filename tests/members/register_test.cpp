// Members that this program adds to the tables, of every kind and with everything that a member may have:
// each is a copy of a member of attnlab under another name, and gives the same output in every engine.
#include "attnlab/register_member.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "attnlab/attention.h"
#include "attnlab/core/argument_error.h"
#include "attnlab/engines/registry.h"
#include "attnlab/variants/modifiers/alibi.h"
#include "attnlab/variants/modifiers/head_temperature.h"
#include "attnlab/variants/modifiers/log_n.h"
#include "attnlab/variants/normalisers/entmax.h"
#include "attnlab/variants/normalisers/off_by_one.h"
#include "attnlab/variants/normalisers/sigmoid.h"
#include "attnlab/variants/normalisers/topk_softmax.h"
#include "support/case.h"

namespace attnlab {
namespace {

template <class Base>
constexpr MemberInfo renamed(std::string_view name) {
  return {name, Base::info.parameters, name, Base::info.summary, Base::info.source};
}

struct OwnAlibi : Alibi {
  static constexpr MemberInfo info = renamed<Alibi>("own_alibi");
  static OwnAlibi parse(const Arguments& given) { return {Alibi::parse(given)}; }
  OwnAlibi for_head(std::int64_t head, std::int64_t heads) const { return {Alibi::for_head(head, heads)}; }
};

struct OwnLogN : LogN {
  static constexpr MemberInfo info = renamed<LogN>("own_log_n");
  static OwnLogN parse(const Arguments& given) { return {LogN::parse(given)}; }
  OwnLogN for_row(const RowFacts& row) const { return {LogN::for_row(row)}; }
};

struct OwnHeadTemperature : HeadTemperature {
  static constexpr MemberInfo info = renamed<HeadTemperature>("own_head_temperature");
  static OwnHeadTemperature parse(const Arguments& given) { return {HeadTemperature::parse(given)}; }
  OwnHeadTemperature for_head(std::int64_t head, const ScoreWeights& weights) const {
    return {HeadTemperature::for_head(head, weights)};
  }
};

template <class Base, char... letters>
struct OwnNormaliser : Base {
  static constexpr char name[] = {'o', 'w', 'n', '_', letters..., 0};
  static constexpr MemberInfo info = renamed<Base>(name);
  static OwnNormaliser parse(const Arguments& given) { return {Base::parse(given)}; }
  OwnNormaliser for_row(const RowKeys& keys) const requires(Base::kind == NormaliserKind::elementwise) {
    return {Base::for_row(keys)};
  }
};

/// Weights times exp(-|i - j| / 50), after the normaliser.
struct OwnDecay {
  static constexpr MemberInfo info{"own_decay", "", "own_decay", "", ""};
  static OwnDecay parse(const Arguments&) { return {}; }
  std::vector<double> arguments() const { return {}; }
  template <class Real>
  Real log_factor(Real query, Real key) const {
    return Real(-0.02) * abs(query - key);
  }
};

struct TakenName : OwnDecay {
  static constexpr MemberInfo info{"window", "", "window", "", ""};
  static TakenName parse(const Arguments&) { return {}; }
};
struct NoName : OwnDecay {
  static constexpr MemberInfo info{"Own decay", "", "Own decay", "", ""};
  static NoName parse(const Arguments&) { return {}; }
};

void register_all() {
  static const bool once = [] {
    register_modifier<OwnAlibi>();
    register_modifier<OwnLogN>();
    register_modifier<OwnHeadTemperature>();
    register_modifier<OwnDecay>();
    register_normaliser<OwnNormaliser<OffByOne, 'o', 'n', 'e'>>();
    register_normaliser<OwnNormaliser<Sigmoid, 's', 'i', 'g'>>();
    register_normaliser<OwnNormaliser<Entmax, 'e', 'n', 't'>>();
    register_normaliser<OwnNormaliser<TopkSoftmax, 't', 'o', 'p'>>();
    return true;
  }();
  ASSERT_TRUE(once);
}

constexpr std::int64_t head_dim = 32;

std::vector<float> output_of(const Engine& engine, const std::string& variant, const Case& given) {
  Attention attention(variant, {.heads = 2,
                                .seqlen = given.problem.shape.seqlen_q,
                                .seqlen_k = given.problem.shape.seqlen_k,
                                .head_dim = head_dim,
                                .threads = 2,
                                .engine = engine.name(),
                                .weights = given.weights});
  Tensor output(DType::f32, given.problem.shape.output());
  attention(given.q.view(), given.k.view(), given.v.view(), output.view());
  return read_all(std::as_const(output).view());
}

double difference(const std::vector<float>& a, const std::vector<float>& b) {
  double largest = 0;
  for (std::size_t t = 0; t < a.size(); ++t) {
    const double between = std::abs(static_cast<double>(a[t]) - static_cast<double>(b[t]));
    if (!(between <= largest)) largest = between;
  }
  return largest;
}

/// Products round head_dim times, by epsilon of a logit at most; outputs follow their logits, and values are
/// below 5.
constexpr double allowed = 5 * head_dim * epsilon(DType::f32);

TEST(OwnMembers, GiveTheOutputOfTheirTwinsInEveryEngine) {
  register_all();
  const std::pair<std::string, std::string> twins[]{
      {"own_alibi|causal", "alibi|causal"},
      {"own_log_n(0.5)|window(70)", "log_n(0.5)|window(70)"},
      {"own_head_temperature", "head_temperature"},
      {"causal|own_one", "causal|off_by_one"},
      {"own_sig", "sigmoid"},
      {"causal|own_sig(-3)", "causal|sigmoid(-3)"},
      {"causal|own_ent(1.5)", "causal|entmax(1.5)"},
      {"own_ent(1.3)", "entmax(1.3)"},
      {"own_top(8)", "topk_softmax(8)"},
      {"own_alibi+own_log_n|own_ent", "alibi+log_n|entmax"},
  };
  for (const Shape& shape :
       {Shape{1, 2, 2, 100, 131, head_dim, head_dim}, Shape{1, 2, 2, 3, 2200, head_dim, head_dim},
        Shape{1, 2, 2, 60, 900, head_dim, head_dim}})
    for (const auto& [own, twin] : twins) {
      const Case given = make_case(twin, shape, DType::f32);
      EXPECT_EQ(Variant::parse(Variant::parse(own).name()).name(), Variant::parse(own).name());
      const std::vector<float> exact = output_of(find_engine("reference"), twin, given);
      EXPECT_EQ(output_of(find_engine("reference"), own, given), exact) << own;
      for (const Engine* engine : fast_engines(given))
        EXPECT_LE(difference(output_of(*engine, own, given), exact), allowed)
            << own << ", " << engine->name() << ", n_k " << shape.seqlen_k;
    }
}

TEST(OwnMembers, WorkAfterTheNormaliser) {
  register_all();
  const Case given = make_case("causal|softmax", {1, 2, 2, 100, 131, head_dim, head_dim}, DType::f32);
  const std::vector<float> exact = output_of(find_engine("reference"), "own_decay|causal|softmax", given);
  EXPECT_LE(difference(output_of(find_engine("tiled"), "own_decay|causal|softmax", given), exact), allowed);
  EXPECT_GT(difference(output_of(find_engine("tiled"), "causal|softmax", given), exact), 100 * allowed);
}

TEST(OwnMembers, AreListedAndRefusedLikeOthers) {
  register_all();
  const std::vector<MemberInfo> infos = modifier_infos();
  EXPECT_TRUE(std::any_of(infos.begin(), infos.end(),
                          [](const MemberInfo& info) { return info.name == "own_alibi"; }));
  EXPECT_THROW(Variant::parse("own_alibi(3)"), ArgumentError);
  EXPECT_THROW(Variant::parse("own_top"), ArgumentError);
  EXPECT_THROW(register_modifier<OwnAlibi>(), ArgumentError);
  EXPECT_THROW(register_modifier<TakenName>(), ArgumentError);
  EXPECT_THROW(register_modifier<NoName>(), ArgumentError);
  try {
    Variant::parse("own_albi|softmax");
    FAIL();
  } catch (const ArgumentError& error) {
    EXPECT_NE(std::string(error.what()).find("own_alibi"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace attnlab
