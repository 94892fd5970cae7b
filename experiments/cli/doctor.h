// attnlab doctor: the machine, and what about it would spoil figures.
#pragma once

#include "options/options.h"

namespace attnlab {

int doctor_command(const Settings& settings);

}  // namespace attnlab
