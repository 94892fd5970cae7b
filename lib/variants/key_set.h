// Sets of key positions as sorted, disjoint, half-open intervals: what a pattern answers with.
#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>

namespace attnlab {

/// Keys begin … end-1; empty when begin >= end.
struct KeyRange {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  bool operator==(const KeyRange&) const = default;
};

/// Sorted, disjoint, non-empty, non-adjacent ranges.
class KeySet {
 public:
  KeySet() = default;
  KeySet(KeyRange range) {
    if (range.begin < range.end) ranges_.push_back(range);
  }

  auto begin() const { return ranges_.begin(); }
  auto end() const { return ranges_.end(); }
  bool empty() const { return ranges_.empty(); }
  std::int64_t count() const;
  bool contains(std::int64_t key) const;
  /// True if every key of `range` is in the set.
  bool covers(KeyRange range) const;
  bool operator==(const KeySet& other) const { return ranges_ == other.ranges_; }

  KeySet operator&(const KeySet& other) const;
  KeySet operator|(const KeySet& other) const;
  /// The keys of `universe` that are not in the set.
  KeySet complement(KeyRange universe) const;

 private:
  boost::container::small_vector<KeyRange, 4> ranges_;
};

}  // namespace attnlab
