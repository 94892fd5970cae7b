// attnlab::Attention, and the checks of the tensors in each call.
#include "attnlab/attention.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <utility>
#include <vector>

#include "attnlab/core/argument_error.h"
#include "attnlab/core/tensor_memory.h"
#include "attnlab/engines/registry.h"
#include "support/case.h"

namespace attnlab {
namespace {

std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const ArgumentError& error) {
    return error.what();
  }
  return "no error";
}

std::vector<float> run_attention(Attention& attention, const Case& given) {
  Tensor output(given.problem.dtype, given.problem.shape.output());
  attention(given.q.view(), given.k.view(), given.v.view(), output.view());
  return read_all(std::as_const(output).view());
}

TEST(Attention, IsTheEnginesOutputStatisticsAndCounts) {
  const Shape shape{2, 4, 2, 40, 70, 16, 24};
  for (const DType dtype : all_dtypes) {
    const Case given = make_case("softcap(20)|causal|entmax(1.5)", shape, dtype);
    Attention attention("softcap(20)|causal|entmax(1.5)", {.batch = 2,
                                                           .heads = 4,
                                                           .kv_heads = 2,
                                                           .seqlen = 40,
                                                           .seqlen_k = 70,
                                                           .head_dim = 16,
                                                           .head_dim_v = 24,
                                                           .dtype = dtype,
                                                           .threads = 3});
    EXPECT_EQ(attention.problem().shape, shape);
    EXPECT_EQ(attention.name(), given.variant.name());
    const Engine& tiled = find_engine("tiled");
    EXPECT_EQ(attention.workspace_bytes(), tiled.workspace_bytes(given.variant, attention.problem()));
    const Outcome expected = run_with_statistics(tiled, given);
    EXPECT_EQ(run_attention(attention, given), expected.output);

    Tensor output(dtype, shape.output());
    const std::vector<RowStatistics> rows =
        attention.statistics(given.q.view(), given.k.view(), given.v.view(), output.view());
    EXPECT_EQ(read_all(std::as_const(output).view()), expected.output);
    ASSERT_EQ(rows.size(), expected.statistics.size());
    for (std::size_t row = 0; row < rows.size(); ++row)
      EXPECT_EQ(rows[row][Statistic::support], expected.statistics[row][Statistic::support]);
    ASSERT_TRUE(attention.filter_counts());
    EXPECT_GT(attention.filter_counts()->rows, 0);
  }
}

TEST(Attention, FillsInDefaultsAndTakesPointers) {
  Attention attention("causal", {.heads = 2, .seqlen = 9, .head_dim = 4});
  EXPECT_EQ(attention.problem().shape, (Shape{1, 2, 2, 9, 9, 4, 4}));
  EXPECT_GE(attention.problem().threads, 1);
  EXPECT_FALSE(attention.filter_counts());
  const Case given = make_case("causal", attention.problem().shape, DType::f32);
  const std::vector<float> q = read_all(given.q.view());
  const std::vector<float> k = read_all(given.k.view());
  const std::vector<float> v = read_all(given.v.view());
  std::vector<float> output(q.size());
  Attention moved = std::move(attention);
  moved(q.data(), k.data(), v.data(), output.data());
  EXPECT_EQ(output, run_attention(moved, given));

  Attention packed("causal", {.heads = 2, .seqlen = 9, .head_dim = 4, .cu_seqlens = {0, 4, 9}});
  std::vector<float> of_packed(q.size());
  packed(q.data(), k.data(), v.data(), of_packed.data());
  EXPECT_TRUE(std::equal(output.begin(), output.begin() + 4 * 4, of_packed.begin()));
  EXPECT_FALSE(std::equal(output.begin() + 4 * 4, output.begin() + 9 * 4, of_packed.begin() + 4 * 4));
}

TEST(Attention, RefusesWhatCannotBeRunWithTheReason) {
  const AttentionOptions sizes{.heads = 2, .seqlen = 9, .head_dim = 4};
  const auto with = [&](const std::function<void(AttentionOptions&)>& change) {
    AttentionOptions changed = sizes;
    change(changed);
    return changed;
  };
  const auto expect = [&](std::string_view variant, const AttentionOptions& options,
                          const std::string& part) {
    const std::string message = message_of([&] { Attention(variant, options); });
    EXPECT_NE(message.find(part), std::string::npos) << variant << ": " << message;
  };
  expect("entmaxx", sizes, "nearest: entmax");
  expect("softmax", {}, "seqlen: '0'");
  expect("softmax", with([](auto& options) { options.head_dim = 0; }), "head-dim: '0'");
  expect("softmax", with([](auto& options) { options.kv_heads = 3; }), "kv-heads: '3'");
  expect("softmax", with([](auto& options) { options.threads = -1; }), "threads: '-1'");
  expect("softmax", with([](auto& options) { options.engine = "tile"; }), "nearest: tiled");
  expect("softmax", with([](auto& options) { options.cu_seqlens = {0, 4}; }), "cu-seqlens: '4'");
  expect("head_temperature|softmax", sizes, "score-weights");
  expect("gaussian(3)|sigmoid", sizes, "an elementwise normaliser");
}

