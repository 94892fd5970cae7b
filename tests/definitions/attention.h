// Attention of one query, by the definitions of its parts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "definitions/call.h"

namespace definitions {

/// The parts of a variant as text; modifiers joined by `+`, or empty.
struct Variant {
  std::string score = "scaled_dot";
  std::string modifiers = "";
  std::string pattern = "full";
  std::string normaliser = "softmax";
};

/// One sequence; q (heads, n_q, d), k (kv_heads, n_k, d), v (kv_heads, n_k, d_v), row-major.
struct Inputs {
  std::int64_t heads = 1, kv_heads = 1, n_q = 1, n_k = 1, d = 1, d_v = 1;
  std::vector<double> q, k, v;
  Parameters learned;
};

/// Results for the visible keys, in ascending order. The output has d_v elements, which are 0 if no key is
/// visible.
struct Row {
  std::vector<std::int64_t> keys;
  std::vector<double> logits, weights, output;
  double largest = 0;  ///< the largest magnitude of a logit before, between and after modifiers
};

Row attend(const Variant& variant, const Inputs& inputs, std::int64_t head, std::int64_t i);

}  // namespace definitions
