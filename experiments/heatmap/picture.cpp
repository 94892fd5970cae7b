#include "heatmap/picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace attnlab {

namespace {

constexpr double map_size = 384;
constexpr double axis_room = 76;  // left of a panel
constexpr double gap = 22;        // right of it
constexpr double maps_top = 104;
constexpr double profile_height = 150;
constexpr double letters = 13;
constexpr Colour ink{0.1, 0.11, 0.12};
constexpr Colour faint{0.82, 0.84, 0.86};
constexpr Colour variant_colour{0, 0.45, 0.7};
constexpr Colour exact_colour{0.76, 0.3, 0};

/// Position of a panel and ranges of its axes.
struct Frame {
  double left, top, width, height;
  double x_end, y_begin, y_end;  ///< values at the right, at the top and at the bottom; 0 is at the left

  double x(double value) const { return left + width * value / x_end; }
  double y(double value) const { return top + height * (value - y_begin) / (y_end - y_begin); }
};

/// The largest of 1, 2 and 5 times a power of ten that divides `range` into four parts or more.
double tick_step(double range) {
  const double power = std::pow(10, std::floor(std::log10(range / 4)));
  return power * (range / 4 >= 5 * power ? 5 : range / 4 >= 2 * power ? 2 : 1);
}

void draw_axes(Canvas& canvas, const Frame& frame, const std::string& x_title, const std::string& y_title) {
  const double right = frame.left + frame.width;
  const double bottom = frame.top + frame.height;
  const double x_step = tick_step(frame.x_end);
  for (double value = 0; value <= frame.x_end * (1 + 1e-9); value += x_step) {
    canvas.line({{frame.x(value), bottom}, {frame.x(value), bottom + 5}}, ink, 1);
    canvas.text(frame.x(value), bottom + 18, fmt::format("{:g}", value), letters, Anchor::middle);
  }
  const double low = std::min(frame.y_begin, frame.y_end);
  const double high = std::max(frame.y_begin, frame.y_end);
  const double y_step = tick_step(high - low);
  for (double value = low; value <= high + (high - low) * 1e-9; value += y_step) {
    canvas.line({{frame.left - 5, frame.y(value)}, {frame.left, frame.y(value)}}, ink, 1);
    canvas.text(frame.left - 8, frame.y(value) + 4.5, fmt::format("{:g}", value), letters, Anchor::right);
  }
  canvas.line({{frame.left, frame.top},
               {right, frame.top},
               {right, bottom},
               {frame.left, bottom},
               {frame.left, frame.top - 0.5}},
              ink, 1);
  canvas.text(frame.left + frame.width / 2, bottom + 36, x_title, letters, Anchor::middle);
  canvas.upward_text(frame.left - 58, frame.top + frame.height / 2, y_title, letters);
}

/// `value` (0 … 1 along the bar) to colour; `ticks`: place and label.
void draw_colour_bar(Canvas& canvas, double left, double top, const std::string& title, auto colour,
                     const std::vector<std::pair<double, std::string>>& ticks) {
  constexpr int steps = 192;
  std::vector<Colour> colours;
  for (int row = 0; row < 6; ++row)
    for (int step = 0; step < steps; ++step) colours.push_back(colour((step + 0.5) / steps));
  canvas.squares(left, top, 2, steps, colours);  // as long as a side of a map
  canvas.line(
      {{left, top}, {left + map_size, top}, {left + map_size, top + 12}, {left, top + 12}, {left, top - 0.5}},
      ink, 1);
  for (const auto& [place, label] : ticks)
    canvas.text(left + place * map_size, top + 27, label, letters, Anchor::middle);
  canvas.text(left + map_size / 2, top + 45, title, letters, Anchor::middle);
}

double exponential(double place) {
  return weight_domain[0] * std::pow(weight_domain[1] / weight_domain[0], place);
}

void draw_weight_bar(Canvas& canvas, double left, double top) {
  draw_colour_bar(canvas, left, top, "weight × n: 1 is uniform, white is none",
                  [](double place) { return weight_colour(exponential(place)); },
                  {{0, "≤ 0.01"}, {0.25, "0.1"}, {0.5, "1"}, {0.75, "10"}, {1, "≥ 100"}});
}

void draw_difference_bar(Canvas& canvas, double left, double top) {
  draw_colour_bar(canvas, left, top, "change of weight × n: blue is less, red more",
                  [](double place) { return difference_colour(difference_at(2 * place - 1)); },
                  {{0, "≤ −100"}, {0.25, "−1"}, {0.5, "0"}, {0.75, "1"}, {1, "≥ 100"}});
}

void draw_map(Canvas& canvas, double left, const std::string& title, const std::vector<Colour>& colours,
              std::int64_t bins, const Shape& shape) {
  canvas.text(left, maps_top - 12, title, letters + 1, Anchor::left, map_size);
  const int side = static_cast<int>(map_size / static_cast<double>(bins));
  const double size = side * static_cast<double>(bins);
  canvas.squares(left, maps_top, side, static_cast<int>(bins), colours);
  draw_axes(canvas,
            {left, maps_top, size, size, static_cast<double>(shape.seqlen_k), 0,
             static_cast<double>(shape.seqlen_q)},
            "key", "query");
}

void draw_profile(Canvas& canvas, double left, double top, double width, const std::string& title,
                  const Shape& shape,
                  const std::vector<std::pair<const std::vector<double>*, Colour>>& profiles) {
  double most = 0;
  for (const auto& [values, colour] : profiles)
    for (const double value : *values)
      if (value > most) most = value;
  const Frame frame{
      left, top, width, profile_height, static_cast<double>(shape.seqlen_q), most > 0 ? most * 1.08 : 1, 0};
  canvas.text(left, top - 10, title, letters + 1, Anchor::left, width);
  bool dashed = false;
  for (const auto& [values, colour] : profiles) {
    const auto count = static_cast<double>(values->size());
    std::vector<std::pair<double, double>> points;
    for (std::size_t bin = 0; bin < values->size(); ++bin)
      if (!std::isnan((*values)[bin]))
        points.emplace_back(frame.x((static_cast<double>(bin) + 0.5) * frame.x_end / count),
                            frame.y((*values)[bin]));
    canvas.line(points, colour, 1.8, dashed ? std::vector<double>{6, 3} : std::vector<double>{});
    dashed = true;
  }
  draw_axes(canvas, frame, "query", "");
}

std::vector<Colour> colours_of(const std::vector<double>& values, Colour (*colour)(double)) {
  std::vector<Colour> colours;
  for (const double value : values) colours.push_back(colour(value));
  return colours;
}

}  // namespace

