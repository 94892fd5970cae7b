#include "measure/sampler.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>

namespace attnlab {

namespace {

constexpr double most_pieces = 15;

/// Keeps the figures and prints nothing.
class Collector final : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.run_type != Run::RT_Iteration) continue;
      piece_ns.push_back(run.real_accumulated_time * 1e9 / static_cast<double>(run.iterations));
      iterations += static_cast<std::int64_t>(run.iterations);
    }
  }

  std::vector<double> piece_ns;
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
  const auto warm_up = [&] {
    const Clock::time_point start = Clock::now();
    work();
    return count_work(start);
  };
  double call_s = warm_up();
  if (call_s < min_time_s) call_s = warm_up();
  const double pieces = std::clamp(std::ceil(min_time_s / call_s), 1.0, most_pieces);
  std::vector<Counters> starts;
  Counters end;
  benchmark::ClearRegisteredBenchmarks();
  benchmark::RegisterBenchmark("cell",
                               [&](benchmark::State& state) {
                                 starts.push_back(read_counters());
                                 const Clock::time_point start = Clock::now();
                                 for (auto _ : state) work();
                                 count_work(start);
                                 end = read_counters();
                               })
      ->UseRealTime()
      ->Repetitions(static_cast<int>(pieces))
      ->MinTime(min_time_s / pieces);
  Collector collector;
  sample.disturbance.calibration_before_ns = calibration_ns();
  benchmark::RunSpecifiedBenchmarks(&collector);
  sample.disturbance.calibration_after_ns = calibration_ns();
  benchmark::ClearRegisteredBenchmarks();
  sample.time_ns = median(collector.piece_ns);
  sample.iterations = collector.iterations;
  // The loop first looks for the number of iterations; what comes after is what counts.
  sample.disturbance.counters = end - starts[starts.size() - collector.piece_ns.size()];
  return sample;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return values.size() % 2 == 1 ? *middle : (*std::max_element(values.begin(), middle) + *middle) / 2;
}

}  // namespace attnlab