/// Tensors of one problem; tests change the views.
struct Views {
  Problem problem{{2, 4, 2, 5, 7, 8, 6}, DType::f32, 1};
  Case given = make_case("softmax", problem.shape, DType::f32);
  Tensor output{DType::f32, problem.shape.output()};
  Inputs inputs = given.inputs();
  MutableTensorView out = output.view();
};

TEST(Calls, RefuseWrongViewsInEveryEngine) {
  Views base;
  const std::vector<std::pair<std::string, std::function<void(Views&)>>> faults{
      {"Q: 'shape", [](Views& views) { views.inputs.q.shape[2] = 6; }},
      {"K: 'bf16'", [](Views& views) { views.inputs.k.dtype = DType::bf16; }},
      {"V: 'last stride 2'", [](Views& views) { views.inputs.v.stride[3] = 2; }},
      {"V: 'a null pointer'", [](Views& views) { views.inputs.v.data = nullptr; }},
      {"K: 'address", [](Views& views) { views.inputs.k.data += 1; }},
      {"output: 'shape", [](Views& views) { views.out.shape[3] = 5; }},
      {"output: 'f16'", [](Views& views) { views.out.dtype = DType::f16; }},
      {"output: 'last stride 3'", [](Views& views) { views.out.stride[3] = 3; }},
      {"output: 'a null pointer'", [](Views& views) { views.out.data = nullptr; }},
      {"output: 'strides", [](Views& views) { views.out.stride[1] = 0; }},
      {"output: 'strides", [](Views& views) { views.out.stride[2] = 5; }},
      {"output: 'memory of V'",
       [](Views& views) { views.inputs.v.data = views.out.data + views.output.bytes() - 4; }},
  };
  for (const Engine* engine : engines()) {
    Workspace workspace;
    const std::unique_ptr<Plan> plan = engine->plan(base.given.variant, base.problem, workspace);
    for (const auto& [start, change] : faults) {
      Views views;
      change(views);
      const std::string message = message_of([&] { plan->run(views.inputs, views.out); });
      EXPECT_TRUE(message.starts_with(start)) << engine->name() << ", " << start << ": " << message;
    }
    Views views;
    std::vector<RowStatistics> rows(3);
    EXPECT_TRUE(message_of([&] {
                  plan->run_with_statistics(views.inputs, views.out, rows);
                }).starts_with("statistics: '3 elements'"));
  }
}

/// Rows in reverse order, interleaved heads, one batch used twice.
TEST(Calls, TakeAnyStridesOfInputs) {
  const Shape shape{2, 4, 2, 30, 70, 8, 6};
  const Case given = make_case("causal|softmax", shape, DType::f32);
  for (const Engine* engine : engines()) {
    Tensor copy_q(DType::f32, shape.q());
    Tensor copy_k(DType::f32, shape.k());
    const auto reversed = [](const TensorView& from, Tensor& to) {
      TensorView view = to.view();
      std::swap(view.stride[0], view.stride[1]);
      view.stride[0] = view.shape[2] * view.shape[3];
      view.stride[1] = view.shape[0] * view.stride[0];
      view.data += (view.shape[2] - 1) * view.stride[2] * 4;
      view.stride[2] = -view.stride[2];
      for (std::int64_t b = 0; b < from.shape[0]; ++b)
        for (std::int64_t h = 0; h < from.shape[1]; ++h)
          for (std::int64_t i = 0; i < from.shape[2]; ++i)
            std::memcpy(const_cast<std::byte*>(view.row(b, h, i)), from.row(b, h, i),
                        static_cast<std::size_t>(from.shape[3]) * 4);
      return view;
    };
    Inputs usual = given.inputs();
    usual.v = given.v.view();
    Inputs strided = usual;
    strided.q = reversed(usual.q, copy_q);
    strided.k = reversed(usual.k, copy_k);
    strided.v.stride[0] = usual.v.stride[0] = 0;
    Workspace workspace;
    const std::unique_ptr<Plan> plan = engine->plan(given.variant, given.problem, workspace);
    Tensor expected(DType::f32, shape.output());
    Tensor output(DType::f32, shape.output());
    MutableTensorView backwards = output.view();
    backwards.data += (backwards.shape[2] - 1) * backwards.stride[2] * 4;
    backwards.stride[2] = -backwards.stride[2];
    plan->run(usual, expected.view());
    plan->run(strided, backwards);
    EXPECT_EQ(read_all(backwards), read_all(std::as_const(expected).view())) << engine->name();
  }
}

