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
            const float factor = rows % 3 == 0 ? 1.25F : 1.0F;
            code.multiply(a.data(), depth, {panels.data(), code.panel_width * depth, code.panel_width}, depth,
                          first, columns, rows, c.data(), columns, rows % 2 == 1, factor);
            for (std::int64_t r = 0; r < rows; ++r)
              for (std::int64_t j = 0; j < columns; ++j) {
                double exact = rows % 2 == 1 ? 1 : 0;
                double magnitude = exact;
                for (std::int64_t k = 0; k < depth; ++k) {
                  const double term =
                      static_cast<double>(factor * a[static_cast<std::size_t>(r * depth + k)]) *
                      static_cast<double>(b[static_cast<std::size_t>((first + j) * depth + k)]);
                  exact += term;
                  magnitude += std::abs(term);
                }
                // Each of depth + 1 additions, and the product with the factor, rounds a number that is not
                // larger.
                const double allowed = static_cast<double>(depth + 2) * epsilon(DType::f32) / 2 * magnitude;
                ASSERT_NEAR(c[static_cast<std::size_t>(r * columns + j)], exact, allowed)
                    << to_string(level) << ' ' << depth << ' ' << rows << ' ' << first + j;
              }
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace attnlab
