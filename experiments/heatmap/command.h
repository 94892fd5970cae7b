// attnlab heatmap: the attention weights of one head as a picture.
#pragma once

#include "options/options.h"

namespace attnlab {

int heatmap_command(const Settings& settings);

}  // namespace attnlab
