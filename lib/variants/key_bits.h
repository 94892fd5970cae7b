// The keys of a short range as bits: sets of keys within a tile, without allocation.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "attnlab/variants/key_set.h"

namespace attnlab {

/// A subset of the keys of `range`, which has at most `capacity` keys. Keys outside of it are ignored.
class KeyBits {
 public:
  static constexpr std::int64_t capacity = 512;

  /// No key. Precondition: the range has at most `capacity` keys.
  explicit KeyBits(KeyRange range) : first_(range.begin), count_(range.end - range.begin) {}

  KeyRange range() const { return {first_, first_ + count_}; }

  void add(KeyRange keys) {
    const std::int64_t begin = std::max<std::int64_t>(keys.begin - first_, 0);
    const std::int64_t end = std::min(keys.end - first_, count_);
    for (std::int64_t at = begin; at < end;) {
      const std::int64_t stop = std::min(end, (at / 64 + 1) * 64);
      words_[static_cast<std::size_t>(at / 64)] |= ones(stop - at) << (at % 64);
      at = stop;
    }
  }
  KeyBits& operator&=(const KeyBits& other) {
    for (std::size_t w = 0; w < words_.size(); ++w) words_[w] &= other.words_[w];
    return *this;
  }
  KeyBits& operator|=(const KeyBits& other) {
    for (std::size_t w = 0; w < words_.size(); ++w) words_[w] |= other.words_[w];
    return *this;
  }
  /// The other keys of the range.
  void invert() {
    for (std::int64_t at = 0; at < count_; at += 64)
      words_[static_cast<std::size_t>(at / 64)] ^= ones(std::min<std::int64_t>(count_ - at, 64));
  }

  std::int64_t count() const {
    std::int64_t keys = 0;
    for (const std::uint64_t word : words_) keys += std::popcount(word);
    return keys;
  }

  /// The first run of keys of the set from `key` on; empty, at the end of the range, if there is none.
  KeyRange next(std::int64_t key) const {
    const std::int64_t begin = find(key - first_, 0);
    return {first_ + begin, first_ + find(begin, ~std::uint64_t{0})};
  }

 private:
  static std::uint64_t ones(std::int64_t count) {
    return count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
  }
  /// The first bit from `at` on that is set after an exclusive or with `flip`; count_ if there is none.
  std::int64_t find(std::int64_t at, std::uint64_t flip) const {
    while (at < count_) {
      const std::uint64_t word = (words_[static_cast<std::size_t>(at / 64)] ^ flip) >> (at % 64);
      if (word != 0) return std::min(at + std::countr_zero(word), count_);
      at = (at / 64 + 1) * 64;
    }
    return count_;
  }

  std::int64_t first_;
  std::int64_t count_;
  std::array<std::uint64_t, capacity / 64> words_{};
};

}  // namespace attnlab