std::string draw_heatmap(PictureFormat format, const Heatmap& heatmap, const Cell& cell) {
  const Shape& shape = cell.problem.shape;
  const bool is_exact = heatmap.exact_variant == cell.variant.name();
  const int panels = is_exact ? 1 : 3;
  const double panel_width = axis_room + map_size + gap;
  const double width = std::max(panels, 2) * panel_width;
  const double bars_top = maps_top + map_size + 56;
  const double profiles_top = bars_top + 100;
  Canvas canvas(format, width, profiles_top + profile_height + 56);
  canvas.text(axis_room, 34, cell.variant.name(), 20, Anchor::left, width - axis_room - gap);
  canvas.text(
      axis_room, 58,
      fmt::format("n = {}, head {}, {}, {}, d = {}, seed {}; {} × {} bins, each the mean of its weights",
                  shape.seqlen_q == shape.seqlen_k
                      ? fmt::format("{}", shape.seqlen_k)
                      : fmt::format("{} queries × {} keys", shape.seqlen_q, shape.seqlen_k),
                  heatmap.head, cell.input.name(), to_string(cell.problem.dtype), shape.head_dim, cell.seed,
                  heatmap.variant.bins, heatmap.variant.bins),
      letters + 1, Anchor::left, width - axis_room - gap);
  const auto left = [&](int panel) { return panel * panel_width + axis_room; };
  const std::int64_t bins = heatmap.variant.bins;
  int panel = 0;
  if (!is_exact) {
    draw_map(canvas, left(panel), "exact: " + heatmap.exact_variant,
             colours_of(heatmap.exact.weights, weight_colour), bins, shape);
    draw_weight_bar(canvas, left(panel++), bars_top);
  }
  draw_map(canvas, left(panel), (is_exact ? "exact: " : "variant: ") + cell.variant.name(),
           colours_of(heatmap.variant.weights, weight_colour), bins, shape);
  draw_weight_bar(canvas, left(panel++), bars_top);
  if (!is_exact) {
    std::vector<double> difference = heatmap.variant.weights;
    for (std::size_t at = 0; at < difference.size(); ++at) difference[at] -= heatmap.exact.weights[at];
    draw_map(canvas, left(panel), "difference: variant − exact", colours_of(difference, difference_colour),
             bins, shape);
    draw_difference_bar(canvas, left(panel), bars_top);
  }
  std::vector<std::pair<const std::vector<double>*, Colour>> entropies{
      {&heatmap.variant.entropy, variant_colour}};
  std::vector<std::pair<const std::vector<double>*, Colour>> distances{
      {&heatmap.variant.mean_distance, variant_colour}};
  if (!is_exact) {
    entropies.emplace_back(&heatmap.exact.entropy, exact_colour);
    distances.emplace_back(&heatmap.exact.mean_distance, exact_colour);
  }
  const double half = width / 2 - axis_room - gap;
  const std::string key = is_exact ? "" : " (blue: variant, dashed red: exact)";
  draw_profile(canvas, axis_room, profiles_top, half, "Entropy of the rows, nats" + key, shape, entropies);
  draw_profile(canvas, width / 2 + axis_room, profiles_top, half,
               "Mean distance from query to key, keys" + key, shape, distances);
  return canvas.finish();
}

}  // namespace attnlab
