// Times whole attention calls of the engines: variant x n x dtype, with one thread unless the first argument
// is --threads=N. Every case is checked against the float64 oracle before it is timed. ATTNLAB_ISA sets the
// level; Google Benchmark's options select cases (--benchmark_filter) and output.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <string>

#include "attnlab/core/isa.h"
#include "attnlab/engines/onednn_info.h"
#include "support/cases.h"
#include "support/machine_limits.h"

namespace attnlab {

namespace {

struct Work {
  std::string engine;
  std::string variant;
  Problem problem;
  std::string input;
};

void time_case(benchmark::State& state, const Work& work, bool with_statistics) {
  std::unique_ptr<Case> attention;
  try {
    attention = std::make_unique<Case>(work.engine, work.variant, work.problem, work.input);
    attention->check(4);
  } catch (const std::exception& error) {
    state.SkipWithError(error.what());
    return;
  }
  for (auto _ : state) {
    if (with_statistics)
      attention->run_with_statistics();
    else
      attention->run();
  }
  state.SetLabel(attention->path());
  const double peak = peak_gflops(DType::f32, 0.02).value_or(0) * 1e9 * work.problem.threads;
  using benchmark::Counter;
  state.counters["FLOP/s"] = Counter(attention->flops(), Counter::kIsIterationInvariantRate);
  state.counters["bytes/s"] =
      Counter(static_cast<double>(tensor_bytes(work.problem)), Counter::kIsIterationInvariantRate);
  state.counters["of_f32_peak"] = Counter(attention->flops() / peak, Counter::kIsIterationInvariantRate);
  state.counters["workspace"] = static_cast<double>(attention->workspace_bytes());
}

void register_case(const Work& work, bool with_statistics = false) {
  const Shape& shape = work.problem.shape;
  std::string name = work.engine + '/' + work.variant + '/' + std::string(to_string(work.problem.dtype));
  if (shape.seqlen_q != shape.seqlen_k) name += "/n_q:" + std::to_string(shape.seqlen_q);
  name += "/n:" + std::to_string(shape.seqlen_k) + "/d:" + std::to_string(shape.head_dim);
  if (work.input != "gaussian(1)") name += '/' + work.input;
  if (with_statistics) name += "/statistics";
  benchmark::RegisterBenchmark(name.c_str(),
                               [=](benchmark::State& state) { time_case(state, work, with_statistics); })
      ->UseRealTime()
      ->Unit(benchmark::kMillisecond);
}

void register_cases(int threads) {
  const auto problem = [&](std::int64_t queries, std::int64_t keys, std::int64_t width, DType dtype) {
    return Problem{{1, 8, 8, queries, keys, width, width}, dtype, threads};
  };
  for (const DType dtype : {DType::f32, DType::bf16, DType::f16}) {
    for (const char* variant :
         {"scaled_dot|softmax", "scaled_dot|causal|softmax", "scaled_dot|causal&window(512)|softmax",
          "scaled_dot|causal|entmax(1.5)", "scaled_dot|causal|sparsemax"}) {
      for (const std::int64_t n : {256, 1024, 4096, 16384}) {
        if (n > 4096 && dtype == DType::f16) continue;
        register_case({"tiled", variant, problem(n, n, 64, dtype), "gaussian(1)"});
      }
      register_case({"tiled", variant, problem(4096, 4096, 128, dtype), "gaussian(1)"});
      register_case({"onednn", variant, problem(1024, 1024, 64, dtype), "gaussian(1)"});
    }
    for (const std::int64_t queries : {1, 8, 16})
      register_case({"tiled", "scaled_dot|softmax", problem(queries, 65536, 64, dtype), "gaussian(1)"});
  }
  for (const char* input : {"gaussian(0.33)", "gaussian(3)"})
    for (const char* normaliser : {"softmax", "entmax(1.25)", "entmax(1.5)", "entmax(1.75)", "sparsemax"})
      register_case(
          {"tiled", std::string("scaled_dot|") + normaliser, problem(4096, 4096, 64, DType::f32), input});
  for (const char* variant :
       {"scaled_dot|softmax", "scaled_dot|causal|softmax", "scaled_dot|causal|entmax(1.5)"})
    register_case({"tiled", variant, problem(4096, 4096, 64, DType::f32), "gaussian(1)"}, true);
}

}  // namespace

}  // namespace attnlab

int main(int argc, char** argv) try {
  int threads = 1;
  if (argc > 1 && std::string(argv[1]).rfind("--threads=", 0) == 0) {
    threads = std::stoi(std::string(argv[1]).substr(10));
    argv[1] = argv[0];
    ++argv;
    --argc;
  }
  if (const char* level = std::getenv("ATTNLAB_ISA"); level != nullptr && *level != '\0')
    attnlab::force_isa_level(attnlab::parse_isa_level(level));
  benchmark::AddCustomContext("row_code", std::string(attnlab::to_string(attnlab::isa_level())));
  benchmark::AddCustomContext("onednn", attnlab::onednn_version() + " " + attnlab::onednn_level());
  attnlab::register_cases(threads);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
} catch (const std::exception& error) {
  std::cerr << "bench_engines: " << error.what() << '\n';
  return 2;
}
