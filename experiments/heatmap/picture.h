// A heatmap as one picture: both maps and their difference, with axes and colour bars, above the profiles.
#pragma once

#include <string>

#include "cell/cell.h"
#include "cell/heatmap.h"
#include "heatmap/canvas.h"

namespace attnlab {

/// Returns the bytes of the file. A variant that is its own exact counterpart has one map and no difference.
std::string draw_heatmap(PictureFormat format, const Heatmap& heatmap, const Cell& cell);

}  // namespace attnlab
