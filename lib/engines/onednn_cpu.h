// The oneDNN engine that all products share.
#pragma once

#include <dnnl.hpp>

namespace attnlab {

/// The CPU engine that all products share. Caps oneDNN first if a level is forced.
const dnnl::engine& onednn_cpu();

}  // namespace attnlab
