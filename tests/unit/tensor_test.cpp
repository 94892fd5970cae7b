// Rows of tensors: their place in memory and their rounding.
#include "attnlab/core/tensor.h"

#include <gtest/gtest.h>

#include <vector>

#include "attnlab/dispersion/value_norms.h"
#include "attnlab/variants/score_weights.h"

namespace attnlab {
namespace {

TEST(Tensors, RowsAreNeighboursAndDoNotOverlap) {
  Tensor tensor(DType::f32, {2, 3, 4, 5});
  float next = 0;
  for (std::int64_t b = 0; b < 2; ++b)
    for (std::int64_t h = 0; h < 3; ++h)
      for (std::int64_t i = 0; i < 4; ++i) {
        std::vector<float> row(5);
        for (float& value : row) value = next++;
        write_row(tensor.view(), b, h, i, row);
      }
  const auto* stored = reinterpret_cast<const float*>(tensor.view().data);
  for (int at = 0; at < 120; ++at) EXPECT_EQ(stored[at], static_cast<float>(at));
  EXPECT_EQ(read_all(tensor.view())[119], 119);
}

TEST(Tensors, AreRoundedToNearestAndTiesToEven) {
  // bf16 has seven bits after the binary point, f16 has ten.
  const std::vector<float> values{1 + 0x1p-9F, 1 + 0x1p-8F, 1 + 3 * 0x1p-8F, 1 + 0x1p-8F + 0x1p-20F};
  Tensor narrow(DType::bf16, {1, 1, 1, 4});
  write_row(narrow.view(), 0, 0, 0, values);
  EXPECT_EQ(read_all(narrow.view()), (std::vector<float>{1, 1, 1 + 0x1p-6F, 1 + 0x1p-7F}));
  Tensor half(DType::f16, {1, 1, 1, 2});
  write_row(half.view(), 0, 0, 0, std::vector<float>{1 + 0x1p-11F, 1 + 3 * 0x1p-11F});
  EXPECT_EQ(read_all(half.view()), (std::vector<float>{1, 1 + 0x1p-9F}));
}

TEST(Tensors, NormsAreThoseOfTheirRows) {
  Tensor v(DType::f32, {1, 2, 3, 2});
  write_row(v.view(), 0, 1, 0, std::vector<float>{3, 4});
  write_row(v.view(), 0, 1, 2, std::vector<float>{-5, 12});
  EXPECT_EQ(value_norms(v.view(), 0, 1), (std::vector<double>{5, 0, 13}));
  EXPECT_EQ(value_norms(v.view(), 0, 0), (std::vector<double>{0, 0, 0}));
}

TEST(Weights, AreThoseOfTheSeedAndOfTheirName) {
  const std::vector<WeightShape> shapes{{"U", 3, 4}, {"W", 3, 4}};
  const ScoreWeights one = seeded_weights(shapes, 1);
  EXPECT_EQ(one.at("U").values, seeded_weights(shapes, 1).at("U").values);
  EXPECT_NE(one.at("U").values, seeded_weights(shapes, 2).at("U").values);
  EXPECT_NE(one.at("U").values, one.at("W").values);
}

}  // namespace
}  // namespace attnlab
