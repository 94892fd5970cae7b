// Attention of known papers that is a combination of leaves, for `attnlab list`. Their names are expressions.
#pragma once

#include "attnlab/variants/arguments.h"

namespace attnlab {

inline constexpr MemberInfo pattern_compositions[] = {
    {"window(256,256)|global(2)", "", "window(256,256)|global(2)",
     "Longformer: a window, and positions that see all and that all see", "Beltagy et al., arXiv:2004.05150"},
    {"causal&(sink(4)|window(1020))", "", "causal&(sink(4)|window(1020))",
     "StreamingLLM: the first keys and the last ones", "Xiao et al., arXiv:2309.17453"},
    {"per_head(0-3:causal,4-:causal&(sink(16)|window(64)))", "",
     "per_head(0-3:causal,4-:causal&(sink(16)|window(64)))",
     "DuoAttention: retrieval heads see all keys before, streaming heads the first and the last",
     "Xiao et al., arXiv:2410.10819"},
};

}  // namespace attnlab
