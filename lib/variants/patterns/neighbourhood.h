// neighbourhood(h,w,k): position p is pixel (floor(p/w), p mod w) of an image of h x w pixels. A query sees
// the window of k x k pixels about its own, moved inward at the borders, so that every query sees k x k
// pixels (NATTEN). Hassani et al., arXiv:2204.07143.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "attnlab/core/argument_error.h"
#include "attnlab/core/problem.h"
#include "attnlab/variants/arguments.h"
#include "attnlab/variants/key_set.h"
#include "attnlab/variants/patterns/blocks.h"
#include "attnlab/variants/patterns/odd_argument.h"
#include "attnlab/variants/patterns/query.h"
#include "attnlab/variants/patterns/steps.h"

namespace attnlab {

struct Neighbourhood {
  static constexpr MemberInfo info{
      "neighbourhood", "an image of h x w = n_k pixels; k odd, k <= h, k <= w", "neighbourhood(16,32,7)",
      "key pixel in the k x k window about the query's pixel, moved inward at the borders",
      "Hassani et al., arXiv:2204.07143"};
  std::int64_t height;
  std::int64_t width;
  std::int64_t kernel;

  static Neighbourhood parse(const Arguments& given) {
    given.require_count(3, 3, info.parameters);
    const std::int64_t height = given.integer(0, "h", 1, max_seqlen);
    const std::int64_t width = given.integer(1, "w", 1, max_seqlen);
    return {height, width, odd_argument(given, 2, "k", std::min(height, width))};
  }
  std::vector<double> arguments() const {
    return {static_cast<double>(height), static_cast<double>(width), static_cast<double>(kernel)};
  }
  void validate(const Shape& shape) const {
    if (shape.cu_seqlens || height * width != shape.seqlen_k)
      throw ArgumentError("pattern", call_name(info.name, arguments()),
                          shape.cu_seqlens ? "packed sequences are no image"
                                           : fmt::format("the image has {} pixels", height * width),
                          fmt::format("h x w = {}, one key a pixel", shape.seqlen_k));
  }

  template <class Add>
  void keys(const PatternQuery& query, std::int64_t /*seqlen_k*/, Add add) const {
    const auto [y, x] = window_at(query.position);
    add_steps({x, x + kernel}, width, y, y + kernel - 1, query.needed, add);
  }
  KeySet keys_of_any(std::int64_t /*head*/, KeyRange positions, std::int64_t seqlen_k) const {
    const auto [top, left] = window_at(positions.begin);
    const auto [bottom, right] = window_at(positions.end - 1);
    const KeyRange columns = in_one_row(positions) ? KeyRange{left, right + kernel} : KeyRange{0, width};
    return keys_of_steps(columns, width, top, bottom + kernel - 1, seqlen_k);
  }
  KeySet keys_of_all(std::int64_t /*head*/, KeyRange positions, std::int64_t seqlen_k) const {
    const auto [top, left] = window_at(positions.begin);
    const auto [bottom, right] = window_at(positions.end - 1);
    const KeyRange columns =
        in_one_row(positions) ? KeyRange{right, left + kernel} : KeyRange{width - kernel, kernel};
    return keys_of_steps(columns, width, bottom, top + kernel - 1, seqlen_k);
  }

 private:
  /// The first row and the first column of the window.
  std::pair<std::int64_t, std::int64_t> window_at(std::int64_t position) const {
    const std::int64_t row = block_of(position, width);
    return {std::clamp<std::int64_t>(row - kernel / 2, 0, height - kernel),
            std::clamp<std::int64_t>(position - row * width - kernel / 2, 0, width - kernel)};
  }
  bool in_one_row(KeyRange positions) const {
    return block_of(positions.begin, width) == block_of(positions.end - 1, width);
  }
};

}  // namespace attnlab
