#include "attnlab/core/argument_error.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

namespace attnlab {

ArgumentError::ArgumentError(std::string_view argument, std::string_view value, std::string_view reason,
                             std::string_view requirement)
    : std::invalid_argument(fmt::format("{}: '{}': {}{}{}", argument, value, reason,
                                        requirement.empty() ? "" : "; allowed: ", requirement)),
      argument_(argument),
      value_(value),
      reason_(reason),
      requirement_(requirement) {}

namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] != b[j]);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::vector<std::string> nearest_names(std::string_view given, const std::vector<std::string>& known) {
  std::vector<std::pair<std::size_t, std::string>> ranked;
  for (const std::string& name : known) {
    const std::size_t distance = edit_distance(given, name);
    const bool contains = !given.empty() && name.find(given) != std::string::npos;
    if (contains || distance <= std::max<std::size_t>(2, given.size() / 3))
      ranked.emplace_back(distance, name);
  }
  std::sort(ranked.begin(), ranked.end());
  if (ranked.size() > 3) ranked.resize(3);
  std::vector<std::string> names;
  for (auto& [distance, name] : ranked) names.push_back(std::move(name));
  return names;
}

ArgumentError unknown_name(std::string_view argument, std::string_view value, std::string_view name,
                           const std::vector<std::string>& known) {
  const std::string reason = name == value ? "unknown name" : fmt::format("unknown name '{}'", name);
  const std::vector<std::string> nearest = nearest_names(name, known);
  if (nearest.empty()) return {argument, value, reason, fmt::format("{}", fmt::join(known, ", "))};
  return {argument, value, fmt::format("{}; nearest: {}", reason, fmt::join(nearest, ", ")), {}};
}

}  // namespace attnlab
