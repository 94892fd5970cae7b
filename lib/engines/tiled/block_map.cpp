#include "attnlab/engines/tiled/block_map.h"

#include <algorithm>

namespace attnlab {

namespace {

/// The smallest range that contains both.
KeyRange joined(const KeyRange& a, const KeyRange& b) {
  if (a.end == 0) return b;
  if (b.end == 0) return a;
  return {std::min(a.begin, b.begin), std::max(a.end, b.end)};
}

}  // namespace

BlockMap::BlockMap(const Pattern& pattern, const Shape& shape, std::int64_t query_rows,
                   std::int64_t key_columns, Workspace& workspace)
    : pattern_(pattern),
      shape_(shape),
      query_rows_(query_rows),
      key_columns_(key_columns),
      query_tiles_((shape.seqlen_q + query_rows - 1) / query_rows),
      key_tiles_((shape.seqlen_k + key_columns - 1) / key_columns),
      spans_(static_cast<std::size_t>(query_tiles_)),
      is_stored_(!pattern.is_of_few_ranges()),
      stored_heads_(pattern.by_head() ? shape.heads : 1) {
  std::vector<Run> runs;
  std::vector<std::int64_t> starts;
  std::vector<Visit> visits;
  for (std::int64_t head = 0; head < stored_heads_; ++head)
    for (std::int64_t tile = 0; tile < query_tiles_; ++tile) {
      const std::int64_t first = tile * query_rows;
      const KeyRange keys = find_visits(head, first, std::min(first + query_rows, shape.seqlen_q), visits);
      longest_visit_ = std::max(longest_visit_, static_cast<std::int64_t>(visits.size()));
      KeyRange& span = spans_[static_cast<std::size_t>(tile)];
      span = joined(span, keys);
      if (!is_stored_) continue;
      starts.push_back(std::ssize(runs));
      for (const auto& [key_tile, masked] : visits) {
        const auto at = static_cast<std::int32_t>(key_tile);
        if (std::ssize(runs) > starts.back() && runs.back().last == at && runs.back().masked == masked)
          ++runs.back().last;
        else
          runs.push_back({at, at + 1, masked});
      }
    }
  if (!is_stored_) return;
  starts.push_back(std::ssize(runs));
  runs_ = workspace.allocate<Run>(std::ssize(runs));
  starts_ = workspace.allocate<std::int64_t>(std::ssize(starts));
  std::copy_n(runs.begin(), runs_.size(), runs_.begin());
  std::copy_n(starts.begin(), starts_.size(), starts_.begin());
}

KeyRange BlockMap::find_visits(std::int64_t head, std::int64_t first, std::int64_t last,
                               std::vector<Visit>& visits) const {
  visits.clear();
  KeyRange whole;
  const KeySet seen_by_all = pattern_.keys_of_all(shape_, head, first, last);
  std::int64_t next = 0;
  for (const KeyRange& range : pattern_.keys_of_any(shape_, head, first, last)) {
    for (next = std::max(next, range.begin / key_columns_); next * key_columns_ < range.end; ++next) {
      const KeyRange tile{next * key_columns_, (next + 1) * key_columns_};
      visits.push_back({next, !seen_by_all.covers(tile)});
    }
    whole = joined(whole, range);
  }
  return whole;
}

void BlockMap::list_visits(std::int64_t head, std::int64_t first, std::int64_t last,
                           std::vector<Visit>& visits) const {
  if (!is_stored_) {
    find_visits(head, first, last, visits);
    return;
  }
  visits.clear();
  const std::int64_t index = (stored_heads_ == 1 ? 0 : head) * query_tiles_ + first / query_rows_;
  const std::int64_t end = starts_[static_cast<std::size_t>(index + 1)];
  for (std::int64_t at = starts_[static_cast<std::size_t>(index)]; at < end; ++at) {
    const Run& run = runs_[static_cast<std::size_t>(at)];
    for (std::int64_t tile = run.first; tile < run.last; ++tile) visits.push_back({tile, run.masked});
  }
}

KeyRange BlockMap::span_of_keys(std::int64_t first, std::int64_t last) const {
  KeyRange whole;
  for (std::int64_t tile = first; tile < last; ++tile)
    whole = joined(whole, spans_[static_cast<std::size_t>(tile)]);
  return whole;
}

std::vector<std::vector<BlockMap::Visitor>> BlockMap::visitors(std::int64_t head) const {
  std::vector<std::vector<Visitor>> visitors(static_cast<std::size_t>(key_tiles_));
  std::vector<Visit> visits;
  for (std::int64_t tile = 0; tile < query_tiles_; ++tile) {
    const std::int64_t first = tile * query_rows_;
    list_visits(head, first, std::min(first + query_rows_, shape_.seqlen_q), visits);
    for (const auto& [key_tile, masked] : visits)
      visitors[static_cast<std::size_t>(key_tile)].push_back({tile, masked});
  }
  return visitors;
}

}  // namespace attnlab
