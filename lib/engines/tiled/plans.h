// The plans of the tiled engine, one for each kind of normaliser.
#pragma once

#include <memory>

#include "attnlab/engines/engine.h"

namespace attnlab {

/// FlashAttention's schedule (arXiv:2205.14135): a running maximum and sum; the output is rescaled when the
/// maximum changes.
std::unique_ptr<Plan> make_online_plan(const Variant& variant, const Problem& problem, Workspace& workspace);

/// The same for few queries and many keys: keys are split into parts, which are computed separately and
/// merged in order (Flash-Decoding; arXiv:2112.05682, section 2). Nothing is prepared ahead, since every key
/// and value is read once.
bool suits_split_plan(const Variant& variant, const Problem& problem);
std::unique_ptr<Plan> make_split_plan(const Variant& variant, const Problem& problem, Workspace& workspace);

/// The same tiles without a running maximum: a weight depends only on its logit.
std::unique_ptr<Plan> make_elementwise_plan(const Variant& variant, const Problem& problem,
                                            Workspace& workspace);

/// One pass that keeps the keys that may be on the support, one solve for each row, and only the values of
/// the support.
std::unique_ptr<Plan> make_threshold_plan(const Variant& variant, const Problem& problem,
                                          Workspace& workspace);

/// Whole rows of a few queries at a time, for any normaliser; O(n) memory for each thread.
std::unique_ptr<Plan> make_full_row_plan(const Variant& variant, const Problem& problem,
                                         Workspace& workspace);

}  // namespace attnlab
