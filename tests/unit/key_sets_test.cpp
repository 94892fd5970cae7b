// KeySet and KeyBits against a std::set of keys.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "attnlab/variants/key_bits.h"
#include "attnlab/variants/key_set.h"

namespace attnlab {
namespace {

using Keys = std::set<std::int64_t>;

/// Seeded random ranges; some are empty, and some end before they begin.
class Ranges {
 public:
  std::int64_t number(std::int64_t least, std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(least, most)(bits_);
  }
  KeyRange range(std::int64_t least, std::int64_t most) {
    const std::int64_t begin = number(least, most);
    return number(0, 3) == 0 ? KeyRange{begin, number(least, most)} : KeyRange{begin, begin + number(0, 9)};
  }

 private:
  std::mt19937_64 bits_{1};
};

void add(Keys& keys, KeyRange range, KeyRange limits = {-1000000, 1000000}) {
  for (std::int64_t key = std::max(range.begin, limits.begin); key < std::min(range.end, limits.end); ++key)
    keys.insert(key);
}

Keys keys_of(const KeySet& set) {
  Keys keys;
  for (const KeyRange& range : set) add(keys, range);
  return keys;
}

/// Reads the set run by run.
Keys keys_of(const KeyBits& bits) {
  Keys keys;
  for (KeyRange run = bits.next(bits.range().begin); run.begin < run.end; run = bits.next(run.end))
    add(keys, run);
  return keys;
}

void expect_same(const KeyBits& bits, const Keys& keys) {
  EXPECT_EQ(keys_of(bits), keys);
  EXPECT_EQ(bits.count(), std::ssize(keys));
  const auto [begin, end] = bits.range();
  for (std::int64_t from = begin; from <= end; ++from) {
    const auto first = keys.lower_bound(from);
    const KeyRange run = bits.next(from);
    ASSERT_EQ(run.begin, first == keys.end() ? end : *first) << from;
    std::int64_t last = run.begin;
    while (keys.contains(last)) ++last;
    ASSERT_EQ(run.end, last) << from;
  }
}

/// Up to 12 ranges in and about `limits`, as bits and as a set.
std::pair<KeyBits, Keys> random_keys(Ranges& random, KeyRange limits) {
  std::pair<KeyBits, Keys> both{KeyBits(limits), {}};
  for (std::int64_t left = random.number(0, 12); left > 0; --left) {
    const KeyRange range = random.range(limits.begin - 100, limits.end + 100);
    both.first.add(range);
    add(both.second, range, limits);
  }
  return both;
}

TEST(KeyBits, AreASetOfKeys) {
  Ranges random;
  for (int round = 0; round < 300; ++round) {
    const std::int64_t first = random.number(-50, 5000);
    const KeyRange limits{first, first + random.number(0, KeyBits::capacity)};
    auto [a, keys_of_a] = random_keys(random, limits);
    const auto [b, keys_of_b] = random_keys(random, limits);
    expect_same(a, keys_of_a);

    KeyBits both = a;
    Keys in_both;
    std::set_intersection(keys_of_a.begin(), keys_of_a.end(), keys_of_b.begin(), keys_of_b.end(),
                          std::inserter(in_both, in_both.end()));
    expect_same(both &= b, in_both);

    KeyBits either = a;
    Keys in_either = keys_of_a;
    in_either.insert(keys_of_b.begin(), keys_of_b.end());
    expect_same(either |= b, in_either);

    Keys others;
    for (std::int64_t key = limits.begin; key < limits.end; ++key)
      if (!keys_of_a.contains(key)) others.insert(key);
    a.invert();
    expect_same(a, others);
  }
}

TEST(KeyBits, AtTheBordersOfWords) {
  const KeyRange limits{1000, 1000 + KeyBits::capacity};
  for (const std::int64_t begin : {0, 1, 63, 64, 65, 127, 128, 448, 511})
    for (const std::int64_t end : {0, 1, 63, 64, 65, 128, 129, 448, 511, 512, 600}) {
      KeyBits bits(limits);
      bits.add({1000 + begin, 1000 + end});
      Keys keys;
      add(keys, {1000 + begin, 1000 + end}, limits);
      expect_same(bits, keys);
    }
  KeyBits all(limits);
  all.invert();
  EXPECT_EQ(all.count(), KeyBits::capacity);
  EXPECT_EQ(all.next(1000), limits);
  KeyBits outside(limits);
  outside.add({0, 1000});
  outside.add({limits.end, limits.end + 70});
  outside.add({1200, 1100});
  EXPECT_EQ(outside.count(), 0);
  EXPECT_EQ(outside.next(1000), (KeyRange{limits.end, limits.end}));
}

/// Whether the ranges are sorted, and neither empty nor adjacent.
bool is_canonical(const KeySet& set) {
  for (const KeyRange& range : set)
    if (range.begin >= range.end || (&range != set.begin() && (&range)[-1].end >= range.begin)) return false;
  return true;
}

TEST(KeySets, AreASetOfKeys) {
  Ranges random;
  const auto draw = [&] {
    std::vector<KeyRange> ranges;
    for (std::int64_t left = random.number(0, 14); left > 0; --left) ranges.push_back(random.range(0, 150));
    return ranges;
  };
  for (int round = 0; round < 500; ++round) {
    const std::vector<KeyRange> ranges = draw();
    Keys keys;
    for (const KeyRange& range : ranges) add(keys, range);
    const KeySet set = KeySet::of(ranges);
    ASSERT_TRUE(is_canonical(set));
    EXPECT_EQ(keys_of(set), keys);
    EXPECT_EQ(set.count(), std::ssize(keys));
    EXPECT_EQ(set.empty(), keys.empty());
    for (std::int64_t key = -2; key < 162; ++key) ASSERT_EQ(set.contains(key), keys.contains(key)) << key;

    Keys moved;
    for (const std::int64_t key : keys) moved.insert(key - 40);
    ASSERT_TRUE(is_canonical(set.shifted(-40)));
    EXPECT_EQ(keys_of(set.shifted(-40)), moved);
    EXPECT_EQ(set.shifted(-40).shifted(40), set);

    const KeySet other = KeySet::of(draw());
    const Keys keys_of_other = keys_of(other);
    Keys both;
    Keys either = keys_of_other;
    for (const std::int64_t key : keys)
      if (!either.insert(key).second) both.insert(key);
    ASSERT_TRUE(is_canonical(set & other));
    EXPECT_EQ(keys_of(set & other), both);
    ASSERT_TRUE(is_canonical(set | other));
    EXPECT_EQ(keys_of(set | other), either);

    const KeyRange universe{random.number(0, 60), random.number(60, 170)};
    Keys others;
    add(others, universe);
    for (const std::int64_t key : keys) others.erase(key);
    ASSERT_TRUE(is_canonical(set.complement(universe)));
    EXPECT_EQ(keys_of(set.complement(universe)), others);
    EXPECT_EQ(set.covers(universe), universe.begin >= universe.end || others.empty());
  }
}

}  // namespace
}  // namespace attnlab
