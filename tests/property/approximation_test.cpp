// Approximate logits: their error is within the bound, and they do not affect the result.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <span>
#include <vector>

#include "attnlab/core/isa.h"
#include "attnlab/engines/registry.h"
#include "attnlab/kernels/rows.h"
#include "support/case.h"

namespace attnlab {
namespace {

/// Changes to rows of keys or queries that make 8-bit numbers a poor approximation.
struct Spoil {
  const char* name;
  std::function<void(std::vector<float>& rows, std::int64_t width)> apply;
  bool too_small = false;  ///< 1 / scale exceeds float32, so such keys are not approximated
};
const Spoil spoils[] = {
    {"nothing", [](auto&, auto) {}},
    {"one number is 1000 times the others", [](auto& rows, auto) { rows[rows.size() / 2] *= 1000; }},
    {"one row is 100 times the others",
     [](auto& rows, auto width) {
       for (std::int64_t c = 0; c < width; ++c) rows[static_cast<std::size_t>(3 * width + c)] *= 100;
     }},
    {"all far from 0",
     [](auto& rows, auto) {
       for (float& number : rows) number += 50;
     }},
    {"all alike",
     [](auto& rows, auto width) {
       for (std::size_t at = 0; at < rows.size(); ++at) rows[at] = rows[at % static_cast<std::size_t>(width)];
     }},
    {"halves of a step",
     [](auto& rows, auto) {
       for (float& number : rows) number = (std::round(number * 20) + 0.5F) / 20;
       rows[0] = 127.0F / 20;
     }},
    {"tiny",
     [](auto& rows, auto) {
       for (float& number : rows) number *= 1e-20F;
     }},
    {"subnormal",
     [](auto& rows, auto) {
       for (float& number : rows) number *= 1e-40F;
     },
     true},
    {"large", [](auto& rows, auto) {
       for (float& number : rows) number *= 1e4F;
     }}};

std::vector<float> drawn(std::int64_t count, unsigned seed) {
  std::mt19937 bits(seed);
  std::normal_distribution<float> normal;
  std::vector<float> numbers(static_cast<std::size_t>(count));
  for (float& number : numbers) number = normal(bits);
  return numbers;
}

/// Logits within `allowed` of the exact ones, and marks of those whose product with `scale` is above `bound`.
void expect_row(const float* logits, std::span<const double> exact, double allowed, float scale, float bound,
                const std::uint16_t* marks) {
  // The margin of 4 eps for rounding of the bound, and rounding.
  const float margin =
      6 * std::numeric_limits<float>::epsilon() * std::abs(bound) + 2 * std::numeric_limits<float>::min();
  for (std::size_t j = 0; j < exact.size(); ++j) {
    ASSERT_LE(std::abs(static_cast<double>(logits[j]) - exact[j]), allowed);
    const float z = scale * logits[j];
    const bool marked = (marks[j / row_code_columns] >> j % row_code_columns & 1) != 0;
    ASSERT_TRUE(marked || z <= bound) << z << " is above " << bound;
    ASSERT_TRUE(!marked || z > bound - margin) << z << " is below " << bound;
  }
}

TEST(Approximation, IsOffByNoMoreThanItSays) {
  const RowCode& code = row_code(isa_level());
  if (code.approximate == nullptr) GTEST_SKIP() << "no approximate logits at this level";
  constexpr std::int64_t rows = 13, columns = 96;
  for (const std::int64_t width : {1, 3, 16, 40, 64, 129}) {
    for (const Spoil& of_keys : spoils) {
      for (const Spoil& of_queries : spoils) {
        std::vector<float> keys = drawn(columns * width, 1);
        std::vector<float> queries = drawn(rows * width, 2);
        of_keys.apply(keys, width);
        of_queries.apply(queries, width);
        std::vector<float> mean(static_cast<std::size_t>(width));
        std::vector<std::uint8_t> numbers(static_cast<std::size_t>(128 * quantised_width(width)));
        std::vector<std::int8_t> query_numbers(static_cast<std::size_t>(rows * quantised_width(width)));
        std::vector<QuantisedQuery> facts(rows);
        QuantisedKeys quantised{mean.data(), numbers.data()};
        std::vector<float> scratch = keys;
        code.quantise_keys(scratch.data(), columns, width, &quantised);
        ASSERT_EQ(quantised.scale == 0, of_keys.too_small) << "width " << width << ", keys: " << of_keys.name;
        if (of_keys.too_small) continue;
        for (std::int64_t t = 0; t < rows; ++t)
          code.quantise_query(queries.data() + t * width, width, &facts[static_cast<std::size_t>(t)],
                              query_numbers.data() + t * quantised_width(width));
        const std::vector<float> tau = drawn(rows, 3);
        constexpr float scale = 0.3F;
        // Any range of columns that a pattern may cut.
        for (const std::int64_t first : {0, 16, 80}) {
          std::vector<float> logits(static_cast<std::size_t>(rows * columns));
          std::vector<std::uint16_t> above(rows * columns / row_code_columns);
          const LogitTile tile{logits.data(), columns, rows,        columns - first, 0,
                               first,         nullptr, above.data()};
          code.approximate({queries.data(), query_numbers.data(), facts.data(), &quantised, width, first,
                            tau.data(), scale},
                           tile);
          for (std::int64_t t = 0; t < rows; ++t) {
            const double allowed = approximation_error(
                facts[static_cast<std::size_t>(t)], width, static_cast<double>(quantised.norm),
                static_cast<double>(quantised.error), static_cast<double>(quantised.mean_norm));
            std::vector<double> exact(static_cast<std::size_t>(columns - first));
            for (std::int64_t j = 0; j < columns - first; ++j)
              for (std::int64_t c = 0; c < width; ++c)
                exact[static_cast<std::size_t>(j)] +=
                    static_cast<double>(queries[static_cast<std::size_t>(t * width + c)]) *
                    static_cast<double>(keys[static_cast<std::size_t>((first + j) * width + c)]);
            SCOPED_TRACE(::testing::Message() << "width " << width << ", keys: " << of_keys.name
                                              << ", queries: " << of_queries.name);
            expect_row(logits.data() + t * columns, exact, allowed, scale, tau[static_cast<std::size_t>(t)],
                       above.data() + t * columns / row_code_columns);
          }
        }
      }
    }
  }
}

/// The candidates of a few rows from two tiles, the second with or without marks.
struct Absorbed {
  static constexpr std::int64_t rows = 5, columns = 1056;  // more lanes than are tested at once

