#include "report/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <set>

namespace attnlab {

namespace {

using Points = std::vector<std::pair<double, double>>;

constexpr double unit = 96;                   // units of the canvas an inch
constexpr double letters = 8 * unit / 72;     // 8 pt
constexpr double row = 1.35 * letters;        // height of a line of text
constexpr double mark = 2.6;                  // half the size of a mark
constexpr double left_room = 4.2 * letters;   // for the labels and the title of the y axis
constexpr double below_room = 2.9 * letters;  // for those of the x axis
constexpr double right_room = 1.7 * letters;  // for half of the last label of the x axis
constexpr double sample = 24;                 // length of a line in the legend
constexpr Colour ink{0.1, 0.11, 0.12};
constexpr Colour faint{0.87, 0.88, 0.9};
constexpr Colour white{1, 1, 1};

/// The colours, dashes and shapes of charts.js.
constexpr std::array<Colour, 8> colours{{{0.761, 0.306, 0},
                                         {0, 0.447, 0.698},
                                         {0, 0.475, 0.353},
                                         {0.627, 0.290, 0.518},
                                         {0.478, 0.365, 0},
                                         {0.227, 0.247, 0.278},
                                         {0.039, 0.498, 0.627},
                                         {0.490, 0.247, 0.769}}};
const std::vector<std::vector<double>> dashes{
    {}, {7, 3}, {2, 2}, {9, 3, 2, 3}, {4, 2}, {12, 3}, {5, 2, 1, 2, 1, 2}};

Points circle() {
  Points points;
  for (int at = 0; at < 20; ++at)
    points.emplace_back(std::cos(at * std::numbers::pi / 10), std::sin(at * std::numbers::pi / 10));
  return points;
}
const std::vector<Points> shapes{circle(),
                                 {{-.85, -.85}, {.85, -.85}, {.85, .85}, {-.85, .85}},
                                 {{0, -1.1}, {1, .8}, {-1, .8}},
                                 {{0, -1.2}, {.9, 0}, {0, 1.2}, {-.9, 0}},
                                 {{0, 1.1}, {1, -.8}, {-1, -.8}},
                                 {{-1, -.35},
                                  {-.35, -.35},
                                  {-.35, -1},
                                  {.35, -1},
                                  {.35, -.35},
                                  {1, -.35},
                                  {1, .35},
                                  {.35, .35},
                                  {.35, 1},
                                  {-.35, 1},
                                  {-.35, .35},
                                  {-1, .35}},
                                 {{-1.1, 0}, {.8, -1}, {.8, 1}},
                                 {{1.1, 0}, {-.8, -1}, {-.8, 1}}};

void draw_mark(Canvas& canvas, double x, double y, std::size_t style, bool hollow) {
  const Colour colour = colours[style % colours.size()];
  Points points = shapes[(style + style / colours.size()) % shapes.size()];
  for (auto& [across, down] : points) {
    across = x + mark * across;
    down = y + mark * down;
  }
  canvas.polygon(points, hollow ? white : colour, colour, 0.8);
}

/// An axis from `low` to `high`, along `start` to `end` on the canvas.
struct Scale {
  double low, high, start, end;
  bool logarithmic;

