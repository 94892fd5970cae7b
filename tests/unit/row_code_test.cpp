// Row code at every level of the machine: exponential, conversions, products and packing, compared with plain
// arithmetic.
#include "attnlab/kernels/rows.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

namespace attnlab {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

std::vector<float> normal_values(std::size_t count, unsigned seed) {
  std::mt19937 bits(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(count);
  for (float& value : values) value = normal(bits);
  return values;
}

/// e^x for every x <= 0, as softmax computes it: weights of a row whose maximum is 0.
std::vector<float> weights_of(const RowCode& code, std::vector<float> logits) {
  const auto columns = static_cast<std::int64_t>(logits.size());
  float maximum = 0;
  float sums[row_code_columns] = {};
  const LogitTile tile{logits.data(), columns, 1, columns, 0, 0};
  code.absorb_online(tile, {&maximum, sums, nullptr, 0, 0}, DType::f32, logits.data());
  return logits;
}

TEST(RowCode, ExponentialOfEveryMagnitude) {
  // Every 499th float32 from -0 to -120.
  std::vector<float> points;
  for (std::uint32_t bits = 0x80000000U; bits <= std::bit_cast<std::uint32_t>(-120.0F); bits += 499)
    points.push_back(std::bit_cast<float>(bits));
  points.resize(points.size() / 16 * 16);
  for (const IsaLevel level : supported_isa_levels()) {
    const std::vector<float> weights = weights_of(row_code(level), points);
    // The bound that kernels/lane.h states.
    const double slope = level == IsaLevel::baseline ? 1.4 : 0.25;
    for (std::size_t at = 0; at < points.size(); ++at) {
      const double x = static_cast<double>(points[at]);
      if (weights[at] == 0 || x < -87.4) {
        ASSERT_LT(x, -86.98) << to_string(level);
        ASSERT_EQ(weights[at], 0) << to_string(level) << ' ' << x;
        continue;
      }
      ASSERT_TRUE(std::isnormal(weights[at])) << to_string(level) << ' ' << x;
      const float exact = static_cast<float>(std::exp(x));
      const double ulp = static_cast<double>(std::nextafter(exact, infinity) - exact);
      ASSERT_LE(std::abs(static_cast<double>(weights[at]) - std::exp(x)), (3 - slope * x) * ulp)
          << to_string(level) << ' ' << x;
    }
  }
}

TEST(RowCode, ExponentialOfWhatIsNoNumber) {
  for (const IsaLevel level : supported_isa_levels()) {
    std::vector<float> logits(16, -1.0F);
    logits[3] = -infinity;
    logits[5] = std::numeric_limits<float>::quiet_NaN();
    const std::vector<float> weights = weights_of(row_code(level), logits);
    EXPECT_EQ(weights[3], 0);
    EXPECT_TRUE(std::isnan(weights[5]));
    EXPECT_NEAR(weights[4], std::exp(-1.0), 1e-7);
  }
}

TEST(RowCode, ConversionsAreThoseOfTheStorageTypes) {
  std::vector<float> values = normal_values(61, 1);
  values.insert(values.end(), {0.0F, -0.0F, 1e-40F, 6e-8F, 65504.0F, 65520.0F, 3e38F, infinity, -infinity,
                               std::numeric_limits<float>::quiet_NaN(), std::bit_cast<float>(0x7fffffffU)});
  const auto count = static_cast<std::int64_t>(values.size());
  for (const IsaLevel level : supported_isa_levels()) {
    for (const DType dtype : {DType::f32, DType::bf16, DType::f16}) {
      SCOPED_TRACE(::testing::Message() << to_string(level) << ' ' << to_string(dtype));
      std::vector<std::byte> stored(values.size() * 4);
      std::vector<float> wide(values.size());
      row_code(level).narrow(values.data(), dtype, stored.data(), count);
      row_code(level).widen(stored.data(), dtype, wide.data(), count);
      for (std::size_t at = 0; at < values.size(); ++at) {
        const float expected = rounded_to(dtype, values[at]);
        if (std::isnan(expected))
          EXPECT_TRUE(std::isnan(wide[at])) << at;
        else
          EXPECT_EQ(wide[at], expected) << values[at];
      }
      std::vector<float> finite(values.size());
      EXPECT_TRUE(row_code(level).widen_finite(stored.data(), dtype, finite.data(), count));
      for (std::size_t at = 0; at < values.size(); ++at)
        EXPECT_EQ(finite[at], std::isfinite(wide[at]) ? wide[at] : 0.0F);
      EXPECT_FALSE(row_code(level).widen_finite(stored.data(), dtype, finite.data(), 61));
    }
  }
}

TEST(RowCode, ProductsOfEveryShape) {
  for (const IsaLevel level : supported_isa_levels()) {
    const RowCode& code = row_code(level);
    for (const std::int64_t depth : {1, 8, 64, 130, 300}) {
      for (const std::int64_t all_columns : {16, 48, 128}) {
        const std::int64_t padded =
            (all_columns + code.panel_width - 1) / code.panel_width * code.panel_width;
        const std::vector<float> b = normal_values(static_cast<std::size_t>(all_columns * depth), 2);
        std::vector<float> panels(static_cast<std::size_t>(padded * depth));
        code.pack_transposed(b.data(), depth, all_columns, depth, panels.data());
        for (std::int64_t rows = 1; rows <= 13; ++rows) {
          const std::vector<float> a = normal_values(static_cast<std::size_t>(rows * depth), 3);
          for (const std::int64_t first : {std::int64_t{0}, all_columns / 2 / 16 * 16}) {
            const std::int64_t columns = all_columns - first;
            std::vector<float> c(static_cast<std::size_t>(rows * columns), 1.0F);
            code.multiply(a.data(), depth, {panels.data(), code.panel_width * depth, code.panel_width}, depth,
                          first, columns, rows, c.data(), columns, rows % 2 == 1);
            for (std::int64_t r = 0; r < rows; ++r)
              for (std::int64_t j = 0; j < columns; ++j) {
                double exact = rows % 2 == 1 ? 1 : 0;
                double magnitude = exact;
                for (std::int64_t k = 0; k < depth; ++k) {
                  const double term =
                      static_cast<double>(a[static_cast<std::size_t>(r * depth + k)]) *
                      static_cast<double>(b[static_cast<std::size_t>((first + j) * depth + k)]);
                  exact += term;
                  magnitude += std::abs(term);
                }
                // Each of depth + 1 additions rounds a number that is not larger.
                const double allowed = static_cast<double>(depth + 1) * epsilon(DType::f32) / 2 * magnitude;
                ASSERT_NEAR(c[static_cast<std::size_t>(r * columns + j)], exact, allowed)
                    << to_string(level) << ' ' << depth << ' ' << rows << ' ' << first + j;
              }
          }
        }
      }
    }
  }
}

TEST(RowCode, ProductsOfPairsAreTheirSumsTimesTheFactor) {
  // Small whole numbers, so that products and sums are exact.
  const auto number = [](std::int64_t a, std::int64_t b) {
    return static_cast<float>((7 * a + 3 * b) % 9 - 4);
  };
  for (const IsaLevel level : supported_isa_levels()) {
    const RowCode& code = row_code(level);
    if (code.multiply_pairs == nullptr) continue;
    constexpr std::int64_t pairs = 70;
    constexpr std::int64_t rows = 13;
    const std::int64_t columns = code.panel_width;
    const auto paired = [](float first, float second) {
      return std::bit_cast<float>(std::bit_cast<std::uint32_t>(first) >> 16 |
                                  (std::bit_cast<std::uint32_t>(second) & 0xffff0000U));
    };
    std::vector<float> a;
    for (std::int64_t r = 0; r < rows; ++r)
      for (std::int64_t k = 0; k < pairs; ++k) a.push_back(paired(number(r, 2 * k), number(r, 2 * k + 1)));
    std::vector<float> b;
    for (std::int64_t k = 0; k < pairs; ++k)
      for (std::int64_t j = 0; j < columns; ++j) b.push_back(paired(number(2 * k, j), number(2 * k + 1, j)));
    for (const float factor : {1.0F, 1.25F})
      for (const bool accumulate : {false, true}) {
        std::vector<float> c(static_cast<std::size_t>(rows * columns), 1.0F);
        code.multiply_pairs(a.data(), pairs, {b.data(), columns * pairs, columns}, pairs, 0, columns, rows,
                            c.data(), columns, accumulate, factor);
        for (std::int64_t r = 0; r < rows; ++r)
          for (std::int64_t j = 0; j < columns; ++j) {
            float sum = 0;
            for (std::int64_t k = 0; k < 2 * pairs; ++k) sum += number(r, k) * number(k, j);
            ASSERT_EQ(c[static_cast<std::size_t>(r * columns + j)], (accumulate ? 1.0F : 0.0F) + factor * sum)
                << to_string(level) << " row " << r << " column " << j << " factor " << factor;
          }
      }
  }
}

}  // namespace
}  // namespace attnlab
