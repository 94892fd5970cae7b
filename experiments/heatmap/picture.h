// A heatmap as one picture: the maps and their difference, with axes and colour bars, and the profiles below.
#pragma once

#include <string>

#include "cell/cell.h"
#include "cell/heatmap.h"
#include "heatmap/canvas.h"

namespace attnlab {

/// The bytes of a file. A variant that is its own exact counterpart has one map and no difference.
std::string draw_heatmap(PictureFormat format, const Heatmap& heatmap, const Cell& cell);

}  // namespace attnlab
