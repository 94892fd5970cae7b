#include "definitions/patterns.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace definitions {

const std::map<std::string, Leaf>& leaves() {
  static const std::map<std::string, Leaf> table{
      {"full", [](const Call&, double, double) { return true; }},
      // Vaswani et al., arXiv:1706.03762, section 3.2.3: no position attends to a later one.
      {"causal", [](const Call&, double i, double j) { return j <= i; }},
      // Beltagy et al., arXiv:2004.05150, section 3.1. window(w): the w keys that end at the query.
      {"window",
       [](const Call& call, double i, double j) {
         if (call.arguments.size() == 1) return i - call.arguments[0] < j && j <= i;
         return i - call.arguments.at(0) <= j && j <= i + call.arguments.at(1);
       }},
      // Luong et al., arXiv:1508.04025, section 3.2, local-m: the window [p_t - D, p_t + D] with p_t = t.
      {"local_m",
       [](const Call& call, double i, double j) { return std::abs(j - i) <= call.arguments.at(0); }},
      // Blocks of c positions; a query sees only its own block.
      {"chunk_local",
       [](const Call& call, double i, double j) {
         return std::floor(i / call.arguments.at(0)) == std::floor(j / call.arguments.at(0));
       }},
  };
  return table;
}

bool visible(const std::string& pattern, double position, double key) {
  const auto sees = [&](const std::string& part) { return visible(part, position, key); };
  const std::vector<std::string> either = split(pattern, '|');
  if (either.size() > 1) return std::any_of(either.begin(), either.end(), sees);
  const std::vector<std::string> both = split(pattern, '&');
  if (both.size() > 1) return std::all_of(both.begin(), both.end(), sees);
  const std::string& one = both.front();
  if (one.front() == '!') return !sees(one.substr(1));
  if (one.front() == '(') return sees(one.substr(1, one.size() - 2));
  const Call call = read_call(one);
  return leaves().at(call.name)(call, position, key);
}

}  // namespace definitions
