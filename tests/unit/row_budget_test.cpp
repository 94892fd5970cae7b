// The error budget of rows: faults in an otherwise right output are beyond it, textbook code in any order of
// summation is within it, and not by much.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "attnlab/oracle/oracle.h"
#include "support/case.h"

namespace attnlab {
namespace {

const Shape long_rows{1, 4, 2, 3, 4200, 8, 8}, square{1, 2, 1, 70, 70, 16, 24},
    wide{1, 1, 1, 12, 900, 64, 64};

const char* const variants_judged[] = {"softmax",
                                       "causal|softmax",
                                       "alibi|causal|off_by_one",
                                       "sigmoid",
                                       "causal|sparsemax",
                                       "entmax(1.5)",
                                       "entmax(1.2)",
                                       "topk_softmax(20)",
                                       "fusedmax(0.1)",
                                       "oscarmax(0.0002)",
                                       "local_p(60)|softmax",
                                       "adaptive_temperature|softmax",
                                       "softcap(2)|softmax",
                                       "cosine(8)|causal|softmax",
                                       "additive|softmax"};

/// The exact output as the storage type holds it.
std::vector<float> stored(const Judge& judge, DType dtype) {
  std::vector<float> output;
  for (const double value : judge.exact()) output.push_back(rounded_to(dtype, static_cast<float>(value)));
  return output;
}

/// Calls `check` for every variant, shape and storage type.
template <class Check>
void for_each_case(const Check& check) {
  for (const char* variant : variants_judged)
    for (const Shape& shape : {long_rows, square, wide})
      for (const DType dtype : all_dtypes) {
        SCOPED_TRACE(fmt::format("{} {} n_k {}", variant, to_string(dtype), shape.seqlen_k));
        const Case given = make_case(variant, shape, dtype);
        const Judge judge(given);
        const OutputError right = judge.error(stored(judge, dtype));
        EXPECT_EQ(right.rows_beyond, 0) << "the exact output, rounded";
        EXPECT_GT(right.determined_rows, 0);
        check(given, judge, stored(judge, dtype));
      }
}

/// Rows that differ from those of `right` by more than a tenth. Rows that look at the same few keys may not.
std::int64_t rows_that_differ(std::span<const float> output, std::span<const float> right,
                              std::size_t width) {
  std::int64_t count = 0;
  for (std::size_t row = 0; row < output.size(); row += width) {
    Difference difference;
    for (std::size_t c = row; c < row + width; ++c)
      difference.add(static_cast<double>(output[c]), static_cast<double>(right[c]));
    count += difference.relative_l2() > 0.1;
  }
  return count;
}

TEST(RowBudget, ZerosOtherRowsAndWhatIsNotFiniteAreBeyondIt) {
  for_each_case([](const Case& given, const Judge& judge, const std::vector<float>& right) {
    const std::vector<float> zeros(right.size());
    OutputError found = judge.error(zeros);
    EXPECT_EQ(found.rows_beyond, found.determined_rows) << "zeros";

    const auto width = static_cast<std::size_t>(given.problem.shape.head_dim_v);
    std::vector<float> other_rows = right;
    std::rotate(other_rows.begin(), other_rows.begin() + static_cast<std::ptrdiff_t>(width),
                other_rows.end());
    const std::int64_t differ = rows_that_differ(other_rows, right, width);
    found = judge.error(other_rows);
    EXPECT_GT(2 * differ, found.determined_rows) << "the rows of the case are alike";
    EXPECT_GE(found.rows_beyond, differ - found.undetermined_rows) << "the next row";

    for (const float wrong :
         {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
      std::vector<float> output = right;
      output.back() = wrong;
      found = judge.error(output);
      if (found.undetermined_rows > 0) continue;  // the last row may be one of them
      EXPECT_EQ(found.rows_beyond, 1) << wrong;
      EXPECT_EQ(found.rows_overflowed, std::isinf(wrong)) << wrong;
      EXPECT_TRUE(std::isinf(found.worst.error)) << wrong;
      EXPECT_EQ(found.worst.query, given.problem.shape.seqlen_q - 1);
      EXPECT_EQ(found.worst.head, given.problem.shape.heads - 1);
    }
  });
}

TEST(RowBudget, AnOutputThatOverflowsItsTypeIsBeyondIt) {
  Case given = make_case("sigmoid(3)", {1, 1, 1, 4, 4, 8, 8}, DType::f16);
  for (std::int64_t j = 0; j < 4; ++j) write_row(given.v.view(), 0, 0, j, std::vector<float>(8, 30000.0F));
  const Judge judge(given);
  for (const Engine* engine : fast_engines(given)) {
    const OutputError found = judge.error(run(*engine, given));
    EXPECT_EQ(found.rows_beyond, 4) << engine->name();
  }
}

TEST(RowBudget, SumsOfEqualTermsAreWithinIt) {
  // Their roundings go the same way. Values repeat every `period` keys.
  double worst = 0;
  for (const std::int64_t n : {300, 4096})
    for (const std::int64_t width : {1, 8, 256})
      for (const std::int64_t period : {1, 2, 7})
        for (int seed = 1; seed <= 8; ++seed) {
          Case given = make_case("softmax", {1, 1, 1, 1, n, 8, width}, DType::f32, seed, 0);
          std::vector<float> value(static_cast<std::size_t>(width));
          for (std::int64_t j = period; j < n; ++j) {
            read_row(given.v.view(), 0, 0, j % period, value);
            write_row(given.v.view(), 0, 0, j, value);
          }
          const ExactRows exact = exact_rows(given.variant, given.problem, given.inputs(), {0});
          for (const Summation order : all_summations) {
            Textbook textbook(given.variant, given.problem, given.inputs(), order);
            textbook.select(0, 0);
            std::vector<double> output(value.size());
            textbook.output(0, output);
            double squares = 0;
            for (std::size_t c = 0; c < output.size(); ++c)
              squares += std::pow(output[c] - exact.output[c], 2);
            worst = std::max(worst, std::sqrt(squares) / exact.budgets[0].error);
          }
        }
  EXPECT_LE(worst, 1);
  EXPECT_GT(worst, 0.05) << "the budget is loose";
}

TEST(RowBudget, LogitsOfEqualProductsAreWithinTheirErrors) {
  double worst = 0;
  for (const std::int64_t width : {16, 64, 1024}) {
    Case given = make_case("softmax", {1, 1, 1, 8, 8, width, 8}, DType::f32);
    std::vector<float> row(static_cast<std::size_t>(width));
    for (std::int64_t t = 0; t < 8; ++t)
      for (const MutableTensorView& tensor : {given.q.view(), given.k.view()}) {
        read_row(tensor, 0, 0, t, row);
        std::fill(row.begin(), row.end(), row[0]);
        write_row(tensor, 0, 0, t, row);
      }
    for (const Summation order : all_summations) {
      Oracle oracle(given.variant, given.problem, given.inputs());
      Textbook textbook(given.variant, given.problem, given.inputs(), order);
      oracle.select(0, 0);
      textbook.select(0, 0);
      for (std::int64_t i = 0; i < 8; ++i) {
        const std::span<const double> exact = oracle.logits(i);
        const std::span<const double> rounded = textbook.logits(i);
        for (std::size_t t = 0; t < exact.size(); ++t)
          worst = std::max(worst, std::abs(rounded[t] - exact[t]) / oracle.logit_errors()[t].bound());
      }
    }
  }
  EXPECT_LE(worst, 1);
  EXPECT_GT(worst, 0.05) << "the bound is loose";
}

/// Equal logits: each key weighs 1 / n.
Case even_weights(std::int64_t n, DType dtype) {
  return make_case("softmax", {1, 1, 1, 1, n, 64, 64}, dtype, 2, 0);
}

/// The output without key 0.
std::vector<float> without_a_key(const Case& given, const Judge& judge) {
  const auto n = static_cast<double>(given.problem.shape.seqlen_k);
  std::vector<float> value(64);
  read_row(given.v.view(), 0, 0, 0, value);
  std::vector<float> output;
  for (std::size_t c = 0; c < value.size(); ++c)
    output.push_back(
        rounded_to(given.problem.dtype,
                   static_cast<float>((n * judge.exact()[c] - static_cast<double>(value[c])) / (n - 1))));
  return output;
}

TEST(RowBudget, OneDroppedKeyOfEvenWeightsIsBeyondItAsFarAsItCanBeSeen) {
  // Rounding moves a row by about U |v| / sqrt(n), a dropped key by |v| / n: they meet at n near 1 / U^2.
  for (const auto& [dtype, longest] :
       {std::pair(DType::f32, 65536), {DType::f16, 65536}, {DType::bf16, 4096}})
    for (std::int64_t n = 2; n <= longest; n *= 2) {
      const Case given = even_weights(n, dtype);
      const Judge judge(given);
      EXPECT_FALSE(judge.accepts(without_a_key(given, judge))) << to_string(dtype) << " n " << n;
    }
}

/// Output of the weights that `spoil` makes of logits and exact weights, rounded to the storage type.
template <class Spoil>
std::vector<float> spoiled(const Case& given, const Spoil& spoil) {
  const Shape& shape = given.problem.shape;
  Oracle oracle(given.variant, given.problem, given.inputs());
  std::vector<float> output, v(static_cast<std::size_t>(shape.head_dim_v));
  for (std::int64_t head = 0; head < shape.batch * shape.heads; ++head) {
    oracle.select(head / shape.heads, head % shape.heads);
    for (std::int64_t i = 0; i < shape.seqlen_q; ++i) {
      const std::span<const double> of_row = oracle.logits(i);
      const std::vector<double> logits(of_row.begin(), of_row.end());
      const std::span<const double> exact = oracle.weights(i);
      std::vector<double> weights(exact.begin(), exact.end());
      spoil(logits, weights);
      std::vector<double> sum(v.size());
      for (std::size_t t = 0; t < weights.size(); ++t) {
        read_row(given.v.view(), head / shape.heads, shape.kv_head(head % shape.heads),
                 oracle.visible_keys()[t], v);
        for (std::size_t c = 0; c < v.size(); ++c) sum[c] += weights[t] * static_cast<double>(v[c]);
      }
      for (const double value : sum)
        output.push_back(rounded_to(given.problem.dtype, static_cast<float>(value)));
    }
  }
  return output;
}

TEST(RowBudget, ASkippedRescaleIsBeyondIt) {
  // What came before a new maximum is not scaled down: weights of the first half stay relative to its own.
  for (const DType dtype : all_dtypes) {
    const Case given = make_case("softmax", {1, 1, 1, 60, 1100, 32, 32}, dtype);
    const Judge judge(given);
    std::int64_t spoiled_rows = 0;
    const std::vector<float> output = spoiled(given, [&](const auto& logits, std::vector<double>& weights) {
      const auto half = logits.begin() + 550;
      const double first = *std::max_element(logits.begin(), half);
      const double whole = *std::max_element(half, logits.end());
      // Nothing to rescale, or so little that it moves the row by no more than rounding does.
      if (whole <= first + 32 * unit_roundoff(dtype)) return;
      ++spoiled_rows;
      double sum = 0;
      for (std::size_t t = 0; t < 550; ++t) weights[t] *= std::exp(whole - first);
      for (const double weight : weights) sum += weight;
      for (double& weight : weights) weight /= sum;
    });
    EXPECT_GT(spoiled_rows, 15);
    EXPECT_EQ(judge.error(output).rows_beyond, spoiled_rows) << to_string(dtype);
  }
}

TEST(RowBudget, NarrowWeightsAreBeyondTheBudgetOfFloat32) {
  for (const DType narrow : {DType::bf16, DType::f16})
    for (const Shape& shape : {square, wide, Shape{1, 1, 1, 4, 16384, 64, 64}}) {
      const Case given = make_case("softmax", shape, DType::f32);
      const OutputError found =
          Judge(given).error(spoiled(given, [&](const auto&, std::vector<double>& weights) {
            for (double& weight : weights)
              weight = static_cast<double>(rounded_to(narrow, static_cast<float>(weight)));
          }));
      EXPECT_EQ(found.rows_beyond, found.determined_rows) << to_string(narrow) << " n_k " << shape.seqlen_k;
    }
}

TEST(RowBudget, TextbookCodeIsWithinItInAnyOrderAndNotByMuch) {
  double worst = 0;
  for_each_case([&](const Case& given, const Judge& judge, const std::vector<float>&) {
    double of_case = 0;
    for (const Summation order : all_summations) {
      const Shape& shape = given.problem.shape;
      std::vector<double> output(judge.exact().size());
      Textbook textbook(given.variant, given.problem, given.inputs(), order);
      for (std::int64_t head = 0; head < shape.heads; ++head) {
        textbook.select(0, head);
        for (std::int64_t i = 0; i < shape.seqlen_q; ++i)
          textbook.output(i, std::span(output).subspan(
                                 static_cast<std::size_t>((head * shape.seqlen_q + i) * shape.head_dim_v),
                                 static_cast<std::size_t>(shape.head_dim_v)));
      }
      const std::vector<float> rounded(output.begin(), output.end());
      EXPECT_TRUE(judge.accepts(rounded)) << static_cast<int>(order);
      of_case = std::max(of_case, judge.error(rounded).worst.ratio());
    }
    EXPECT_GT(of_case, 0.005);
    worst = std::max(worst, of_case);
  });
  RecordProperty("worst_ratio", fmt::format("{:.3f}", worst));
}

}  // namespace
}  // namespace attnlab
