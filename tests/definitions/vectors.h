// Test vectors computed by hand, rounded to six decimals. The definitions of lib and of this folder are both
// compared with them. Every member of `attnlab list` has at least one (tests/unit/definitions_test.cpp checks
// this).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "definitions/call.h"

namespace definitions {

/// Half of the last decimal.
inline constexpr double vector_rounding = 5.001e-7;

struct ScoreVector {
  std::string score;
  std::vector<double> q, k;
  Parameters learned;
  double expected;
};

inline const ScoreVector score_vectors[] = {
    {"dot", {1, 2}, {3, -1}, {}, 1},
    {"scaled_dot", {1, 2, 3, 4}, {1, 0, -1, 2}, {}, 3},
    {"scaled_dot", {1, 1}, {1, 1}, {}, 1.414214},
    // W k = (3, 11); with W transposed it would be 14.
    {"general", {1, 2}, {5, -1}, {{"W", {1, 2, 3, 4}}}, 25},
    {"cosine", {3, 4}, {-4, -3}, {}, -0.96},
    {"cosine(2)", {3, 4}, {8, 6}, {}, 1.92},
    {"cosine(2)", {0, 0}, {8, 6}, {}, 0},
    {"cosine(2)", {3, 4}, {0, 0}, {}, 0},
    {"cosine", {1e-40, 0}, {1e-40, 0}, {}, 1},
    {"cosine(8)", {2e-38, 0}, {-3e-38, 4e-38}, {}, -4.8},
    {"cosine(2)", {3e38, -3e38}, {1e-45, 0}, {}, 1.414214},
    {"neg_l2", {1, 2, 3, 4}, {1, 0, -1, 2}, {}, -12},
    {"neg_l2(0.5)", {1, 2}, {3, -1}, {}, -6.5},
    // tanh of (1.5, -2): 2 x 0.905148 + 3 x 0.964028.
    {"additive(2)",
     {1, -1},
     {2, 1},
     {{"W", {1, .5, -1, 2}}, {"U", {.5, 0, 1, -1}}, {"v", {2, -3}}},
     4.702379},
    {"concat(2)", {1, -1}, {2, 1}, {{"W", {1, .5, .5, 0, -1, 2, 1, -1}}, {"v", {2, -3}}}, 4.702379},
    {"mlp(2)", {1, -1}, {2, 1}, {{"W1", {1, .5, .5, 0, -1, 2, 1, -1}}, {"w", {2, -3}}}, 4.702379},
    // 4 tanh(0.5 x 0.905148 - 0.964028)
    {"mlp(2,1)",
     {1, -1},
     {2, 1},
     {{"W1", {1, .5, .5, 0, -1, 2, 1, -1}}, {"W2", {.5, 1}}, {"w", {4}}},
     -1.884308},
    {"mlp_relu(2)", {1, -1}, {2, 1}, {{"W1", {1, .5, .5, 0, -1, 2, 1, -1}}, {"w", {2, -3}}}, 3},
    // relu of (1.5, -2), then of (1.5, -1.5); in the second case of (1.5, 3).
    {"mlp_relu(2,2)",
     {1, -1},
     {2, 1},
     {{"W1", {1, .5, .5, 0, -1, 2, 1, -1}}, {"W2", {1, 1, -1, 3}}, {"w", {2, 5}}},
     3},
    {"mlp_relu(2,2)",
     {1, -1},
     {2, 1},
     {{"W1", {1, .5, .5, 0, -1, 2, 1, -1}}, {"W2", {1, 1, 2, 1}}, {"w", {2, 5}}},
     18},
};

/// A row that sees keys 0, 1, … with the given logits; expected are its logits or, after softmax, its
/// weights.
struct ModifierVector {
  enum Of { logits, weights };
  std::string modifier;
  std::int64_t head, heads, position;
  std::vector<double> before;
  Of of;
  std::vector<double> expected;
  std::vector<double> query{1};
  Parameters learned{};
};

inline const ModifierVector modifier_vectors[] = {
    {"softcap(2)", 0, 1, 0, {1, -4, 0}, ModifierVector::logits, {0.924234, -1.928055, 0}},
    {"softcap(0.5)", 0, 1, 0, {100, -100}, ModifierVector::logits, {0.5, -0.5}},
    {"alibi", 0, 8, 3, {0, 0, 1, 0, 0}, ModifierVector::logits, {-1.5, -1, 0.5, 0, -0.5}},
    {"alibi", 7, 8, 2, {0, 0, 0}, ModifierVector::logits, {-0.0078125, -0.00390625, 0}},
    {"alibi", 0, 1, 1, {0, 0}, ModifierVector::logits, {-0.00390625, 0}},
    // Three heads: 2^-4 and 2^-8 as for two, then 2^-2, the first of four.
    {"alibi", 1, 3, 1, {0, 0}, ModifierVector::logits, {-0.00390625, 0}},
    {"alibi", 2, 3, 1, {0, 0}, ModifierVector::logits, {-0.25, 0}},
    // Six heads: those of four, then the first and the third of eight.
    {"alibi", 3, 6, 1, {0, 0}, ModifierVector::logits, {-0.00390625, 0}},
    {"alibi", 4, 6, 1, {0, 0}, ModifierVector::logits, {-0.5, 0}},
    {"alibi", 5, 6, 1, {0, 0}, ModifierVector::logits, {-0.125, 0}},
    // Three heads: 2^(-8/3); two heads: the same as alibi.
    {"alibi(plain)", 0, 3, 2, {0, 0, 1}, ModifierVector::logits, {-0.314980, -0.157490, 1}},
    {"alibi(plain)", 2, 3, 1, {0, 0}, ModifierVector::logits, {-0.00390625, 0}},
    {"alibi(plain)", 0, 2, 1, {0, 0}, ModifierVector::logits, {-0.0625, 0}},
    {"temperature(0.5)", 0, 1, 0, {1, -3}, ModifierVector::logits, {2, -6}},
    {"temperature(8)", 0, 1, 0, {1, -3}, ModifierVector::logits, {0.125, -0.375}},
    {"head_temperature", 0, 2, 0, {1, -3}, ModifierVector::logits, {2, -6}, {1}, {{"temperature", {0.5, 4}}}},
    {"head_temperature",
     1,
     2,
     0,
     {1, -3},
     ModifierVector::logits,
     {0.25, -0.75},
     {1},
     {{"temperature", {0.5, 4}}}},
    // 0.5 ln 4 and 0.43 ln 3
    {"log_n(0.5)", 0, 1, 0, {1, -2, 0, 3}, ModifierVector::logits, {0.693147, -1.386294, 0, 2.079442}},
    {"log_n", 0, 1, 0, {1, -2, 0.5}, ModifierVector::logits, {0.472403, -0.944807, 0.236202}},
    {"log_n", 0, 1, 0, {7}, ModifierVector::logits, {0}},
    // Entropy ln 8: beta 2.121415; 1.048705: beta 1.345991; below 0.5 and at ln 2 it is 1.
    {"adaptive_temperature",
     0,
     1,
     0,
     {1, 1, 1, 1, 1, 1, 1, 1},
     ModifierVector::logits,
     {2.121415, 2.121415, 2.121415, 2.121415, 2.121415, 2.121415, 2.121415, 2.121415}},
    {"adaptive_temperature", 0, 1, 0, {2, 1, 0, 0}, ModifierVector::logits, {2.691983, 1.345991, 0, 0}},
    {"adaptive_temperature", 0, 1, 0, {3, 3}, ModifierVector::logits, {3, 3}},
    {"adaptive_temperature", 0, 1, 0, {9, 0}, ModifierVector::logits, {9, 0}},
    // A quarter each, times exp(-1/2), 1, exp(-1/2), exp(-2).
    {"gaussian(2)", 0, 1, 1, {0, 0, 0, 0}, ModifierVector::weights, {0.151633, 0.25, 0.151633, 0.033834}},
    // Distances 0 to 1, 2 and 3, 4 and more; later keys count as distance 0. w of head 1 is 1, 2, 4, 8.
    {"t5_causal(4,8)",
     1,
     2,
     5,
     {0, 0, 0, 0, 0, 0, 0.5},
     ModifierVector::logits,
     {8, 8, 4, 4, 2, 1, 1.5},
     {1},
     {{"t5", {0, 0, 0, 0, 1, 2, 4, 8}}}},
    // The same distances, and four buckets more for later keys.
    {"t5(8,8)",
     0,
     1,
     3,
     {0, 0, 0, -1, 0, 0, 0, 0},
     ModifierVector::logits,
     {4, 4, 2, 0, 32, 64, 64, 128},
     {1},
     {{"t5", {1, 2, 4, 8, 16, 32, 64, 128}}}},
    // With the same p only key 1 is within 0.5: weight 1 times exp(-8 x 0.490860^2).
    {"local_p(0.5)",
     0,
     1,
     3,
     {0, 0, 0, 0},
     ModifierVector::weights,
     {0.145505},
     {2, 0.5},
     {{"local_w", {1, 0, 1, -2}}, {"local_v", {0.25, -1}}}},
    // p = 4 sigmoid(0.25 tanh(2) - tanh(1)) = 1.490860
    {"local_p(2)",
     0,
     1,
     3,
     {0, 0, 0, 0},
     ModifierVector::weights,
     {0.082280, 0.221626, 0.219609, 0.080055},
     {2, 0.5},
     {{"local_w", {1, 0, 1, -2}}, {"local_v", {0.25, -1}}}},
};

/// A line for each query and a column for each key; x marks visible keys.
struct PatternVector {
  std::string pattern;
  std::vector<std::string> visible;
  std::int64_t head = 0;
};

inline const PatternVector pattern_vectors[] = {
    {"full", {"xxxx", "xxxx"}},
    {"causal", {"x...", "xx..", "xxx.", "xxxx"}},
    // The last query is at the last key.
    {"causal", {"xxx..", "xxxx.", "xxxxx"}},
    {"causal", {"...", "...", "x..", "xx.", "xxx"}},
    {"window(2)", {"x...", "xx..", ".xx.", "..xx"}},
    {"window(1)", {"..x..", "...x.", "....x"}},
    {"window(1,2)", {"xxx..", "xxxx.", ".xxxx", "..xxx", "...xx"}},
    {"window(2,0)", {"x...", "xx..", "xxx.", ".xxx"}},
    {"window(0,1)", {".xx.", "..xx", "...x"}},
    {"local_m(1)", {"xx..", "xxx.", ".xxx", "..xx"}},
    {"local_m(1)", {"..xxx", "...xx"}},
    {"local_m(0)", {"x..", ".x.", "..x"}},
    {"chunk_local(2)", {"xx...", "xx...", "..xx.", "..xx.", "....x"}},
    {"chunk_local(3)", {"xxx..", "...xx", "...xx"}},
    {"chunk_local(2)", {"..", "..", "xx", "xx"}},
    {"dilated(2,2)", {"x.x.x..", ".x.x.x.", "x.x.x.x", ".x.x.x.", "x.x.x.x", ".x.x.x.", "..x.x.x"}},
    {"dilated(1,3)", {"..x..x.", "...x..x"}},
    {"dilated(1,1)", {"xx.", "xxx", ".xx"}},
    {"dilated(1,2)", {"x.", ".x", "x.", ".x"}},
    {"strided(3)",
     {"x.......", "xx......", "xxx.....", "xxxx....", ".xxxx...", "..xxxx..", "x..xxxx.", ".x..xxxx"}},
    {"strided(2)", {"..", "x.", "xx"}},
    {"fixed(3,1)",
     {"x.......", "xx......", "xxx.....", "..xx....", "..xxx...", "..xxxx..", "..x..xx.", "..x..xxx"}},
    {"fixed(3,2)", {".xxxxx.", ".xx.xxx"}},
    {"fixed(2,1)", {"..", "x.", "xx"}},
    {"global(2)", {"xxxx", "xxxx", "xx..", "xx.."}},
    {"global(1)", {"x....", "x...."}},
    {"global(1)", {"xx", "xx", "xx", "x."}},
    {"sink(2)", {"xx..", "xx..", "xx..", "xx.."}},
    {"prefix(2)", {"xx..", "xx..", "xxx.", "xxxx"}},
    {"prefix(1)", {"x.", "x.", "xx"}},
    // Blocks {0 1} … {10}. The others of block 1 are 2 3 4 5: number 0 of head 0, number 3 of head 1.
    {"bigbird(2,1,1,1)",
     {"xxxxxxxxxxx", "xxxxxxxxxxx", "xxxxxx.....", "xxxxxx.....", "xx..xx..xx.", "xx..xx..xx.", "xx....xx..x",
      "xx....xx..x", "xx..xx..xx.", "xx..xx..xx.", "xxxx......x"}},
    {"bigbird(2,1,1,1)",
     {"xxxxxxxxxxx", "xxxxxxxxxxx", "xxxx......x", "xxxx......x", "xx..xx..xx.", "xx..xx..xx.", "xx..xxxx...",
      "xx..xxxx...", "xx....xxxx.", "xx....xxxx.", "xx..xx....x"},
     1},
    // Query 4 has the others 1 2 6 7 8: number 3 of 0 … 3, which is 7, and number 0 of 0 … 4.
    {"bigbird(1,3,1,2)",
     {"xxxxxxxxx", "xxxx....x", "xxxx.x..x", "xxxxx..x.", "xx.xxx.x.", "xx.xxxx..", "x.x.xxxx.", "xx.x..xxx",
      "x.x..x.xx"},
     2},
    // Block 3 has the others 0 1 2 4 and the numbers 1, 1, 3: 1, then 2 as 1 is taken, then 4.
    {"bigbird(2,1,0,3)", {"..xxxxxxxx", "..xxxxxxxx", "..xxxxxxxx", "..xxxxxxxx"}},
    {"bigbird(2,1,0,64)", {"xxxxxx", "xxxxxx", "xxxxxx"}},
    {"neighbourhood(4,4,3)",
     {"xxx.xxx.xxx.....", "xxx.xxx.xxx.....", ".xxx.xxx.xxx....",
      ".xxx.xxx.xxx....",  // pixels (0, 0) … (0, 3)
      "xxx.xxx.xxx.....", "xxx.xxx.xxx.....", ".xxx.xxx.xxx....", ".xxx.xxx.xxx....",  //
      "....xxx.xxx.xxx.", "....xxx.xxx.xxx.", ".....xxx.xxx.xxx", ".....xxx.xxx.xxx",  //
      "....xxx.xxx.xxx.", "....xxx.xxx.xxx.", ".....xxx.xxx.xxx", ".....xxx.xxx.xxx"}},
    {"neighbourhood(2,5,1)", {".....x....", "......x...", ".......x..", "........x.", ".........x"}},
    // Two queries before the image: as if there were more rows above it, whose windows move into it.
    {"neighbourhood(1,3,1)", {".x.", "..x", "x..", ".x.", "..x"}},
    {"per_head(0:causal,1-:window(1,1))", {"x..", "xx.", "xxx"}},
    {"per_head(0:causal,1-:window(1,1))", {"xx.", "xxx", ".xx"}, 1},
    {"per_head(0:causal,1-:window(1,1))", {"xx.", "xxx", ".xx"}, 5},
    {"per_head(3-:causal,0:full,1-2:sink(1))", {"x..", "x..", "x.."}, 2},
    {"per_head(3-:causal,0:full,1-2:sink(1))", {"x..", "xx.", "xxx"}, 3},
    {"!per_head(0:causal,1-:sink(1))&window(2)", {"....", ".x..", ".xx.", "..xx"}, 1},
    // StreamingLLM and Longformer.
    {"causal&(sink(1)|window(2))", {"x....", "xx...", "xxx..", "x.xx.", "x..xx"}},
    {"window(1,1)|global(1)", {"xxxxx", "xxx..", "xxxx.", "x.xxx", "x..xx"}},
    {"!causal", {".xx", "..x", "..."}},
    {"causal&!window(2)", {"....", "....", "x...", "xx.."}},
    {"window(1)|chunk_local(2)", {"xx...", "xx...", "..xx.", "..xx.", "....x"}},
    {"!causal&window(1,1)|window(1)", {"xx..", ".xx.", "..xx", "...x"}},
    {"!(causal|chunk_local(3))", {"...xx", "...xx", "...xx", ".....", "....."}},
};

struct NormaliserVector {
  std::string normaliser;
  std::vector<double> logits, expected;
};

inline const std::vector<double> five{1, .5, .2, -.3, -1};
inline const std::vector<double> seven{1, .9, .2, .8, -.5, -.6, .3};

inline const NormaliserVector normaliser_vectors[] = {
    {"softmax", five, {.405889, .246184, .182378, .110618, .054931}},
    {"softmax", {2, 2, 2}, {1 / 3., 1 / 3., 1 / 3.}},
    {"softmax", {5}, {1}},
    {"entmax(1.0000001)", {0, 1}, {.268941, .731059}},
    {"entmax(1.0001)", {0, 1}, {.268925, .731075}},
    {"entmax(1.002)", {0, 1}, {.268621, .731379}},
    {"entmax(1.000000000001)", five, {.405889, .246184, .182378, .110618, .054931}},
    {"entmax(1.01)", five, {.409007, .246648, .181866, .109222, .053257}},
    {"entmax(1.05)", {0, -5, -15, -19, -25}, {.996842, .003158, 0, 0, 0}},
    {"entmax(1.05)", {3}, {1}},
    {"entmax(1.1)", five, {.438606, .250974, .176762, .095754, .037904}},
    {"entmax(1.25)", five, {.493325, .258549, .165764, .069299, .013063}},
    {"entmax(1.5)", five, {.586572, .266132, .133868, .013428, 0}},
    {"entmax", five, {.586572, .266132, .133868, .013428, 0}},
    {"entmax(1.75)", five, {.668115, .259888, .071997, 0, 0}},
    {"entmax(2)", five, {.75, .25, 0, 0, 0}},
    {"entmax(1.5)", {1, 1, 0, -5}, {.481238, .481238, .037525, 0}},
    {"entmax(1.5)", {-7, -7, -7}, {1 / 3., 1 / 3., 1 / 3.}},
    {"entmax(1.5)", {-5}, {1}},
    {"sparsemax", five, {.75, .25, 0, 0, 0}},
    {"sparsemax", {1, 1, 0, -5}, {.5, .5, 0, 0}},
    {"sparsemax", {0, 0, 0}, {1 / 3., 1 / 3., 1 / 3.}},
    {"off_by_one", five, {.353156, .214200, .158683, .096246, .047795}},
    {"off_by_one", {0, 0, 0}, {.25, .25, .25}},
    {"off_by_one", {2e3, 2e3}, {.5, .5}},
    {"off_by_one", {-2e3, -2e3}, {0, 0}},
    {"topk_softmax(1)", five, {1, 0, 0, 0, 0}},
    {"topk_softmax(2)", five, {0.622459, 0.377541, 0, 0, 0}},
    {"topk_softmax(2)", {1, .5, .5, -1}, {0.451863, 0.274069, 0.274069, 0}},
    {"topk_softmax(1)", {3, 3, 3, 3}, {.25, .25, .25, .25}},
    {"topk_softmax(5)", five, {0.405889, 0.246184, 0.182378, 0.110618, 0.054931}},
    {"topk_softmax(1000)", five, {0.405889, 0.246184, 0.182378, 0.110618, 0.054931}},
    {"fusedmax(0)", five, {.75, .25, 0, 0, 0}},
    {"fusedmax(0.1)", seven, {.433333, .433333, 0, .133333, 0, 0, 0}},
    {"fusedmax(0.3)", seven, {.4, .4, .1, .1, 0, 0, 0}},
    {"fusedmax(1)", seven, {.25, .25, .25, .25, 0, 0, 0}},
    {"fusedmax(0.2)", {7, 7, 7}, {1 / 3., 1 / 3., 1 / 3.}},
    {"oscarmax(0)", five, {.75, .25, 0, 0, 0}},
    {"oscarmax(0.2)", seven, {.26, .26, .11, .26, 0, 0, .11}},
    {"oscarmax(0.2)", {7, 7, 7}, {1 / 3., 1 / 3., 1 / 3.}},
    {"relu2", five, {.2, .05, .008, 0, 0}},
    {"relu2", {3}, {9}},
    {"relu2", {-1, -2e3}, {0, 0}},
    {"sigmoid", five, {.352187, .247976, .196323, .129044, .068533}},
    {"sigmoid(0)", five, {.731059, .622459, .549834, .425557, .268941}},
    {"sigmoid(-2)", {2, 0}, {.5, .119203}},
    {"sigmoid", {0, 0, 0}, {.25, .25, .25}},
    {"sigmoid", {2e3, -2e3}, {1, 0}},
};

}  // namespace definitions
