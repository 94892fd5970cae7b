// Modifiers: the logits of one row to other logits, or the weights of one row to other weights.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "definitions/call.h"

namespace definitions {

/// What is known of the row that a modifier works on.
struct ModifiedRow {
  std::int64_t head = 0, heads = 1;
  double position = 0;        ///< of the query among the keys
  std::vector<double> keys;   ///< positions of the visible keys
  double sequence = 0;        ///< keys of the sequence, visible or not
  std::vector<double> query;  ///< as it is stored
};

struct Modifier {
  /// Whether it changes the weights that the normaliser made, not the logits before.
  bool after_normaliser = false;
  /// In place: one number for each visible key.
  std::function<void(const Call&, std::vector<double>&, const ModifiedRow&, const Parameters&)> apply;
  /// Whether it leaves a key to the row; empty if it leaves all.
  std::function<bool(const Call&, double key, const ModifiedRow&, const Parameters&)> sees = {};
};

/// By the name of the modifier.
const std::map<std::string, Modifier>& modifiers();

}  // namespace definitions