  std::vector<float> tau = of_rows(), maximum = of_rows();
  std::vector<float> candidates = std::vector<float>(2 * rows * columns);
  std::vector<std::int32_t> keys = std::vector<std::int32_t>(2 * rows * columns);
  std::vector<std::int32_t> counts = {0, 0, 0, 0, spilled};
  std::vector<std::int32_t> limits = std::vector<std::int32_t>(rows, first_limit);
  std::vector<ThresholdWork> work = std::vector<ThresholdWork>(rows);
  std::vector<float> slack{0, 0.01F, std::numeric_limits<float>::infinity(), 0, 0};

  static std::vector<float> of_rows() {
    return std::vector<float>(rows, -std::numeric_limits<float>::infinity());
  }

  Absorbed(const Normaliser& normaliser, bool marked) {
    const RowCode& code = row_code(isa_level());
    const ThresholdRows state{tau.data(),    maximum.data(), candidates.data(), keys.data(), counts.data(),
                              limits.data(), 2 * columns,    slack.data(),      work.data()};
    const auto scale = static_cast<float>(normaliser.scale());
    std::vector<float> logits = drawn(rows * columns, 4);
    const auto hide = [&](std::int64_t row, std::int64_t first) {
      std::fill(logits.begin() + row * columns + first, logits.begin() + (row + 1) * columns,
                -std::numeric_limits<float>::infinity());
    };
    hide(3, 0);
    code.absorb_threshold(normaliser, {logits.data(), columns, rows, columns}, state);
    logits = drawn(rows * columns, 5);
    logits[columns + 7] = std::numeric_limits<float>::quiet_NaN();
    std::vector<std::uint16_t> above(rows * columns / row_code_columns);
    for (std::size_t at = 0; at < logits.size(); ++at)
      if (!(scale * logits[at] <= tau[at / columns]))
        above[at / 16] = static_cast<std::uint16_t>(above[at / 16] | 1 << at % 16);
    hide(0, 1000);
    LogitTile tile{logits.data(), columns, rows, columns, 0, columns};
    tile.above = marked ? above.data() : nullptr;
    code.absorb_threshold(normaliser, tile, state);
  }
};

TEST(Approximation, MarksOfLogitsChangeNoCandidate) {
  for (const char* name : {"sparsemax", "entmax(1.5)", "entmax(1.2)"}) {
    const Normaliser normaliser = Variant::parse(name).normaliser;
    const Absorbed with(normaliser, true);
    const Absorbed without(normaliser, false);
    EXPECT_EQ(with.counts, without.counts) << name;
    EXPECT_EQ(with.tau, without.tau) << name;
    EXPECT_EQ(with.maximum, without.maximum) << name;
    for (std::int64_t row = 0; row < Absorbed::rows; ++row) {
      EXPECT_NE(with.counts[static_cast<std::size_t>(row)], 0) << name;
      for (std::int32_t t = 0; t < with.counts[static_cast<std::size_t>(row)]; ++t) {
        const auto at = static_cast<std::size_t>(row * 2 * Absorbed::columns + t);
        EXPECT_EQ(with.keys[at], without.keys[at]) << name;
      }
    }
  }
}

void spoil(Tensor& tensor, const Spoil& how) {
  const MutableTensorView view = tensor.view();
  for (std::int64_t b = 0; b < view.shape[0]; ++b)
    for (std::int64_t h = 0; h < view.shape[1]; ++h) {
      std::vector<float> rows;
      for (std::int64_t i = 0; i < view.shape[2]; ++i) {
        std::vector<float> row(static_cast<std::size_t>(view.shape[3]));
        read_row(tensor.view(), b, h, i, row);
        rows.insert(rows.end(), row.begin(), row.end());
      }
      how.apply(rows, view.shape[3]);
      for (std::int64_t i = 0; i < view.shape[2]; ++i)
        write_row(view, b, h, i,
                  std::span<const float>(rows).subspan(static_cast<std::size_t>(i * view.shape[3]),
                                                       static_cast<std::size_t>(view.shape[3])));
    }
}

/// Enough keys for approximate logits, and enough queries that keys are not split.
const Shape approximated{1, 2, 1, 50, 1650, 40, 24};

void expect_exact(const Case& given) {
  const Engine& engine = find_engine("tiled");
  EXPECT_TRUE(Judge(given).accepts(run(engine, given)));
}

TEST(Approximation, LeavesNothingInTheResult) {
  for (const char* variant :
       {"entmax(1.5)", "sparsemax", "causal|entmax(1.3)", "causal&window(900)|entmax(1.75)"})
    for (const Spoil& how : spoils)
      for (const DType dtype : {DType::f32, DType::bf16}) {
        SCOPED_TRACE(std::string(variant) + ", " + how.name);
        Case given = make_case(variant, approximated, dtype);
        spoil(given.k, how);
        expect_exact(given);
      }
}

TEST(Approximation, WhatIsNotFiniteIsSeenAsItIs) {
  const auto set = [](Tensor& tensor, std::int64_t i, float value) {
    const MutableTensorView view = tensor.view();
    const std::vector<float> row(static_cast<std::size_t>(view.shape[3]), value);
    for (std::int64_t h = 0; h < view.shape[1]; ++h) write_row(view, 0, h, i, row);
  };
  const auto set_one = [](Tensor& tensor, std::int64_t i, float value) {
    const MutableTensorView view = tensor.view();
    std::vector<float> row(static_cast<std::size_t>(view.shape[3]));
    for (std::int64_t h = 0; h < view.shape[1]; ++h) {
      read_row(tensor.view(), 0, h, i, row);
      row[3] = value;
      write_row(view, 0, h, i, row);
    }
  };
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  for (const char* variant : {"entmax(1.5)", "causal|sparsemax"}) {
    SCOPED_TRACE(variant);
    Case given = make_case(variant, approximated, DType::f32);
    set(given.q, 20, nan);
    set(given.k, 1640, nan);  // causal: seen by the last ten queries
    expect_exact(given);
    // The product with the mean key is -inf; only one key has -inf itself.
    Case infinite = make_case(variant, approximated, DType::f32);
    set_one(infinite.q, 20, std::numeric_limits<float>::infinity());
    for (std::int64_t j = 0; j < approximated.seqlen_k; ++j) set_one(infinite.k, j, j == 900 ? 1.0F : -1.0F);
    expect_exact(infinite);
  }
}

}  // namespace
}  // namespace attnlab
