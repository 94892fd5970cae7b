// Identities that hold for any input: determinism, masks, order of keys, shifts, constants.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

#include "attnlab/core/isa.h"
#include "attnlab/engines/registry.h"
#include "attnlab/oracle/oracle.h"
#include "support/case.h"

namespace attnlab {
namespace {

const char* const normalisers[] = {"softmax",          "off_by_one",    "sigmoid",
                                   "sparsemax",        "entmax(1.5)",   "entmax(1.3)",
                                   "topk_softmax(20)", "fusedmax(0.1)", "oscarmax(0.01)"};

/// Normalisers whose weights sum to 1.
const char* const convex[] = {"softmax",          "sparsemax",     "entmax(1.5)",   "entmax(1.3)",
                              "topk_softmax(20)", "fusedmax(0.1)", "oscarmax(0.01)"};

/// Normalisers that are sparsemax after a transformation that does nothing.
const char* const without_penalty[] = {"causal|fusedmax(0)", "causal|oscarmax(0)"};

/// Few queries and many keys, which are used as they are stored; the last tile is partial.
const Shape split_by_keys{1, 1, 1, 10, 2500, 16, 16};

void set_row(Tensor& tensor, std::int64_t i, float value) {
  const MutableTensorView view = tensor.view();
  const std::vector<float> row(static_cast<std::size_t>(view.shape[3]), value);
  for (std::int64_t b = 0; b < view.shape[0]; ++b)
    for (std::int64_t h = 0; h < view.shape[1]; ++h) write_row(view, b, h, i, row);
}

TEST(Identities, ThreadsAndRepeatsChangeNoBit) {
  for (const char* normaliser : normalisers) {
    for (const DType dtype : {DType::f32, DType::bf16, DType::f16}) {
      // The second problem is split by keys.
      for (const Shape& shape : {Shape{2, 3, 3, 700, 700, 64, 64}, Shape{1, 4, 2, 5, 9000, 16, 16}}) {
        Case given = make_case(std::string("causal|") + normaliser, shape, dtype, 1);
        for (const Engine* engine : fast_engines(given)) {
          SCOPED_TRACE(::testing::Message()
                       << engine->name() << ' ' << normaliser << ' ' << to_string(dtype));
          given.problem.threads = 1;
          const std::vector<float> one = run(*engine, given);
          EXPECT_EQ(run(*engine, given), one);
          for (const int threads : {2, 4}) {
            given.problem.threads = threads;
            EXPECT_EQ(run(*engine, given), one) << threads << " threads";
          }
        }
      }
    }
  }
}

/// Equal up to the order of float32 sums, which depends on tiles.
void expect_equal_statistics(const RowStatistics& got, const RowStatistics& wanted) {
  ASSERT_EQ(got.visible, wanted.visible);
  for (std::size_t s = 0; s < statistic_names.size() && wanted.visible > 0; ++s) {
    const double expected = wanted.values[s];
    if (std::isnan(expected)) {
      EXPECT_TRUE(std::isnan(got.values[s])) << statistic_names[s];
      continue;
    }
    if (statistic_names[s].starts_with("distance_p")) continue;  // a percentile jumps
    EXPECT_NEAR(got.values[s], expected, 2e-5 * (1 + std::abs(expected))) << statistic_names[s];
  }
  for (std::size_t bucket = 0; bucket < distance_buckets && wanted.visible > 0; ++bucket)
    EXPECT_NEAR(got.distance_mass[bucket], wanted.distance_mass[bucket], 2e-5) << "bucket " << bucket;
}

TEST(Identities, PackedSequencesAreThoseAlone) {
  const std::vector<std::int64_t> starts{0, 1, 130, 130, 700, 760};
  for (const char* name :
       {"softmax", "causal|softmax", "causal&window(60)|sparsemax", "alibi|causal|entmax(1.5)",
        "chunk_local(50)|softmax", "!chunk_local(50)|sigmoid", "causal&!chunk_local(7)|topk_softmax(3)",
        "log_n|softmax", "local_p(40)|softmax", "local_p(40)|entmax(1.5)"}) {
    for (const DType dtype : {DType::f32, DType::bf16}) {
      Case packed = make_case(name, {1, 2, 1, 760, 760, 16, 24}, dtype);
      packed.problem.shape.cu_seqlens = std::make_shared<const std::vector<std::int64_t>>(starts);
      validate(packed.problem);
      for (const Engine* engine : fast_engines(packed)) {
        SCOPED_TRACE(::testing::Message() << engine->name() << ' ' << name << ' ' << to_string(dtype));
        const auto [whole, statistics] = run_with_statistics(*engine, packed);
        for (std::size_t at = 1; at < starts.size(); ++at) {
          const std::int64_t length = starts[at] - starts[at - 1];
          if (length == 0) continue;
          Case alone = make_case(name, {1, 2, 1, length, length, 16, 24}, dtype);
          const auto copy = [&](const Tensor& from, Tensor& to) {
            std::vector<float> row(static_cast<std::size_t>(to.view().shape[3]));
            for (std::int64_t h = 0; h < to.view().shape[1]; ++h)
              for (std::int64_t i = 0; i < length; ++i) {
                read_row(from.view(), 0, h, starts[at - 1] + i, row);
                write_row(to.view(), 0, h, i, row);
              }
          };
          copy(packed.q, alone.q);
          copy(packed.k, alone.k);
          copy(packed.v, alone.v);
          alone.weights = packed.weights;
          std::vector<float> part;
          for (std::int64_t h = 0; h < 2; ++h) {
            const auto first = whole.begin() + (h * 760 + starts[at - 1]) * 24;
            part.insert(part.end(), first, first + length * 24);
          }
          EXPECT_TRUE(Judge(alone).accepts(part));
          const Outcome expected = run_with_statistics(*engine, alone);
          for (std::int64_t h = 0; h < 2; ++h)
            for (std::int64_t i = 0; i < length; ++i)
              expect_equal_statistics(statistics[static_cast<std::size_t>(h * 760 + starts[at - 1] + i)],
                                      expected.statistics[static_cast<std::size_t>(h * length + i)]);
        }
      }
    }
  }
}

TEST(Identities, WindowOfEverythingIsFull) {
  for (const char* normaliser : normalisers) {
    const Shape shape{1, 2, 2, 300, 300, 32, 32};
    const Case full = make_case(normaliser, shape, DType::f32);
    const Case window = make_case(std::string("window(300,300)|") + normaliser, shape, DType::f32);
    const Case causal = make_case(std::string("causal|") + normaliser, shape, DType::f32);
    const Case past = make_case(std::string("window(300)|") + normaliser, shape, DType::f32);
    const Case twice = make_case(std::string("causal&!(!causal)|") + normaliser, shape, DType::f32);
    for (const Engine* engine : fast_engines(full)) {
      EXPECT_EQ(run(*engine, full), run(*engine, window)) << engine->name() << ' ' << normaliser;
      EXPECT_EQ(run(*engine, causal), run(*engine, past)) << engine->name() << ' ' << normaliser;
      EXPECT_EQ(run(*engine, causal), run(*engine, twice)) << engine->name() << ' ' << normaliser;
    }
  }
}

TEST(Identities, ConstantValuesComeBack) {
  for (const char* normaliser : convex) {
    Case given = make_case(std::string("causal|") + normaliser, {1, 1, 1, 600, 600, 16, 16}, DType::f32);
    for (std::int64_t j = 0; j < 600; ++j) set_row(given.v, j, 3);
    const Judge judge(given, std::vector<double>(600 * 16, 3.0));
    for (const Engine* engine : fast_engines(given))
      EXPECT_TRUE(judge.accepts(run(*engine, given))) << engine->name() << ' ' << normaliser;
  }
}

TEST(Identities, TopkOfEverythingIsSoftmax) {
  const Shape shape{1, 2, 1, 130, 300, 32, 32};
  const Case softmax = make_case("causal|softmax", shape, DType::f32);
  const Judge judge(softmax);
  for (const char* normaliser : {"causal|topk_softmax(300)", "causal|topk_softmax(1000000)"}) {
    const Case given = make_case(normaliser, shape, DType::f32);
    for (const Engine* engine : fast_engines(given))
      EXPECT_TRUE(judge.accepts(run(*engine, given))) << engine->name();
  }
}

TEST(Identities, WithoutAPenaltyItIsSparsemax) {
  const Shape shape{1, 2, 1, 130, 300, 32, 32};
  const Case sparsemax = make_case("causal|sparsemax", shape, DType::f32);
  const Judge judge(sparsemax);
  for (const char* name : without_penalty) {
    const Case given = make_case(name, shape, DType::f32);
    EXPECT_TRUE(judge.accepts(run(find_engine("reference"), given))) << name;
    for (const Engine* engine : fast_engines(given))
      EXPECT_TRUE(judge.accepts(run(*engine, given))) << engine->name() << ' ' << name;
  }
}

TEST(Identities, LogNIsATemperatureWhereRowsAreAlike) {
  // Every row sees 200 keys, so a ln n is one number.
  const Shape shape{1, 2, 1, 130, 200, 32, 32};
  const Case scaled = make_case(fmt::format("temperature({})", 1 / (0.5 * std::log(200))), shape, DType::f32);
  const Case given = make_case("log_n(0.5)", shape, DType::f32);
  const Judge judge(scaled);
  EXPECT_TRUE(judge.accepts(run(find_engine("reference"), given)));
  for (const Engine* engine : fast_engines(given))
    EXPECT_TRUE(judge.accepts(run(*engine, given))) << engine->name();
}

TEST(Identities, DistancesOfBfloat16RowsAreThoseOfFloat32) {
  // Squared norms rounded to bfloat16 would change logits by whole numbers.
  for (const char* name : {"neg_l2|causal|softmax", "neg_l2(0.3)|sigmoid", "neg_l2(1)|entmax(1.5)"}) {
    for (const Shape& shape : {Shape{1, 2, 1, 130, 300, 33, 32}, split_by_keys}) {
      const Case narrow = make_case(name, shape, DType::bf16, 2, 3);
      Case wide = make_case(name, shape, DType::f32);
      for (const auto& [from, to] :
           {std::pair{&narrow.q, &wide.q}, {&narrow.k, &wide.k}, {&narrow.v, &wide.v}}) {
        const Dims& sizes = to->view().shape;
        std::vector<float> row(static_cast<std::size_t>(sizes[3]));
        for (std::int64_t h = 0; h < sizes[1]; ++h)
          for (std::int64_t i = 0; i < sizes[2]; ++i) {
            read_row(from->view(), 0, h, i, row);
            write_row(to->view(), 0, h, i, row);
          }
      }
      for (const Engine* engine : fast_engines(narrow)) {
        const std::vector<float> exact = run(*engine, wide);
        const std::vector<float> output = run(*engine, narrow);
        for (std::size_t at = 0; at < output.size(); ++at)
          ASSERT_EQ(output[at], rounded_to(DType::bf16, exact[at]))
              << engine->name() << ' ' << name << " element " << at;
      }
    }
  }
}

TEST(Identities, OrderOfKeysChangesNothing) {
  for (const char* normaliser : normalisers) {
    if (Variant::parse(normaliser).normaliser.name().starts_with("fusedmax"))
      continue;  // depends on neighbouring keys
    const Shape shape{1, 1, 1, 200, 1100, 32, 32};
    const Case given = make_case(normaliser, shape, DType::f32);
    Case reversed = make_case(normaliser, shape, DType::f32);
    std::vector<float> row(32);
    for (std::int64_t j = 0; j < 1100; ++j) {
      read_row(given.k.view(), 0, 0, j, row);
      write_row(reversed.k.view(), 0, 0, 1099 - j, row);
      read_row(given.v.view(), 0, 0, j, row);
      write_row(reversed.v.view(), 0, 0, 1099 - j, row);
    }
    const Judge judge(given);
    for (const Engine* engine : fast_engines(given)) {
      EXPECT_TRUE(judge.accepts(run(*engine, reversed))) << engine->name() << ' ' << normaliser;
    }
  }
}

TEST(Identities, WhatIsMaskedHasNoEffect) {
  for (const char* normaliser : normalisers) {
    for (const DType dtype : {DType::f32, DType::bf16, DType::f16}) {
      for (const Shape& shape : {Shape{1, 2, 1, 150, 600, 16, 16}, split_by_keys}) {
        const Case clean = make_case(std::string("window(40)|") + normaliser, shape, dtype);
        Case dirty = make_case(std::string("window(40)|") + normaliser, shape, dtype);
        const std::int64_t first_seen = shape.position(0) - 39;
        constexpr float infinity = std::numeric_limits<float>::infinity();
        constexpr float nan = std::numeric_limits<float>::quiet_NaN();
        for (std::int64_t j = 0; j < first_seen; ++j) {
          set_row(dirty.k, j, j % 2 == 0 ? nan : infinity);
          set_row(dirty.v, j, j % 2 == 0 ? infinity : nan);
        }
        for (const Engine* engine : fast_engines(clean))
          EXPECT_EQ(run(*engine, clean), run(*engine, dirty)) << engine->name() << ' ' << normaliser;
      }
    }
  }
}

/// The statistics of the first head.
std::int64_t heaviest_key(const Case& given, std::int64_t query) {
  Oracle oracle(given.variant, given.problem, given.inputs());
  oracle.select(0, 0);
  const std::span<const double> weights = oracle.weights(query);
  return oracle.visible_keys()[static_cast<std::size_t>(std::max_element(weights.begin(), weights.end()) -
                                                        weights.begin())];
}

TEST(Identities, NanStaysInTheRowsThatSeeIt) {
  for (const char* normaliser : normalisers) {
    for (const DType dtype : {DType::f32, DType::bf16}) {
      for (const char* where : {"query", "key", "value"}) {
        for (const Shape& shape : {Shape{1, 1, 1, 300, 300, 16, 16}, split_by_keys}) {
          const Case clean = make_case(std::string("causal&window(50)|") + normaliser, shape, dtype);
          Case dirty = make_case(std::string("causal&window(50)|") + normaliser, shape, dtype);
          const std::string place = where;
          const std::int64_t query = shape.seqlen_q / 2;
          // Some earlier rows do not see the key. The output is NaN if the NaN value has weight.
          const std::int64_t key = place == "value" ? heaviest_key(clean, query)
                                                    : shape.position(query) - (shape.seqlen_q > 50 ? 0 : 49);
          const float nan = std::numeric_limits<float>::quiet_NaN();
          set_row(place == "query" ? dirty.q
                  : place == "key" ? dirty.k
                                   : dirty.v,
                  place == "query" ? query : key, nan);
          const std::vector<double> oracle = oracle_output(dirty);
          for (const Engine* engine : fast_engines(clean)) {
            const std::vector<float> before = run(*engine, clean);
            const std::vector<float> after = run(*engine, dirty);
            for (std::size_t at = 0; at < before.size(); ++at) {
              const bool expected = std::isnan(oracle[at]);
              ASSERT_EQ(std::isnan(after[at]), expected)
                  << engine->name() << ' ' << normaliser << ' ' << where << " row " << at / 16;
              if (!expected) {
                ASSERT_EQ(after[at], before[at])
                    << engine->name() << ' ' << normaliser << ' ' << where << " row " << at / 16;
              }
            }
            EXPECT_TRUE(std::any_of(after.begin(), after.end(), [](float x) { return std::isnan(x); }));
          }
        }
      }
    }
  }
}

TEST(Identities, RowsWithoutKeysAreZero) {
  for (const char* normaliser : normalisers) {
    // Five more queries than keys: under a causal pattern the first five see nothing.
    const Case given = make_case(std::string("causal|") + normaliser, {1, 1, 1, 25, 20, 8, 8}, DType::f32);
    for (const Engine* engine : fast_engines(given)) {
      const Outcome outcome = run_with_statistics(*engine, given);
      for (std::size_t at = 0; at < 5 * 8; ++at)
        EXPECT_EQ(outcome.output[at], 0) << engine->name() << ' ' << normaliser;
      for (std::size_t row = 0; row < 5; ++row) EXPECT_EQ(outcome.statistics[row].visible, 0);
      EXPECT_EQ(outcome.statistics[5].visible, 1);
    }
  }
}

TEST(Identities, EqualLogitsShareEvenly) {
  for (const char* normaliser : normalisers) {
    // More keys than the buffer of candidates holds, so that whole rows are solved.
    Case given = make_case(normaliser, {1, 1, 1, 3, 1500, 8, 8}, DType::f32, 1, 0);
    const Outcome expected = run_with_statistics(find_engine("reference"), given);
    for (const Engine* engine : fast_engines(given)) {
      const Outcome outcome = run_with_statistics(*engine, given);
      for (const RowStatistics& row : outcome.statistics) {
        EXPECT_EQ(row[Statistic::support], 1500) << engine->name() << ' ' << normaliser;
        // The largest weights are kept as float32 logarithms.
        const double logarithm = epsilon(DType::f32) * (1 + std::log(1500.0));
        EXPECT_NEAR(row[Statistic::top8_mass], 8 / 1500.0, 8 / 1500.0 * logarithm) << normaliser;
        EXPECT_NEAR(row[Statistic::top64_mass], 64 / 1500.0, 64 / 1500.0 * logarithm) << normaliser;
        // Logarithms of weights are in float32.
        EXPECT_NEAR(row[Statistic::entropy], std::log(1500.0), 2 * epsilon(DType::f32) * std::log(1500.0))
            << engine->name() << ' ' << normaliser;
      }
      for (std::size_t at = 0; at < outcome.output.size(); ++at)
        EXPECT_NEAR(outcome.output[at], expected.output[at], 1e-6) << engine->name() << ' ' << normaliser;
    }
  }
}

TEST(Identities, InfiniteLogitsMakeTheRowNan) {
  for (const char* normaliser : normalisers) {
    if (Normaliser::parse(normaliser).kind() == NormaliserKind::elementwise) continue;
    Case given = make_case(std::string("dot|") + normaliser, {1, 1, 1, 4, 900, 1, 8}, DType::f32);
    set_row(given.q, 2, 3e38F);
    set_row(given.k, 700, 3e38F);
    for (const Engine* engine : fast_engines(given)) {
      const std::vector<float> output = run(*engine, given);
      for (std::size_t at = 0; at < output.size(); ++at)
        EXPECT_EQ(std::isnan(output[at]), at / 8 == 2) << engine->name() << ' ' << normaliser;
    }
  }
}

TEST(Identities, InfiniteLogitsOfAnElementwiseNormaliserAreAsLargeOnes) {
  Case given = make_case("dot|sigmoid", {1, 1, 1, 4, 900, 1, 8}, DType::f32);
  set_row(given.q, 2, 3e38F);
  set_row(given.k, 700, 3e38F);
  const Judge judge(given);
  for (const Engine* engine : fast_engines(given))
    EXPECT_TRUE(judge.accepts(run(*engine, given))) << engine->name();
}

TEST(Identities, FewQueriesOfManyKeysAgreeWithTheOracle) {
  for (const char* name :
       {"off_by_one", "causal|off_by_one", "log_n|softmax", "adaptive_temperature|causal|softmax",
        "head_temperature|softmax", "sigmoid", "topk_softmax(9)", "fusedmax(0.1)"}) {
    for (const DType dtype : {DType::f32, DType::bf16}) {
      const Case given = make_case(name, {1, 4, 2, 5, 4500, 16, 16}, dtype);
      const Judge judge(given);
      for (const Engine* engine : fast_engines(given))
        EXPECT_TRUE(judge.accepts(run(*engine, given))) << engine->name() << ' ' << name;
    }
  }
}

}  // namespace
}  // namespace attnlab
