#include "measure/sampler.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace attnlab {

namespace {

/// Keeps the figures and prints nothing.
class Collector final : public benchmark::BenchmarkReporter {
 public:
  explicit Collector(Samples& samples) : samples_(samples) {}
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.run_type != Run::RT_Iteration) continue;
      samples_.time_ns.push_back(run.real_accumulated_time * 1e9 / static_cast<double>(run.iterations));
      samples_.iterations.push_back(static_cast<std::int64_t>(run.iterations));
    }
  }

 private:
  Samples& samples_;
};

}  // namespace

Samples sample(const std::function<void()>& work, int rounds, double min_time_s) {
  using Clock = std::chrono::steady_clock;
  Samples samples;
  const auto count_work = [&](Clock::time_point start) {
    samples.work_ns += std::chrono::duration<double, std::nano>(Clock::now() - start).count();
  };
  const Clock::time_point warm_up = Clock::now();
  work();
  count_work(warm_up);
  Collector collector(samples);
  Disturbance disturbance;
  benchmark::ClearRegisteredBenchmarks();
  benchmark::RegisterBenchmark("cell",
                               [&](benchmark::State& state) {
                                 const Counters before = read_counters();
                                 const Clock::time_point start = Clock::now();
                                 for (auto _ : state) work();
                                 count_work(start);
                                 disturbance.counters = read_counters() - before;
                               })
      ->UseRealTime()
      ->MinTime(min_time_s);
  // The loop first looks for the number of iterations; what is left afterwards is of the run that counts.
  for (int round = 0; round < rounds; ++round) {
    disturbance.calibration_before_ns = calibration_ns();
    benchmark::RunSpecifiedBenchmarks(&collector);
    disturbance.calibration_after_ns = calibration_ns();
    samples.disturbances.push_back(disturbance);
  }
  benchmark::ClearRegisteredBenchmarks();
  return samples;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return values.size() % 2 == 1 ? *middle : (*std::max_element(values.begin(), middle) + *middle) / 2;
}

}  // namespace attnlab
