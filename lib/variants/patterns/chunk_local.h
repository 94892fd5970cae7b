// chunk_local(c): the keys in the query's chunk of c positions. Block attention, arXiv:2007.14062, section 2.
#pragma once

#include <cstdint>
#include <vector>

#include "attnlab/core/problem.h"
#include "attnlab/variants/arguments.h"
#include "attnlab/variants/key_set.h"
#include "attnlab/variants/patterns/blocks.h"

namespace attnlab {

struct ChunkLocal {
  static constexpr MemberInfo info{"chunk_local", "c >= 1", "chunk_local(50)", "floor(i/c) = floor(j/c)",
                                   "Zaheer et al., arXiv:2007.14062"};
  std::int64_t chunk;

  static ChunkLocal parse(const Arguments& given) {
    given.require_count(1, 1, info.parameters);
    return {given.integer(0, "c", 1, max_seqlen)};
  }
  std::vector<double> arguments() const { return {static_cast<double>(chunk)}; }
  KeyRange keys(std::int64_t position, std::int64_t /*seqlen_k*/) const {
    const std::int64_t own = block_of(position, chunk);
    return range_of_blocks(own, own + 1, chunk);
  }
};

}  // namespace attnlab
