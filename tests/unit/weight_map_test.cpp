// Pooled weights of one head, and profiles over its queries.
#include <gtest/gtest.h>

#include <cmath>

#include "attnlab/inputs/input_source.h"
#include "attnlab/measure/heap.h"
#include "attnlab/oracle/weight_map.h"

namespace attnlab {
namespace {

WeightMap map_of(const std::string& variant, const std::string& input, std::int64_t n_q, std::int64_t n_k,
                 std::int64_t bins) {
  const Problem problem{{1, 2, 2, n_q, n_k, 8, 8}, DType::f32, 2};
  const QkvTensors tensors = InputSource::parse(input).make(problem, 3);
  return weight_map(Variant::parse(variant), problem,
                    {tensors.q.view(), tensors.k.view(), tensors.v.view(), nullptr}, 0, 1, bins);
}

TEST(WeightMap, UniformAttentionIsOneEverywhere) {
  const WeightMap map = map_of("softmax", "gaussian(0)", 50, 77, 7);
  for (const double weight : map.weights) EXPECT_NEAR(weight, 1, 1e-12);
  for (const double entropy : map.entropy) EXPECT_NEAR(entropy, std::log(77), 1e-12);
  // Query i is at position i + 27: the mean of |i + 27 - j| over all 77 keys and the 7 rows of the first bin.
  double distance = 0;
  for (std::int64_t i = 0; i < 7; ++i)
    for (std::int64_t j = 0; j < 77; ++j) distance += static_cast<double>(std::abs(i + 27 - j)) / 77 / 7;
  EXPECT_NEAR(map.mean_distance[0], distance, 1e-12);
}

TEST(WeightMap, LosesNoWeight) {
  // 45 queries and 100 keys in 8 bins: bins of 5 or 6 rows and of 12 or 13 keys.
  for (const char* variant : {"softmax", "sparsemax", "causal|softmax", "window(9)|entmax(1.5)"}) {
    const WeightMap map = map_of(variant, "gaussian(2)", 45, 100, 8);
    for (std::size_t bin = 0; bin < 8; ++bin) {
      double mass = 0;
      for (std::size_t column = 0; column < 8; ++column) {
        std::size_t keys = 0;
        for (std::size_t j = 0; j < 100; ++j) keys += j * 8 / 100 == column;
        mass += map.weights[bin * 8 + column] * static_cast<double>(keys) / 100;
      }
      EXPECT_NEAR(mass, 1, 1e-12) << variant;
    }
  }
}

TEST(WeightMap, TakesMemoryInProportionToTheLength) {
  if (!heap_bytes()) GTEST_SKIP() << "a sanitizer owns the heap";
  const auto peak = [](std::int64_t n) {
    const Problem problem{{1, 1, 1, n, n, 8, 8}, DType::f32, 2};
    const QkvTensors tensors = InputSource::parse("gaussian(1)").make(problem, 3);
    const std::int64_t before = *heap_bytes();
    reset_heap_peak();
    weight_map(Variant::parse("entmax(1.5)"), problem,
               {tensors.q.view(), tensors.k.view(), tensors.v.view(), nullptr}, 0, 0, 16);
    return *heap_peak_bytes() - before;
  };
  // An n x n matrix would take 16 times as much.
  EXPECT_LE(peak(2048), 5 * peak(512));
}

TEST(WeightMap, RowsWithoutKeysHaveNoProfile) {
  // A window of the query's own key, excluding keys up to the query: no key is visible.
  const WeightMap map = map_of("window(1)&!causal|softmax", "gaussian(1)", 10, 10, 5);
  for (const double entropy : map.entropy) EXPECT_TRUE(std::isnan(entropy));
  for (const double weight : map.weights) EXPECT_EQ(weight, 0);
}

}  // namespace
}  // namespace attnlab