TEST(TensorMemory, IsSharedWhereARowIs) {
  std::vector<float> memory(4096);
  const auto at = [&](std::size_t offset, const Dims& shape, const Dims& stride) {
    return view_of(std::as_const(memory).data() + offset, shape, stride);
  };
  // Q, K and V of (n, 3, heads, d) in one block, heads and n in any order.
  const Dims shape{1, 4, 10, 8};
  const Dims fused{0, 8, 96, 1};
  const TensorView q = at(0, shape, fused);
  const TensorView k = at(32, shape, fused);
  EXPECT_TRUE(rows_are_apart(q));
  EXPECT_FALSE(share_memory(q, k));
  EXPECT_FALSE(share_memory(k, q));
  EXPECT_TRUE(share_memory(k, at(32 + 31, shape, fused)));
  EXPECT_TRUE(share_memory(k, at(96 * 9 + 32 + 24, {1, 1, 1, 8}, {0, 0, 0, 1})));
  EXPECT_FALSE(share_memory(k, at(96 * 9 + 32 + 32, {1, 1, 1, 8}, {0, 0, 0, 1})));
  EXPECT_FALSE(share_memory(k, at(96 * 9 + 32 - 8, {1, 1, 1, 8}, {0, 0, 0, 1})));
  EXPECT_FALSE(share_memory(at(0, {1, 1, 1, 8}, {0, 0, 0, 1}), at(8, {1, 1, 1, 8}, {0, 0, 0, 1})));
  EXPECT_FALSE(rows_are_apart(at(0, shape, {0, 8, 31, 1})));
  EXPECT_FALSE(rows_are_apart(at(0, {2, 4, 10, 8}, {0, 80, 8, 1})));
  EXPECT_TRUE(rows_are_apart(at(320, shape, {0, 80, -8, 1})));
}

/// Compared with a test of every pair of rows, on small tensors with random strides.
TEST(TensorMemory, AgreesWithEveryPairOfRows) {
  std::uint64_t state = 1;
  const auto below = [&](std::int64_t limit) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::int64_t>((state >> 33) % static_cast<std::uint64_t>(limit));
  };
  const std::vector<float> memory(512);
  const auto random_view = [&] {
    const Dims shape{1 + below(3), 1 + below(3), 1 + below(4), 1 + below(3)};
    return view_of(memory.data() + 200 + below(60), shape,
                   {below(40) - 20, below(20) - 10, below(12) - 6, 1});
  };
  const auto addresses = [](const TensorView& view) {
    std::vector<const std::byte*> found;
    for (std::int64_t b = 0; b < view.shape[0]; ++b)
      for (std::int64_t h = 0; h < view.shape[1]; ++h)
        for (std::int64_t i = 0; i < view.shape[2]; ++i)
          for (std::int64_t c = 0; c < view.shape[3]; ++c) found.push_back(view.row(b, h, i) + 4 * c);
    std::sort(found.begin(), found.end());
    return found;
  };
  int shared = 0;
  for (int round = 0; round < 3000; ++round) {
    const TensorView a = random_view();
    const TensorView b = random_view();
    const auto of_a = addresses(a);
    const auto of_b = addresses(b);
    const bool meet = std::any_of(of_a.begin(), of_a.end(), [&](const std::byte* address) {
      return std::binary_search(of_b.begin(), of_b.end(), address);
    });
    shared += meet;
    ASSERT_EQ(share_memory(a, b), meet) << "round " << round;
    if (rows_are_apart(a)) {
      ASSERT_EQ(std::adjacent_find(of_a.begin(), of_a.end()), of_a.end()) << "round " << round;
    }
  }
  EXPECT_GT(shared, 300);
  EXPECT_LT(shared, 2700);
}

}  // namespace
}  // namespace attnlab
