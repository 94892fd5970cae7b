// attnlab merge: joins the directories of a sweep that ran as shards on several machines.
#pragma once

#include "options/options.h"

namespace attnlab {

int merge_command(const Settings& settings);

}  // namespace attnlab
