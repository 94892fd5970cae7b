// A page to draw on, as PNG, SVG or PDF. Only this file uses Cairo.
#pragma once

#include <cairo.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "heatmap/colours.h"

namespace attnlab {

enum class PictureFormat { png, svg, pdf };
/// By the end of the file's name. Throws ArgumentError (`out`).
PictureFormat picture_format(const std::string& file);
inline constexpr const char* picture_files = "a file name that ends in .png, .svg or .pdf";

enum class Anchor { left, middle, right };

/// Lengths are in units of 1/96 inch, from the upper left corner. Throws std::runtime_error if Cairo fails.
class Canvas {
 public:
  Canvas(PictureFormat format, double width, double height);

  void line(const std::vector<std::pair<double, double>>& points, Colour colour, double width,
            const std::vector<double>& dash = {});
  void rectangle(double x, double y, double width, double height, Colour colour);
  /// `y`: the baseline of the text. The text is drawn smaller than `size` if it would be wider than `room`.
  void text(double x, double y, const std::string& text, double size, Anchor anchor, double room = 1e9);
  double text_width(const std::string& text, double size);
  /// Text that runs upwards, centred at (x, y).
  void upward_text(double x, double y, const std::string& text, double size);
  /// A closed outline, filled with `fill` and drawn in `colour`.
  void polygon(const std::vector<std::pair<double, double>>& points, Colour fill, Colour colour,
               double width);
  /// Squares of size `side` in rows of `columns`, without gaps.
  void squares(double x, double y, int side, int columns, const std::vector<Colour>& colours);

  /// Returns the bytes of the file. Nothing can be drawn afterwards.
  std::string finish();

 private:
  PictureFormat format_;
  std::string bytes_;
  std::unique_ptr<cairo_surface_t, decltype(&cairo_surface_destroy)> surface_;
  std::unique_ptr<cairo_t, decltype(&cairo_destroy)> context_;
};

}  // namespace attnlab
