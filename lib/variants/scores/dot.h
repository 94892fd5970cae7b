// dot: q . k. Luong et al., arXiv:1508.04025.
#pragma once

#include <span>
#include <vector>

#include "attnlab/variants/arguments.h"
#include "attnlab/variants/score_weights.h"

namespace attnlab {

struct Dot {
  static constexpr MemberInfo info{"dot", "", "dot", "q . k", "Luong et al., arXiv:1508.04025"};

  static Dot parse(const Arguments& given) {
    given.require_count(0, 0, info.parameters);
    return {};
  }
  std::vector<double> arguments() const { return {}; }
};

}  // namespace attnlab
