// Random pattern expressions, for RapidCheck.
#pragma once

#include <fmt/format.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "attnlab/core/problem.h"
#include "definitions/patterns.h"

namespace attnlab {

/// A number from `least` to `end` - 1; all are as likely at every size of a case.
inline int any_of(int least, int end) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(least, end));
}

/// A member with k x k pixels of an image of `keys` pixels.
inline std::string random_neighbourhood(std::int64_t keys) {
  std::int64_t height = *rc::gen::inRange<std::int64_t>(1, keys + 1);
  while (keys % height != 0) --height;
  const std::int64_t width = keys / height;
  const std::int64_t half = *rc::gen::inRange<std::int64_t>(0, (std::min(height, width) + 1) / 2);
  return fmt::format("neighbourhood({},{},{})", height, width, 2 * half + 1);
}

inline std::string random_leaf(const Shape& shape) {
  const auto below = [](std::int64_t most) { return *rc::gen::inRange<std::int64_t>(1, most); };
  const std::int64_t a = below(60);
  const std::int64_t b = below(10);
  switch (any_of(0, shape.cu_seqlens ? 11 : 12)) {
    case 0:
      return "causal";
    case 1:
      return fmt::format("window({})", a);
    case 2:
      return fmt::format("window({},{})", a, below(60));
    case 3:
      return fmt::format("chunk_local({})", a);
    case 4:
      return fmt::format("dilated({},{})", below(9), b);
    case 5:
      return fmt::format("strided({})", a);
    case 6:
      return fmt::format("fixed({},{})", a, below(a + 1));
    case 7:
      return fmt::format("global({})", a);
    case 8:
      return fmt::format("sink({})", b);
    case 9:
      return fmt::format("prefix({})", a);
    case 10:
      return fmt::format("bigbird({},{},{},{})", b, 2 * below(4) - 1, below(5) - 1, below(7) - 1);
    default:
      return random_neighbourhood(shape.seqlen_k);  // fits no packed sequences
  }
}

/// A pattern that fits the shape, with at most `depth` operations from the root to a leaf.
inline std::string random_pattern(int depth, const Shape& shape) {
  const auto part = [&] { return random_pattern(depth - 1, shape); };
  switch (depth > 0 ? any_of(0, 9) : 0) {
    case 4:
      return fmt::format("!({})", part());
    case 5:
      return fmt::format("({})&({})", part(), part());
    case 6:
    case 7:
      return fmt::format("({})|({})", part(), part());
    case 8: {
      // The heads from `first` on, which may be none, and those before.
      const std::int64_t first = *rc::gen::inRange<std::int64_t>(1, shape.heads + 1);
      return fmt::format("per_head({}-:{},0-{}:{})", first, part(), first - 1, part());
    }
    default:
      return random_leaf(shape);
  }
}

/// Starts of at most four packed sequences of `keys` keys; some may be empty.
inline std::shared_ptr<const std::vector<std::int64_t>> random_cu_seqlens(std::int64_t keys) {
  std::vector<std::int64_t> starts{0, keys};
  for (int t = 0; t < 3; ++t) starts.push_back(*rc::gen::inRange<std::int64_t>(0, keys + 1));
  std::sort(starts.begin(), starts.end());
  return std::make_shared<const std::vector<std::int64_t>>(std::move(starts));
}

/// At most three heads, `most` queries and keys, and packed sequences in a third of the cases.
inline Shape random_shape_of_pattern(std::int64_t most) {
  Shape shape;
  shape.heads = *rc::gen::inRange<std::int64_t>(1, 4);
  shape.seqlen_q = shape.seqlen_k = *rc::gen::inRange<std::int64_t>(1, most + 1);
  if (any_of(0, 3) == 0)
    shape.cu_seqlens = random_cu_seqlens(shape.seqlen_k);
  else
    shape.seqlen_q = *rc::gen::inRange<std::int64_t>(1, most + 1);
  return shape;
}

/// Whether query i of the head sees key j, by tests/definitions.
inline bool visible_by_definition(const std::string& pattern, const Shape& shape, std::int64_t head,
                                  std::int64_t i, std::int64_t j) {
  const auto [begin, end] = shape.sequence(i);
  return begin <= j && j < end &&
         definitions::visible(pattern, {head, static_cast<double>(shape.position(i) - begin),
                                        static_cast<double>(j - begin), static_cast<double>(end - begin)});
}

}  // namespace attnlab
