// Synthetic inputs: reproducible, shorter ones are prefixes of longer ones, statistics as documented.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "attnlab/core/argument_error.h"
#include "attnlab/inputs/input_source.h"
#include "attnlab/oracle/oracle.h"

namespace attnlab {
namespace {

Problem problem(std::int64_t n, DType dtype = DType::f32) { return {{1, 2, 2, n, n, 64, 64}, dtype, 2}; }

std::vector<float> row(const Tensor& tensor, std::int64_t h, std::int64_t i) {
  std::vector<float> values(static_cast<std::size_t>(tensor.view().shape[3]));
  read_row(tensor.view(), 0, h, i, values);
  return values;
}

TEST(Inputs, ASeedIsAnInput) {
  const InputSource gaussian = InputSource::parse("gaussian(1)");
  EXPECT_EQ(gaussian.make(problem(50), 1).checksum(), gaussian.make(problem(50), 1).checksum());
  EXPECT_NE(gaussian.make(problem(50), 1).checksum(), gaussian.make(problem(50), 2).checksum());
  EXPECT_NE(gaussian.make(problem(50), 1).checksum(), gaussian.make(problem(50, DType::bf16), 1).checksum());
  // The same on every machine and compiler, so that figures of two machines are for the same inputs.
  EXPECT_EQ(gaussian.make(problem(50), 1).checksum(), "10f3bc6c35b5828e");
}

TEST(Inputs, AShorterSequenceIsAPrefix) {
  const InputSource gaussian = InputSource::parse("gaussian(2)");
  const QkvTensors shorter = gaussian.make(problem(20), 3);
  const QkvTensors longer = gaussian.make(problem(90), 3);
  for (std::int64_t h = 0; h < 2; ++h)
    for (std::int64_t i = 0; i < 20; ++i) {
      EXPECT_EQ(row(shorter.q, h, i), row(longer.q, h, i));
      EXPECT_EQ(row(shorter.k, h, i), row(longer.k, h, i));
      EXPECT_EQ(row(shorter.v, h, i), row(longer.v, h, i));
    }
}

struct Moments {
  double mean = 0, deviation = 0;
};

Moments logit_moments(const std::string& input, std::int64_t n, std::int64_t skip) {
  const Problem given = problem(n);
  const QkvTensors tensors = InputSource::parse(input).make(given, 5);
  const Variant variant = Variant::parse("softmax");
  Oracle oracle(variant, given, {tensors.q.view(), tensors.k.view(), tensors.v.view(), nullptr});
  oracle.select(0, 1);
  double sum = 0, squares = 0, count = 0;
  for (std::int64_t i = 0; i < n; i += 7) {
    const std::span<const double> logits = oracle.logits(i);
    for (std::int64_t j = 0; j < n; ++j) {
      if (j == skip) continue;
      sum += logits[static_cast<std::size_t>(j)];
      squares += logits[static_cast<std::size_t>(j)] * logits[static_cast<std::size_t>(j)];
      ++count;
    }
  }
  return {sum / count, std::sqrt(squares / count - sum * sum / count / count)};
}

TEST(Inputs, LogitsHaveTheDeviationAskedFor) {
  for (const double sigma : {0.33, 1.0, 3.0}) {
    const Moments moments = logit_moments("gaussian(" + std::to_string(sigma) + ")", 900, -1);
    EXPECT_NEAR(moments.deviation, sigma, 0.03 * sigma);
    EXPECT_NEAR(moments.mean, 0, 0.05 * sigma);
  }
}

TEST(Inputs, TheNeedleHasItsLogitAmongNormalOnes) {
  const Problem given = problem(900);
  const QkvTensors tensors = InputSource::parse("needle(6)").make(given, 5);
  ASSERT_EQ(tensors.needles.size(), 2U);
  EXPECT_NE(tensors.needles[0], tensors.needles[1]) << "each head has its own, somewhere";
  const Moments moments = logit_moments("needle(6)", 900, tensors.needles[1]);
  EXPECT_NEAR(moments.deviation, 1, 0.03);
  const Variant variant = Variant::parse("softmax");
  Oracle oracle(variant, given, {tensors.q.view(), tensors.k.view(), tensors.v.view(), nullptr});
  oracle.select(0, 1);
  std::vector<double> output(64);
  const auto needle = static_cast<std::size_t>(tensors.needles[1]);
  for (std::int64_t i = 0; i < 900; i += 100) {
    EXPECT_NEAR(oracle.logits(i)[needle], 6, 1e-5);
    oracle.output(i, output);
    EXPECT_DOUBLE_EQ(output[0], oracle.weights(i)[needle]) << "coordinate 0 of the output is its weight";
  }
}

TEST(Inputs, NamesParseBackAndBadOnesAreRefused) {
  for (const char* name : {"gaussian(1)", "gaussian(0.33)", "needle(-2)", "npy:some/where"})
    EXPECT_EQ(InputSource::parse(name).name(), name);
  EXPECT_EQ(InputSource::parse("gaussian").name(), "gaussian(1)");
  for (const char* name :
       {"gaussian(", "gaussian()", "gaussian(x)", "gaussian(1,2)", "gaussian(inf)", "needles(1)", "npy:", ""})
    EXPECT_THROW(InputSource::parse(name), ArgumentError) << name;
}

}  // namespace
}  // namespace attnlab