  double at(double value) const {
    const double share =
        logarithmic ? std::log(value / low) / std::log(high / low) : (value - low) / (high - low);
    return start + share * (end - start);
  }
};

struct Tick {
  double value;
  bool labelled;
};

/// Powers of ten with labels, or 1, 2 and 5 times them where there are few, and minor ticks between.
std::vector<Tick> ticks_of(const Scale& scale) {
  std::vector<Tick> ticks;
  if (!scale.logarithmic) {
    const double power = std::pow(10, std::floor(std::log10(scale.high / 4)));
    const double step = scale.high / 4 >= 5 * power   ? 5 * power
                        : scale.high / 4 >= 2 * power ? 2 * power
                                                      : power;
    for (int at = 0; at * step <= scale.high; ++at) ticks.push_back({at * step, true});
    return ticks;
  }
  const bool few = scale.high / scale.low < 300;
  for (double power = std::pow(10, std::floor(std::log10(scale.low))); power <= scale.high; power *= 10)
    for (int step = 1; step < 10; ++step)
      if (const double value = power * step; value >= scale.low && value <= scale.high)
        ticks.push_back({value, step == 1 || (few && (step == 2 || step == 5))});
  return ticks;
}

std::string label_of(double value) {
  return value >= 1e5 || value < 1e-3 ? fmt::format("{:.0e}", value) : fmt::format("{:g}", value);
}

/// Labels of lengths, as many as fit without touching each other.
void draw_lengths(Canvas& canvas, const std::set<double>& lengths, const Scale& x, double bottom) {
  double free_from = 0;
  for (const double n : lengths) {
    canvas.line({{x.at(n), bottom}, {x.at(n), bottom + 3}}, ink, 0.8);
    const std::string label = fmt::format("{:.0f}", n);
    const double half = canvas.text_width(label, letters) / 2;
    if (x.at(n) - half < free_from) continue;
    canvas.text(x.at(n), bottom + 3 + letters, label, letters, Anchor::middle);
    free_from = x.at(n) + half + 0.4 * letters;
  }
}

/// `axis`: the title of the y axis; empty: it has neither title nor labels, which are those of the panel
/// before.
void draw_axes(Canvas& canvas, const Scale& x, const Scale& y, const std::set<double>& lengths,
               const std::string& axis) {
  for (const Tick& tick : ticks_of(y)) {
    const double at = y.at(tick.value);
    if (tick.labelled) {
      canvas.line({{x.start, at}, {x.end, at}}, faint, 0.5);
      if (!axis.empty())
        canvas.text(x.start - 5, at + 0.35 * letters, label_of(tick.value), letters, Anchor::right);
    }
    canvas.line({{x.start - (tick.labelled ? 3.5 : 2), at}, {x.start, at}}, ink, tick.labelled ? 0.8 : 0.5);
  }
  draw_lengths(canvas, lengths, x, y.start);
  canvas.line({{x.start, y.end}, {x.start, y.start}, {x.end, y.start}}, ink, 0.8);
  canvas.text((x.start + x.end) / 2, y.start + below_room - 0.4 * letters, "sequence length n", letters,
              Anchor::middle);
  if (!axis.empty()) canvas.upward_text(letters, (y.start + y.end) / 2, axis, letters);
}

void draw_line(Canvas& canvas, const PlotLine& line, const Scale& x, const Scale& y) {
  const Colour colour = colours[line.style % colours.size()];
  Points points;
  for (const PlotPoint& point : line.points) points.emplace_back(x.at(point.n), y.at(point.value));
  canvas.line(points, colour, 1.1, dashes[line.style % dashes.size()]);
  for (const PlotPoint& point : line.points) {
    if (point.low < point.high)
      canvas.line({{x.at(point.n), y.at(point.low)}, {x.at(point.n), y.at(point.high)}}, colour, 0.8);
    draw_mark(canvas, x.at(point.n), y.at(point.value), line.style, point.disturbed);
  }
}

/// Names of the lines and their places, in rows of the given width; returns the number of rows.
std::vector<std::pair<const PlotLine*, std::pair<double, int>>> arrange_legend(
    Canvas& canvas, const std::vector<PlotPanel>& panels, double width, int& rows) {
  std::vector<std::pair<const PlotLine*, std::pair<double, int>>> places;
  std::set<std::string> seen;
  double x = 0;
  rows = 1;
  for (const PlotPanel& panel : panels)
    for (const PlotLine& line : panel.lines) {
      if (!seen.insert(line.name).second) continue;
      const double needs = sample + 4 + canvas.text_width(line.name, letters);
      if (x > 0 && x + needs > width) {
        x = 0;
        ++rows;
      }
      places.push_back({&line, {x, rows - 1}});
      x += needs + letters;
    }
  return places;
}

/// The range of all values with their intervals, with some room.
Scale y_scale(const std::vector<PlotPanel>& panels, bool logarithmic, double top, double bottom) {
  double low = INFINITY;
  double high = -INFINITY;
  for (const PlotPanel& panel : panels)
    for (const PlotLine& line : panel.lines)
      for (const PlotPoint& point : line.points) {
        low = std::min(low, point.low);
        high = std::max(high, point.high);
      }
  return logarithmic ? Scale{low / 1.3, high * 1.3, bottom, top, true}
                     : Scale{0, high > 0 ? high * 1.08 : 1, bottom, top, false};
}

}  // namespace

std::string draw_plot(PictureFormat format, double width_inches, const std::string& axis, bool logarithmic,
                      const std::vector<PlotPanel>& panels) {
  const double width = width_inches * unit;
  const double gap = 2 * letters;
  const auto count = static_cast<double>(panels.size());
  // Only the first panel has labels and a title of the y axis.
  const double panel_width = (width - left_room - right_room - (count - 1) * gap) / count;
  const double top = panels.front().title.empty() ? 4 : row + 4;
  const double bottom = top + 0.72 * std::min(panel_width, 3 * unit);
  int rows = 0;
  Canvas measure(PictureFormat::svg, width, unit);
  const auto legend = arrange_legend(measure, panels, width - left_room, rows);
  Canvas canvas(format, width, bottom + below_room + rows * row + 4);
  std::set<double> lengths;
  for (const PlotPanel& panel : panels)
    for (const PlotLine& line : panel.lines)
      for (const PlotPoint& point : line.points) lengths.insert(point.n);
  const double widen = lengths.size() > 1 ? std::pow(*lengths.rbegin() / *lengths.begin(), 0.04) : 2;
  const Scale y = y_scale(panels, logarithmic, top, bottom);
  for (std::size_t at = 0; at < panels.size(); ++at) {
    const double left = left_room + static_cast<double>(at) * (panel_width + gap);
    const Scale x{*lengths.begin() / widen, *lengths.rbegin() * widen, left, left + panel_width, true};
    if (!panels[at].title.empty())
      canvas.text(left + panel_width / 2, letters, panels[at].title, letters, Anchor::middle, panel_width);
    draw_axes(canvas, x, y, lengths, at == 0 ? axis : "");
    for (const PlotLine& line : panels[at].lines) draw_line(canvas, line, x, y);
  }
  for (const auto& [line, place] : legend) {
    const double x = left_room + place.first;
    const double middle = bottom + below_room + (place.second + 0.5) * row;
    canvas.line({{x, middle}, {x + sample, middle}}, colours[line->style % colours.size()], 1.1,
                dashes[line->style % dashes.size()]);
    draw_mark(canvas, x + sample / 2, middle, line->style, false);
    canvas.text(x + sample + 4, middle + 0.35 * letters, line->name, letters, Anchor::left,
                width - left_room - sample - 4);
  }
  return canvas.finish();
}

}  // namespace attnlab
