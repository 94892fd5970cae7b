// A variant is score x modifiers x pattern x normaliser: pure mathematics, one definition, no machine in it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "attnlab/variants/modifier.h"
#include "attnlab/variants/normaliser.h"
#include "attnlab/variants/pattern.h"
#include "attnlab/variants/score.h"

namespace attnlab {

struct Variant {
  Score score = Score::parse("scaled_dot");
  std::vector<Modifier> modifiers;
  Pattern pattern;
  Normaliser normaliser = Normaliser::parse("softmax");

  /// Parses a canonical name such as `scaled_dot|softcap(30)+alibi|causal&window(512)|entmax(1.5)`: parts in
  /// that order, each may be left out (scaled_dot, no modifier, full, softmax). Throws ArgumentError.
  static Variant parse(std::string_view text);

  /// Canonical name: score, modifiers joined by `+`, pattern unless full, normaliser; joined by `|`.
  std::string name() const;
};

/// Parses `softcap(30)+alibi`; empty text and `none` give no modifier. Applied from left to right. Throws
/// ArgumentError, too, if more than one asks for the row's entropy: each would be a pass of its own.
std::vector<Modifier> parse_modifiers(std::string_view text);
std::string modifiers_name(const std::vector<Modifier>& modifiers);

/// Whether some modifier multiplies weights, after the normaliser; and those that change logits, before it.
bool has_factors(const Variant& variant);
std::vector<Modifier> logit_modifiers(const Variant& variant);

/// Whether some modifier leaves only some of the visible keys to a row.
bool leaves_keys(const Variant& variant);

/// Keys that query i sees: of those that the pattern shows, the ones that `facts` leave to the row; all where
/// `facts` is null.
KeySet visible_keys(const Pattern& pattern, const Shape& shape, std::int64_t i, const RowFacts* facts);

/// Learned parameters of the score and of the modifiers.
std::vector<WeightShape> weight_shapes(const Variant& variant, const Shape& shape);

/// What `variant` approximates: the same score and modifiers of logits under softmax over all keys, or over
/// all past keys where `variant` never looks ahead.
Variant exact_counterpart(const Variant& variant, const Shape& shape);

}  // namespace attnlab
