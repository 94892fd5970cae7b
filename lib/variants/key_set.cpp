#include "attnlab/variants/key_set.h"

#include <algorithm>

namespace attnlab {

void KeySet::append_to_many(KeyRange range) {
  if (many_.empty()) many_.assign(few_.begin(), few_.end());
  many_.push_back(range);
}

KeySet KeySet::of(std::vector<KeyRange> ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const KeyRange& a, const KeyRange& b) { return a.begin < b.begin; });
  KeySet set;
  for (const KeyRange& range : ranges) set.extend(range);
  return set;
}

void KeySet::extend(KeyRange range) {
  if (range.begin >= range.end) return;
  if (!empty() && range.begin <= last().end)
    last().end = std::max(last().end, range.end);
  else
    append(range);
}

std::int64_t KeySet::count() const {
  std::int64_t keys = 0;
  for (const KeyRange& range : *this) keys += range.end - range.begin;
  return keys;
}

bool KeySet::contains(std::int64_t key) const { return covers({key, key + 1}); }

bool KeySet::covers(KeyRange wanted) const {
  if (wanted.begin >= wanted.end) return true;
  const KeyRange* first =
      std::partition_point(begin(), end(), [&](const KeyRange& range) { return range.end < wanted.end; });
  return first != end() && first->begin <= wanted.begin;
}

KeySet KeySet::operator&(const KeySet& other) const {
  KeySet both;
  for (auto a = begin(), b = other.begin(); a != end() && b != other.end();) {
    const KeyRange overlap{std::max(a->begin, b->begin), std::min(a->end, b->end)};
    if (overlap.begin < overlap.end) both.append(overlap);
    a->end < b->end ? ++a : ++b;
  }
  return both;
}

KeySet KeySet::operator|(const KeySet& other) const {
  KeySet either;
  auto a = begin();
  auto b = other.begin();
  while (a != end() || b != other.end()) {
    const bool from_a = b == other.end() || (a != end() && a->begin < b->begin);
    const KeyRange next = from_a ? *a++ : *b++;
    either.extend(next);
  }
  return either;
}

KeySet KeySet::complement(KeyRange universe) const {
  KeySet rest;
  std::int64_t from = universe.begin;
  for (const KeyRange& range : *this) {
    if (range.begin > from) rest.append({from, std::min(range.begin, universe.end)});
    from = std::max(from, range.end);
    if (from >= universe.end) break;
  }
  if (from < universe.end) rest.append({from, universe.end});
  return rest;
}

KeySet KeySet::shifted(std::int64_t distance) const {
  KeySet moved;
  for (const KeyRange& range : *this) moved.append({range.begin + distance, range.end + distance});
  return moved;
}

}  // namespace attnlab
