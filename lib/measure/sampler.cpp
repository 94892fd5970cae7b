#include "attnlab/measure/sampler.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <limits>

namespace attnlab {

namespace {

constexpr double most_pieces = 15;
/// Factor on `min_time_s`, since the time of a call is an estimate.
constexpr double margin = 1.1;

/// A reporter that keeps the figures and prints nothing.
class Collector final : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.run_type != Run::RT_Iteration) continue;
      piece_ns.push_back(run.real_accumulated_time * 1e9 / static_cast<double>(run.iterations));
      wall_ns += run.real_accumulated_time * 1e9;
      iterations += static_cast<std::int64_t>(run.iterations);
    }
  }

  std::vector<double> piece_ns;
  double wall_ns = 0;
  std::int64_t iterations = 0;
};

}  // namespace

Sample sample(const std::function<void()>& work, double min_time_s) {
  using Clock = std::chrono::steady_clock;
  Sample sample;
  const auto count_work = [&](Clock::time_point start) {
    const double taken = std::chrono::duration<double, std::nano>(Clock::now() - start).count();
    sample.work_ns += taken;
    return taken * 1e-9;
  };
  double call_s = std::numeric_limits<double>::infinity();
  const auto warm_up = [&](std::int64_t calls) {
    const Clock::time_point start = Clock::now();
    for (std::int64_t call = 0; call < calls; ++call) work();
    const double taken = count_work(start);
    call_s = std::min(call_s, taken / static_cast<double>(calls));
    return taken;
  };
  if (warm_up(1) < min_time_s) {
    std::int64_t calls = 1;
    while (warm_up(calls) < min_time_s / most_pieces) calls *= 2;
  }
  const double pieces = std::clamp(std::ceil(margin * min_time_s / call_s), 1.0, most_pieces);
  Collector collector;
  Counters& counters = sample.disturbance.counters;
  counters = {0, 0, 0, 0, 0, 0};
  benchmark::ClearRegisteredBenchmarks();
  benchmark::RegisterBenchmark("cell",
                               [&](benchmark::State& state) {
                                 const Counters before = read_counters();
                                 const Clock::time_point start = Clock::now();
                                 for (auto _ : state) work();
                                 count_work(start);
                                 counters += read_counters() - before;
                               })
      ->UseRealTime()
      ->Repetitions(static_cast<int>(pieces))
      ->ReportAggregatesOnly(false)
      ->Iterations(static_cast<benchmark::IterationCount>(std::ceil(margin * min_time_s / pieces / call_s)));
  sample.disturbance.calibration_before_ns = calibration_ns();
  while (collector.wall_ns < min_time_s * 1e9) benchmark::RunSpecifiedBenchmarks(&collector);
  sample.disturbance.calibration_after_ns = calibration_ns();
  benchmark::ClearRegisteredBenchmarks();
  sample.time_ns = median(collector.piece_ns);
  sample.wall_ns = collector.wall_ns;
  sample.iterations = collector.iterations;
  return sample;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return values.size() % 2 == 1 ? *middle : (*std::max_element(values.begin(), middle) + *middle) / 2;
}

}  // namespace attnlab
