#include "heatmap/canvas.h"

#include <cairo-pdf.h>
#include <cairo-svg.h>

#include <cstdint>
#include <cstring>
#include <stdexcept>

#include "attnlab/core/argument_error.h"

namespace attnlab {

namespace {

constexpr double pdf_scale = 72.0 / 96;  // PDF counts in points
constexpr double png_scale = 2;  // pixels a unit, for sharp text in print and on high-resolution screens

cairo_status_t append(void* bytes, const unsigned char* data, unsigned length) {
  static_cast<std::string*>(bytes)->append(reinterpret_cast<const char*>(data), length);
  return CAIRO_STATUS_SUCCESS;
}

void check(cairo_status_t status) {
  if (status != CAIRO_STATUS_SUCCESS)
    throw std::runtime_error(std::string("drawing: ") + cairo_status_to_string(status));
}

cairo_surface_t* make_surface(PictureFormat format, double width, double height, std::string& bytes) {
  if (format == PictureFormat::png)
    return cairo_image_surface_create(CAIRO_FORMAT_RGB24, static_cast<int>(width * png_scale),
                                      static_cast<int>(height * png_scale));
  if (format == PictureFormat::pdf)
    return cairo_pdf_surface_create_for_stream(append, &bytes, width * pdf_scale, height * pdf_scale);
  cairo_surface_t* const surface = cairo_svg_surface_create_for_stream(append, &bytes, width, height);
  cairo_svg_surface_set_document_unit(surface, CAIRO_SVG_UNIT_PX);
  return surface;
}

std::uint32_t rgb24(Colour colour) {
  const auto byte = [](double channel) { return static_cast<std::uint32_t>(channel * 255 + 0.5); };
  return byte(colour.red) << 16 | byte(colour.green) << 8 | byte(colour.blue);
}

}  // namespace

PictureFormat picture_format(const std::string& file) {
  if (file.ends_with(".png")) return PictureFormat::png;
  if (file.ends_with(".svg")) return PictureFormat::svg;
  if (file.ends_with(".pdf")) return PictureFormat::pdf;
  throw ArgumentError("out", file, "unknown picture format", picture_files);
}

Canvas::Canvas(PictureFormat format, double width, double height)
    : format_(format),
      surface_(make_surface(format, width, height, bytes_), cairo_surface_destroy),
      context_(cairo_create(surface_.get()), cairo_destroy) {
  check(cairo_status(context_.get()));
  if (format == PictureFormat::png) cairo_scale(context_.get(), png_scale, png_scale);
  if (format == PictureFormat::pdf) cairo_scale(context_.get(), pdf_scale, pdf_scale);
  cairo_select_font_face(context_.get(), "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
  rectangle(0, 0, width, height, {1, 1, 1});
}

void Canvas::line(const std::vector<std::pair<double, double>>& points, Colour colour, double width,
                  const std::vector<double>& dash) {
  cairo_set_source_rgb(context_.get(), colour.red, colour.green, colour.blue);
  cairo_set_line_width(context_.get(), width);
  cairo_set_dash(context_.get(), dash.data(), static_cast<int>(dash.size()), 0);
  for (const auto& [x, y] : points) cairo_line_to(context_.get(), x, y);
  cairo_stroke(context_.get());
}

void Canvas::rectangle(double x, double y, double width, double height, Colour colour) {
  cairo_set_source_rgb(context_.get(), colour.red, colour.green, colour.blue);
  cairo_rectangle(context_.get(), x, y, width, height);
  cairo_fill(context_.get());
}

void Canvas::text(double x, double y, const std::string& text, double size, Anchor anchor, double room) {
  cairo_set_source_rgb(context_.get(), 0.1, 0.11, 0.12);
  cairo_set_font_size(context_.get(), size);
  cairo_text_extents_t extents;
  cairo_text_extents(context_.get(), text.c_str(), &extents);
  if (extents.x_advance > room) {
    cairo_set_font_size(context_.get(), size * room / extents.x_advance);
    cairo_text_extents(context_.get(), text.c_str(), &extents);
  }
  const double before = anchor == Anchor::left ? 0 : anchor == Anchor::middle ? 0.5 : 1;
  cairo_move_to(context_.get(), x - before * extents.x_advance, y);
  cairo_show_text(context_.get(), text.c_str());
  cairo_new_path(context_.get());
}

double Canvas::text_width(const std::string& text, double size) {
  cairo_set_font_size(context_.get(), size);
  cairo_text_extents_t extents;
  cairo_text_extents(context_.get(), text.c_str(), &extents);
  return extents.x_advance;
}

void Canvas::polygon(const std::vector<std::pair<double, double>>& points, Colour fill, Colour colour,
                     double width) {
  for (const auto& [x, y] : points) cairo_line_to(context_.get(), x, y);
  cairo_close_path(context_.get());
  cairo_set_source_rgb(context_.get(), fill.red, fill.green, fill.blue);
  cairo_fill_preserve(context_.get());
  cairo_set_source_rgb(context_.get(), colour.red, colour.green, colour.blue);
  cairo_set_line_width(context_.get(), width);
  cairo_set_dash(context_.get(), nullptr, 0, 0);
  cairo_stroke(context_.get());
}

void Canvas::upward_text(double x, double y, const std::string& shown, double size) {
  cairo_save(context_.get());
  cairo_translate(context_.get(), x, y);
  cairo_rotate(context_.get(), -1.57079632679489661923);
  text(0, 0, shown, size, Anchor::middle);
  cairo_restore(context_.get());
}

void Canvas::squares(double x, double y, int side, int columns, const std::vector<Colour>& colours) {
  const int rows = static_cast<int>(colours.size()) / columns;
  const std::unique_ptr<cairo_surface_t, decltype(&cairo_surface_destroy)> image(
      cairo_image_surface_create(CAIRO_FORMAT_RGB24, columns * side, rows * side), cairo_surface_destroy);
  check(cairo_surface_status(image.get()));
  unsigned char* const pixels = cairo_image_surface_get_data(image.get());
  const int stride = cairo_image_surface_get_stride(image.get());
  for (int down = 0; down < rows * side; ++down)
    for (int across = 0; across < columns * side; ++across) {
      const std::uint32_t pixel =
          rgb24(colours[static_cast<std::size_t>(down / side * columns + across / side)]);
      std::memcpy(pixels + down * stride + across * 4, &pixel, sizeof pixel);
    }
  cairo_surface_mark_dirty(image.get());
  cairo_set_source_surface(context_.get(), image.get(), x, y);
  cairo_pattern_set_filter(cairo_get_source(context_.get()), CAIRO_FILTER_NEAREST);
  cairo_paint(context_.get());
}

std::string Canvas::finish() {
  check(cairo_status(context_.get()));
  if (format_ == PictureFormat::png)
    check(cairo_surface_write_to_png_stream(surface_.get(), append, &bytes_));
  context_.reset();
  cairo_surface_finish(surface_.get());
  check(cairo_surface_status(surface_.get()));
  return bytes_;
}

}  // namespace attnlab
