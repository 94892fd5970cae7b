#include "cell/heatmap.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

namespace attnlab {

namespace {

constexpr std::int64_t most_bins = 128;

Json rounded(std::span<const double> values) {
  Json list = Json::array();
  for (const double value : values)
    list.push_back(std::isnan(value) ? Json() : Json(std::stod(fmt::format("{:.3g}", value))));
  return list;
}

Json lines(const WeightMap& map) {
  Json list = Json::array();
  for (std::int64_t bin = 0; bin < map.bins; ++bin)
    list.push_back(
        rounded(std::span(map.weights)
                    .subspan(static_cast<std::size_t>(bin * map.bins), static_cast<std::size_t>(map.bins))));
  return list;
}

}  // namespace

Heatmap make_heatmap(const Variant& variant, const Problem& problem, const Inputs& inputs,
                     std::int64_t head) {
  const Shape& shape = problem.shape;
  const std::int64_t bins = std::min({most_bins, shape.seqlen_q, shape.seqlen_k});
  const auto map_of = [&](const Variant& shown) {
    return weight_map(shown, problem, inputs, head / shape.heads, head % shape.heads, bins);
  };
  const Variant exact = exact_counterpart(variant, shape);
  Heatmap heatmap{head, exact.name(), map_of(variant), {}};
  heatmap.exact = exact.name() == variant.name() ? heatmap.variant : map_of(exact);
  return heatmap;
}

Json to_json(const Heatmap& heatmap, const Shape& shape) {
  const std::int64_t bins = heatmap.variant.bins;
  return {
      {"n", shape.seqlen_q},
      {"bins", bins},
      {"head", heatmap.head},
      {"rows_per_bin", static_cast<double>(shape.seqlen_q) / static_cast<double>(bins)},
      {"variant", lines(heatmap.variant)},
      {"exact", lines(heatmap.exact)},
      {"entropy", {{"variant", rounded(heatmap.variant.entropy)}, {"exact", rounded(heatmap.exact.entropy)}}},
      {"mean_distance",
       {{"variant", rounded(heatmap.variant.mean_distance)},
        {"exact", rounded(heatmap.exact.mean_distance)}}}};
}

}  // namespace attnlab
