// A random stream with the same numbers on every machine (SplitMix; Steele, Lea and Flood 2014).
#pragma once

#include <cstdint>

namespace attnlab {

class SplitMix {
 public:
  explicit SplitMix(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t word = state_ += 0x9e3779b97f4a7c15u;
    word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9u;
    word = (word ^ (word >> 27)) * 0x94d049bb133111ebu;
    return word ^ (word >> 31);
  }
  /// Makes the stream depend on `coordinate`.
  void mix(std::uint64_t coordinate) { state_ = next() ^ coordinate; }
  /// A number in [0, 1) with 53 bits.
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }

 private:
  std::uint64_t state_;
};

}  // namespace attnlab
