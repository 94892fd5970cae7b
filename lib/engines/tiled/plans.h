// The plans of the tiled engine, one for each kind of normaliser.
#pragma once

#include <memory>

#include "attnlab/engines/engine.h"

namespace attnlab {

/// FlashAttention's schedule (arXiv:2205.14135): running maximum and sum, output rescaled as they move.
std::unique_ptr<Plan> make_online_plan(const Variant& variant, const Problem& problem, Workspace& workspace);

/// The same for few queries and many keys: the keys are split, each part on its own, and the parts are merged
/// in order (Flash-Decoding; arXiv:2112.05682, section 2). Nothing is prepared ahead: every key and value is
/// read once.
bool suits_split_plan(const Variant& variant, const Problem& problem);
std::unique_ptr<Plan> make_split_plan(const Variant& variant, const Problem& problem, Workspace& workspace);

/// The same tiles without a running maximum: a weight is a function of its own logit.
std::unique_ptr<Plan> make_elementwise_plan(const Variant& variant, const Problem& problem,
                                            Workspace& workspace);

/// One pass that keeps what may be on the support, one solve a row, and the values of the support alone.
std::unique_ptr<Plan> make_threshold_plan(const Variant& variant, const Problem& problem,
                                          Workspace& workspace);

/// Whole rows of a few queries at a time: O(n) memory a thread, whatever the normaliser does with them.
std::unique_ptr<Plan> make_full_row_plan(const Variant& variant, const Problem& problem,
                                         Workspace& workspace);

}  // namespace attnlab
