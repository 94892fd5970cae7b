#include "definitions/patterns.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>
#include <vector>

namespace definitions {

namespace {

/// SplitMix64 (Steele, Lea and Flood 2014): the next number after `state`.
std::uint64_t splitmix64(std::uint64_t& state) {
  state += 0x9e3779b97f4a7c15;
  std::uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

/// The random blocks of a block of queries of a head: `count` of the blocks that it does not see otherwise,
/// or all of them. The state begins at 0; for the head and then for the block it becomes the next number xor
/// that. For each m from size - count to size - 1, the next number modulo m + 1 is an index among the others,
/// and m is if that is taken.
std::set<double> random_blocks(std::int64_t head, double block, std::size_t count,
                               const std::vector<double>& others) {
  if (others.size() <= count) return {others.begin(), others.end()};
  std::uint64_t state = 0;
  state = splitmix64(state) ^ static_cast<std::uint64_t>(head);
  state = splitmix64(state) ^ static_cast<std::uint64_t>(static_cast<std::int64_t>(block));
  std::set<double> drawn;
  for (std::size_t m = others.size() - count; m < others.size(); ++m)
    if (!drawn.insert(others[splitmix64(state) % (m + 1)]).second) drawn.insert(others[m]);
  return drawn;
}

/// Zaheer et al., arXiv:2007.14062, section 2: window, global and random blocks.
bool bigbird(const Call& call, const Pair& pair) {
  const double size = call.arguments.at(0);
  const double own = std::floor(pair.position / size);
  const auto seen = [&](double block) {
    return std::abs(own - block) <= (call.arguments.at(1) - 1) / 2 || block < call.arguments.at(2);
  };
  const double wanted = std::floor(pair.key / size);
  if (own < call.arguments.at(2) || seen(wanted)) return true;
  std::vector<double> others;
  for (double block = 0; block * size < pair.keys; ++block)
    if (!seen(block)) others.push_back(block);
  return random_blocks(pair.head, own, static_cast<std::size_t>(call.arguments.at(3)), others)
      .contains(wanted);
}

/// Where the window of `kernel` pixels of pixel x begins, along an axis of `length`: as in NATTEN, the window
/// is centred and moved by what it lacks at either end.
double window_start(double x, double length, double kernel) {
  const double reach = (kernel - 1) / 2;
  return std::max(x - reach, 0.0) + (x + reach >= length ? length - x - reach - 1 : 0);
}

/// Hassani et al., arXiv:2204.07143: arguments height, width, kernel; a row of pixels follows another.
bool neighbourhood(const Call& call, const Pair& pair) {
  const double width = call.arguments.at(1);
  const double kernel = call.arguments.at(2);
  const auto near = [&](double query, double key, double length) {
    const double start = window_start(query, length, kernel);
    return start <= key && key < start + kernel;
  };
  const double row = std::floor(pair.position / width);
  const double key_row = std::floor(pair.key / width);
  return near(row, key_row, call.arguments.at(0)) &&
         near(pair.position - row * width, pair.key - key_row * width, width);
}

/// Parts `4: pattern`, `0-3: pattern` or `4-: pattern`; the one that lists the head says what is seen.
bool per_head(const Call& call, const Pair& pair) {
  for (const std::string& part : call.texts) {
    const std::size_t colon = part.find(':');
    const std::vector<std::string> ends = split(part.substr(0, colon), '-');
    const bool open = ends.back().empty();
    if (std::stoll(ends.front()) <= pair.head && (open || pair.head <= std::stoll(ends.back())))
      return visible(part.substr(colon + 1), pair);
  }
  return false;
}

}  // namespace

const std::map<std::string, Leaf>& leaves() {
  static const std::map<std::string, Leaf> table{
      {"full", [](const Call&, const Pair&) { return true; }},
      // Vaswani et al., arXiv:1706.03762, section 3.2.3: no position attends to a later one.
      {"causal", [](const Call&, const Pair& pair) { return pair.key <= pair.position; }},
      // Beltagy et al., arXiv:2004.05150, section 3.1. window(w): the w keys that end at the query.
      {"window",
       [](const Call& call, const Pair& pair) {
         const double before = pair.position - pair.key;
         if (call.arguments.size() == 1) return 0 <= before && before < call.arguments[0];
         return before <= call.arguments.at(0) && -before <= call.arguments.at(1);
       }},
      // Luong et al., arXiv:1508.04025, section 3.2, local-m: the window [p_t - D, p_t + D] with p_t = t.
      {"local_m",
       [](const Call& call, const Pair& pair) {
         return std::abs(pair.key - pair.position) <= call.arguments.at(0);
       }},
      // Blocks of c positions; a query sees only its own block.
      {"chunk_local",
       [](const Call& call, const Pair& pair) {
         return std::floor(pair.position / call.arguments.at(0)) ==
                std::floor(pair.key / call.arguments.at(0));
       }},
      // Beltagy et al., section 3.1: a window with gaps.
      {"dilated",
       [](const Call& call, const Pair& pair) {
         const double distance = std::abs(pair.position - pair.key);
         return distance <= call.arguments.at(0) * call.arguments.at(1) &&
                std::fmod(distance, call.arguments.at(1)) == 0;
       }},
      // Child et al., arXiv:1904.10509, section 4.3: both heads of strided, and both of fixed attention.
      {"strided",
       [](const Call& call, const Pair& pair) {
         const double before = pair.position - pair.key;
         return before >= 0 &&
                (before < call.arguments.at(0) || std::fmod(before, call.arguments.at(0)) == 0);
       }},
      {"fixed",
       [](const Call& call, const Pair& pair) {
         const double block = call.arguments.at(0);
         return pair.key <= pair.position &&
                (std::floor(pair.position / block) == std::floor(pair.key / block) ||
                 std::fmod(pair.key, block) >= block - call.arguments.at(1));
       }},
      // Beltagy et al., section 3.1: symmetric global attention.
      {"global", [](const Call& call,
                    const Pair& pair) { return std::min(pair.position, pair.key) < call.arguments.at(0); }},
      // Xiao et al., arXiv:2309.17453: the first keys.
      {"sink", [](const Call& call, const Pair& pair) { return pair.key < call.arguments.at(0); }},
      // Raffel et al., arXiv:1910.10683, section 3.2.1: fully visible within the prefix, then causal.
      {"prefix",
       [](const Call& call, const Pair& pair) {
         return pair.key < call.arguments.at(0) || pair.key <= pair.position;
       }},
      {"bigbird", bigbird},
      {"neighbourhood", neighbourhood},
      {"per_head", per_head},
  };
  return table;
}

bool visible(const std::string& pattern, const Pair& pair) {
  const auto sees = [&](const std::string& part) { return visible(part, pair); };
  const std::vector<std::string> either = split(pattern, '|');
  if (either.size() > 1) return std::any_of(either.begin(), either.end(), sees);
  const std::vector<std::string> both = split(pattern, '&');
  if (both.size() > 1) return std::all_of(both.begin(), both.end(), sees);
  const std::string& one = both.front();
  if (one.front() == '!') return !sees(one.substr(1));
  if (one.front() == '(') return sees(one.substr(1, one.size() - 2));
  const Call call = read_call(one);
  return leaves().at(call.name)(call, pair);
}

}  // namespace definitions
