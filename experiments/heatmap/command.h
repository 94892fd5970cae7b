// attnlab heatmap: where one head of a variant looks, as a picture.
#pragma once

#include "options/options.h"

namespace attnlab {

int heatmap_command(const Settings& settings);

}  // namespace attnlab
