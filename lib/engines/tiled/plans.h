// The drivers of the tiled engine, one for each kind of normaliser.
#pragma once

#include <cstdint>
#include <memory>

#include "engines/engine.h"

namespace attnlab {

/// FlashAttention's schedule (arXiv:2205.14135): running maximum and sum, output rescaled as they move.
std::unique_ptr<Plan> make_online_plan(const Variant& variant, const Problem& problem, Workspace& workspace);
std::int64_t online_workspace_bytes(const Variant& variant, const Problem& problem);

/// One pass that keeps what may be on the support, one solve a row, and the values of the support alone.
std::unique_ptr<Plan> make_threshold_plan(const Variant& variant, const Problem& problem,
                                          Workspace& workspace);
std::int64_t threshold_workspace_bytes(const Variant& variant, const Problem& problem);

}  // namespace attnlab
