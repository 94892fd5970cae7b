// attnlab plot: one chart of a run as a picture for a paper.
#pragma once

#include <string>
#include <vector>

#include "heatmap/canvas.h"
#include "options/options.h"

namespace attnlab {

int plot_command(const Settings& settings);

/// The values of --chart.
std::vector<std::string> plot_charts();

/// A point of a line; `low` and `high` are the ends of its interval, or equal to `value`.
struct PlotPoint {
  double n;
  double value;
  double low;
  double high;
  bool disturbed = false;  ///< drawn hollow
};
struct PlotLine {
  std::string name;
  std::size_t style;  ///< colour, dash and shape, as in the report
  std::vector<PlotPoint> points;
};
struct PlotPanel {
  std::string title;  ///< empty: none
  std::vector<PlotLine> lines;
};

/// Returns the bytes of the file. `width` is in inches; all panels have one scale and one legend.
std::string draw_plot(PictureFormat format, double width, const std::string& axis, bool logarithmic,
                      const std::vector<PlotPanel>& panels);

}  // namespace attnlab
