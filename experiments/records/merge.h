// attnlab merge: the directories of a sweep that was shared over machines, as one.
#pragma once

#include "options/options.h"

namespace attnlab {

int merge_command(const Settings& settings);

}  // namespace attnlab
