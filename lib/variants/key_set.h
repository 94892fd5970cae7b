// Sets of key positions as sorted, disjoint, half-open intervals; patterns return them.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace attnlab {

/// Keys begin … end-1; empty if begin >= end.
struct KeyRange {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  bool operator==(const KeyRange&) const = default;
};

/// Sorted, disjoint, non-empty, non-adjacent ranges. Up to four of them need no allocation.
class KeySet {
 public:
  KeySet() = default;
  KeySet(KeyRange range) {
    if (range.begin < range.end) append(range);
  }

  /// The union of ranges in any order, which may overlap or be empty.
  static KeySet of(std::vector<KeyRange> ranges);

  const KeyRange* begin() const { return many_.empty() ? few_.data() : many_.data(); }
  const KeyRange* end() const { return begin() + (many_.empty() ? few_count_ : many_.size()); }
  bool empty() const { return few_count_ == 0; }
  std::int64_t count() const;
  bool contains(std::int64_t key) const;
  /// Whether every key of `range` is in the set.
  bool covers(KeyRange range) const;
  bool operator==(const KeySet& other) const {
    return std::equal(begin(), end(), other.begin(), other.end());
  }

  KeySet operator&(const KeySet& other) const;
  KeySet operator|(const KeySet& other) const;
  /// The keys of `universe` that are not in the set.
  KeySet complement(KeyRange universe) const;
  /// The set moved by `distance`.
  KeySet shifted(std::int64_t distance) const;

 private:
  void append(KeyRange range) {
    if (few_count_ < few_.size())
      few_[few_count_++] = range;
    else
      append_to_many(range);
  }
  /// Adds a range that begins at or after all others.
  void extend(KeyRange range);
  void append_to_many(KeyRange range);
  KeyRange& last() { return many_.empty() ? few_[few_count_ - 1] : many_.back(); }

  std::array<KeyRange, 4> few_;  ///< the first ranges
  std::size_t few_count_ = 0;
  std::vector<KeyRange> many_;  ///< all ranges, if there are more than few_ holds
};

}  // namespace attnlab
