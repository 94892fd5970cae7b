#include "heatmap/command.h"

#include <fmt/format.h>

#include "cell/cell_inputs.h"
#include "heatmap/picture.h"
#include "records/whole_file.h"

namespace attnlab {

namespace {

Cell one_cell(Settings settings) {
  // A cell has these settings, although this command has no such options and times nothing.
  for (const char* name : {"rounds", "min-time"})
    settings.fall_back(name, std::string(option_named(name).fallback));
  const std::vector<Cell> cells = make_grid(settings);
  if (cells.size() != 1)
    throw UsageError(fmt::format("heatmap takes one cell; these options make {} cells", cells.size()));
  require_inputs(cells.front());
  return cells.front();
}

}  // namespace

int heatmap_command(const Settings& settings) {
  const std::string& file = settings.required("out", picture_files);
  const PictureFormat format = picture_format(file);
  const Cell cell = one_cell(settings);
  require_writable("out", file);
  const Shape& shape = cell.problem.shape;
  const std::int64_t head = settings.integer("head", 0, shape.batch * shape.heads - 1);
  const CellInputs inputs = load_inputs(cell, load_tensors(cell));
  const Heatmap heatmap = make_heatmap(cell.variant, cell.problem, inputs.view(), head);
  write_whole("out", file, draw_heatmap(format, heatmap, cell));
  fmt::print("heatmap: {}\n", file);
  return 0;
}

}  // namespace attnlab
