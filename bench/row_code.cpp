// Times row code at every level of the machine, on tiles that stay in the cache: products, packing,
// conversions, softmax and the one-pass threshold. One thread.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "attnlab/core/isa.h"
#include "attnlab/kernels/rows.h"
#include "support/machine_limits.h"

namespace attnlab {

namespace {

constexpr std::int64_t rows = 24, columns = 256, width = 64;

std::vector<float> normal_values(std::int64_t count) {
  std::mt19937 bits(1);
  std::normal_distribution<float> normal;
  std::vector<float> values(static_cast<std::size_t>(count));
  std::generate(values.begin(), values.end(), [&] { return normal(bits); });
  return values;
}

using benchmark::Counter;
using benchmark::State;

void rate(State& state, const char* name, std::int64_t each) {
  state.counters[name] = Counter(static_cast<double>(each), Counter::kIsIterationInvariantRate);
}

/// Checks the product of the first row and column. Stops the benchmark and returns false if it is wrong.
bool agrees(State& state, double value, double exact) {
  if (std::abs(value - exact) <= 1e-4) return true;
  state.SkipWithError("wrong result");
  return false;
}

void scores(State& state, const RowCode& code) {
  const auto queries = normal_values(rows * width);
  const auto keys = normal_values(columns * width);
  std::vector<float> panels(static_cast<std::size_t>(2 * columns * width));
  std::vector<float> logits(static_cast<std::size_t>(rows * columns));
  code.pack_transposed(keys.data(), width, columns, width, panels.data());
  const auto multiply = [&] {
    code.multiply(queries.data(), width, {panels.data(), code.panel_width * width, code.panel_width}, width,
                  0, columns, rows, logits.data(), columns, false);
  };
  multiply();
  double exact = 0;
  for (std::size_t c = 0; c < static_cast<std::size_t>(width); ++c)
    exact += double{queries[c]} * double{keys[c]};
  if (!agrees(state, logits[0], exact)) return;
  for (auto _ : state) {
    multiply();
    benchmark::ClobberMemory();
  }
  rate(state, "FLOP/s", 2 * rows * columns * width);
}

/// The same multiply-adds on bfloat16 pairs, which are half as many instructions. The values do not matter.
void scores_in_pairs(State& state, const RowCode& code) {
  if (code.multiply_pairs == nullptr) return state.SkipWithError("this level has no products of pairs");
  const std::vector<float> queries(static_cast<std::size_t>(rows * width / 2));
  const std::vector<float> panels(static_cast<std::size_t>(columns * width / 2));
  std::vector<float> logits(static_cast<std::size_t>(rows * columns));
  for (auto _ : state) {
    code.multiply_pairs(queries.data(), width / 2,
                        {panels.data(), code.panel_width * width / 2, code.panel_width}, width / 2, 0,
                        columns, rows, logits.data(), columns, false, 1);
    benchmark::ClobberMemory();
  }
  rate(state, "FLOP/s", 2 * rows * columns * width);
}

void values(State& state, const RowCode& code) {
  const auto weights = normal_values(rows * columns);
  const auto v = normal_values(columns * width);
  std::vector<float> output(static_cast<std::size_t>(rows * width));
  for (auto _ : state) {
    code.multiply(weights.data(), columns, {v.data(), code.panel_width, width}, columns, 0, width, rows,
                  output.data(), width, true);
    benchmark::ClobberMemory();
  }
  rate(state, "FLOP/s", 2 * rows * columns * width);
}

void softmax(State& state, const RowCode& code) {
  const auto logits = normal_values(rows * columns);
  std::vector<float> weights(logits.size()), maximum(rows), sums(rows * row_code_columns),
      output(rows * width);
  std::vector<float> own = logits;
  const LogitTile tile{own.data(), columns, rows, columns, 0, 0};
  std::fill(maximum.begin(), maximum.end(), 6.0F);
  for (auto _ : state) {
    code.absorb_online(tile, {maximum.data(), sums.data(), output.data(), width, width}, DType::f32,
                       weights.data());
    benchmark::ClobberMemory();
  }
  if (!agrees(state, weights[0], std::exp(double{logits[0]} - 6))) return;
  rate(state, "logits/s", rows * columns);
}

void threshold(State& state, const RowCode& code) {
  constexpr std::int64_t capacity = 512;
  auto logits = normal_values(rows * columns);
  std::vector<float> tau(rows), maximum(rows), candidates(rows * capacity);
  std::vector<std::int32_t> keys(rows * capacity), counts(rows), limits(rows);
  std::vector<ThresholdWork> work(rows);
  const Normaliser normaliser = Normaliser::parse("entmax(1.5)");
  const LogitTile tile{logits.data(), columns, rows, columns, 0, 0};
  for (auto _ : state) {
    // As in the middle of a long row, where the bound is near the maximum.
    std::fill(tau.begin(), tau.end(), 1.0F);
    std::fill(maximum.begin(), maximum.end(), 2.0F);
    std::fill(counts.begin(), counts.end(), 0);
    std::fill(limits.begin(), limits.end(), first_limit);
    code.absorb_threshold(normaliser, tile,
                          {tau.data(), maximum.data(), candidates.data(), keys.data(), counts.data(),
                           limits.data(), capacity, nullptr, work.data()});
    benchmark::ClobberMemory();
  }
  rate(state, "logits/s", rows * columns);
}

void pack(State& state, const RowCode& code) {
  const auto keys = normal_values(columns * width);
  std::vector<float> panels(static_cast<std::size_t>(2 * columns * width));
  for (auto _ : state) {
    code.pack_transposed(keys.data(), width, columns, width, panels.data());
    benchmark::ClobberMemory();
  }
  if (!agrees(state, panels[0], keys[0])) return;
  rate(state, "bytes/s", 2 * columns * width * 4);
}

void widen(State& state, const RowCode& code, DType dtype) {
  const auto source = normal_values(columns * width);
  std::vector<float> stored(source.size()), wide(source.size());
  code.narrow(source.data(), dtype, stored.data(), columns * width);
  for (auto _ : state) {
    benchmark::DoNotOptimize(code.widen_finite(stored.data(), dtype, wide.data(), columns * width));
    benchmark::ClobberMemory();
  }
  if (!agrees(state, wide[5], rounded_to(dtype, source[5]))) return;
  rate(state, "bytes/s", columns * width * (4 + size_bytes(dtype)));
}

void multiply_add_peak(State& state) {
  double total = 0;
  for (auto _ : state) total += peak_gflops(DType::f32, 0.02).value_or(0);
  state.counters["FLOP/s"] = total / static_cast<double>(state.iterations()) * 1e9;
}

void register_level(IsaLevel level) {
  const RowCode& code = row_code(level);
  const std::string prefix = std::string(to_string(level)) + '/';
  const auto add = [&](const char* name, auto function) {
    benchmark::RegisterBenchmark((prefix + name).c_str(),
                                 [&code, function](State& state) { function(state, code); });
  };
  add("scores", scores);
  add("scores_in_pairs", scores_in_pairs);
  add("values", values);
  add("softmax", softmax);
  add("threshold", threshold);
  add("pack", pack);
  for (const DType dtype : {DType::f32, DType::bf16, DType::f16})
    add(("widen_" + std::string(to_string(dtype))).c_str(),
        [dtype](State& state, const RowCode& own) { widen(state, own, dtype); });
}

}  // namespace

}  // namespace attnlab

int main(int argc, char** argv) {
  for (const attnlab::IsaLevel level : attnlab::supported_isa_levels()) attnlab::register_level(level);
  benchmark::RegisterBenchmark("multiply_add_peak", attnlab::multiply_add_peak);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
