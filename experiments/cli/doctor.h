// attnlab doctor: the machine, and conditions that would spoil measurements.
#pragma once

#include "options/options.h"

namespace attnlab {

int doctor_command(const Settings& settings);

}  // namespace attnlab
