#include "support/machine_limits.h"

#include <immintrin.h>

#include <algorithm>
#include <chrono>

#include "attnlab/core/isa.h"

namespace attnlab {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Independent sums, enough to hide the latency of a multiply-add on present cores. Each function makes
// `steps` rounds over all sums and returns a value that depends on every sum.
constexpr int chains = 12;

/// Hides a value from the optimiser, which would merge equal chains into one.
template <class Vector>
[[gnu::always_inline]] inline void keep_apart(Vector& vector) {
  asm("" : "+v"(vector));
}

float multiply_add_baseline(int steps) {
  __m128 sums[chains];
  for (__m128& sum : sums) {
    sum = _mm_set1_ps(1.0F);
    keep_apart(sum);
  }
  const __m128 factor = _mm_set1_ps(0.5F), term = _mm_set1_ps(1.0F);
  for (int s = 0; s < steps; ++s)
    for (__m128& sum : sums) sum = _mm_add_ps(_mm_mul_ps(sum, factor), term);
  for (const __m128& sum : sums) sums[0] = _mm_add_ps(sums[0], sum);
  return _mm_cvtss_f32(sums[0]);
}

[[gnu::target("avx2,fma")]] float multiply_add_avx2(int steps) {
  __m256 sums[chains];
  for (__m256& sum : sums) {
    sum = _mm256_set1_ps(1.0F);
    keep_apart(sum);
  }
  const __m256 factor = _mm256_set1_ps(0.5F), term = _mm256_set1_ps(1.0F);
  for (int s = 0; s < steps; ++s)
    for (__m256& sum : sums) sum = _mm256_fmadd_ps(sum, factor, term);
  for (const __m256& sum : sums) sums[0] = _mm256_add_ps(sums[0], sum);
  return _mm256_cvtss_f32(sums[0]);
}

[[gnu::target("avx512f")]] float multiply_add_avx512(int steps) {
  __m512 sums[chains];
  for (__m512& sum : sums) {
    sum = _mm512_set1_ps(1.0F);
    keep_apart(sum);
  }
  const __m512 factor = _mm512_set1_ps(0.5F), term = _mm512_set1_ps(1.0F);
  for (int s = 0; s < steps; ++s)
    for (__m512& sum : sums) sum = _mm512_fmadd_ps(sum, factor, term);
  for (const __m512& sum : sums) sums[0] = _mm512_add_ps(sums[0], sum);
  return _mm512_cvtss_f32(sums[0]);
}

[[gnu::target("avx512f,avx512bf16")]] float multiply_add_bf16(int steps) {
  __m512 sums[chains];
  for (__m512& sum : sums) {
    sum = _mm512_set1_ps(1.0F);
    keep_apart(sum);
  }
  const auto pairs = reinterpret_cast<__m512bh>(_mm512_set1_epi32(0x3f003f00));  // 0.5, 0.5
  for (int s = 0; s < steps; ++s)
    for (__m512& sum : sums) sum = _mm512_dpbf16_ps(sum, pairs, pairs);
  for (const __m512& sum : sums) sums[0] = _mm512_add_ps(sums[0], sum);
  return _mm512_cvtss_f32(sums[0]);
}

struct Loop {
  float (*run)(int steps);
  int operations;  ///< in one step of one chain
};

std::optional<Loop> widest_loop(DType dtype) {
  const IsaLevel level = isa_level();
  if (dtype != DType::f32) {
    if (level != IsaLevel::avx512_bf16) return std::nullopt;
    return Loop{multiply_add_bf16, 64};
  }
  if (level >= IsaLevel::avx512) return Loop{multiply_add_avx512, 32};
  if (level >= IsaLevel::avx2) return Loop{multiply_add_avx2, 16};
  return Loop{multiply_add_baseline, 8};
}

}  // namespace

std::optional<double> peak_gflops(DType dtype, double seconds) {
  const std::optional<Loop> loop = widest_loop(dtype);
  if (!loop) return std::nullopt;
  constexpr int steps = 20000;
  double rounds = 0;
  const Clock::time_point start = Clock::now();
  do {
    volatile float kept = loop->run(steps);
    static_cast<void>(kept);
    ++rounds;
  } while (seconds_since(start) < seconds);
  return rounds * steps * chains * loop->operations / seconds_since(start) / 1e9;
}

ReadBandwidth::ReadBandwidth(std::int64_t bytes, int threads)
    : block_(allocate_block(bytes)), count_(bytes / 4), threads_(threads) {
  std::fill_n(reinterpret_cast<float*>(block_.get()), count_, 1.0F);
}

double ReadBandwidth::gigabytes_per_second(double seconds) const {
  const auto* numbers = reinterpret_cast<const float*>(block_.get());
  constexpr int lanes = 64;
  float total = 0;
  double passes = 0;
  const Clock::time_point start = Clock::now();
  do {
#pragma omp parallel for num_threads(threads_) schedule(static) reduction(+ : total)
    for (std::int64_t piece = 0; piece < count_ / 4096; ++piece) {
      float sums[lanes] = {};
      for (std::int64_t at = piece * 4096; at < (piece + 1) * 4096; at += lanes)
        for (int lane = 0; lane < lanes; ++lane) sums[lane] += numbers[at + lane];
      for (const float sum : sums) total += sum;
    }
    ++passes;
  } while (seconds_since(start) < seconds);
  const double rate = passes * static_cast<double>(count_ * 4) / seconds_since(start) / 1e9;
  volatile float kept = total;
  static_cast<void>(kept);
  return rate;
}

}  // namespace attnlab
