// Modifiers map the logits of one row to logits, or its weights to weights.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "definitions/call.h"

namespace definitions {

/// Facts of the row that a modifier may use.
struct ModifiedRow {
  std::int64_t head = 0, heads = 1;
  double position = 0;        ///< position of the query among the keys
  std::vector<double> keys;   ///< positions of the visible keys
  double sequence = 0;        ///< number of keys of the sequence, visible or not
  std::vector<double> query;  ///< as stored
};

struct Modifier {
  /// Whether it changes the weights after the normaliser instead of the logits.
  bool after_normaliser = false;
  /// Works in place on one number for each visible key.
  std::function<void(const Call&, std::vector<double>&, const ModifiedRow&, const Parameters&)> apply;
  /// Whether it leaves a key to the row; empty if it leaves all keys.
  std::function<bool(const Call&, double key, const ModifiedRow&, const Parameters&)> sees = {};
};

/// The definitions by name.
const std::map<std::string, Modifier>& modifiers();

}  // namespace definitions
