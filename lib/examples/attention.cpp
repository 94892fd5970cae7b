// Sparse attention in one call: entmax(1.5) over past keys, the output, and the number of keys with weight in
// each row.
#include <attnlab/attention.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <random>
#include <vector>

namespace {

constexpr std::int64_t heads = 8, n = 256, head_dim = 64;

std::vector<float> normal_numbers(std::int64_t count, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal;
  std::vector<float> numbers(static_cast<std::size_t>(count));
  for (float& number : numbers) number = normal(engine);
  return numbers;
}

double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
  double largest = 0;
  for (std::size_t t = 0; t < a.size(); ++t) {
    const double difference = std::abs(static_cast<double>(a[t]) - static_cast<double>(b[t]));
    if (!(difference <= largest)) largest = difference;  // also for NaN
  }
  return largest;
}

}  // namespace

int main() {
  const std::vector<float> q = normal_numbers(heads * n * head_dim, 1);
  const std::vector<float> k = normal_numbers(heads * n * head_dim, 2);
  const std::vector<float> v = normal_numbers(heads * n * head_dim, 3);
  std::vector<float> output(q.size());

  attnlab::Attention entmax("causal|entmax(1.5)", {.heads = heads, .seqlen = n, .head_dim = head_dim});
  entmax(q.data(), k.data(), v.data(), output.data());
  const auto rows = entmax.statistics(q.data(), k.data(), v.data(), output.data());
  double kept = 0;
  for (const attnlab::RowStatistics& row : rows) kept += row[attnlab::Statistic::support];
  std::printf("%s: %.1f keys a row, %lld bytes of workspace\n", entmax.name().c_str(),
              kept / static_cast<double>(rows.size()), static_cast<long long>(entmax.workspace_bytes()));

  // The same tensors in the layout (n, heads, head_dim) of many models: views with strides.
  const attnlab::Dims shape = entmax.problem().shape.q(),
                      stride{n * heads * head_dim, head_dim, heads * head_dim, 1};
  const auto transposed = [&](const std::vector<float>& from) {
    std::vector<float> to(from.size());
    for (std::int64_t h = 0; h < heads; ++h)
      for (std::int64_t i = 0; i < n; ++i)
        for (std::int64_t c = 0; c < head_dim; ++c)
          to[static_cast<std::size_t>((i * heads + h) * head_dim + c)] =
              from[static_cast<std::size_t>((h * n + i) * head_dim + c)];
    return to;
  };
  const std::vector<float> qt = transposed(q), kt = transposed(k), vt = transposed(v);
  std::vector<float> strided(output.size());
  entmax(attnlab::view_of(qt.data(), shape, stride), attnlab::view_of(kt.data(), shape, stride),
         attnlab::view_of(vt.data(), shape, stride), attnlab::view_of(strided.data(), shape, stride));

  // The definition, in float64.
  attnlab::Attention exact(entmax.name(),
                           {.heads = heads, .seqlen = n, .head_dim = head_dim, .engine = "reference"});
  std::vector<float> reference(output.size());
  exact(q.data(), k.data(), v.data(), reference.data());
  const double error = largest_difference(output, reference);
  const double between = largest_difference(strided, transposed(output));
  std::printf("largest error %.2g; with strides %.2g from the same without\n", error, between);
  // A product of a query and a key rounds head_dim times, each time by at most epsilon |s|. A weight changes
  // by no more than its logits, and values are below 5.
  const double allowed = 5 * head_dim * attnlab::epsilon(attnlab::DType::f32);
  return error < allowed && between == 0 && kept > 0 ? 0 : 1;
}
