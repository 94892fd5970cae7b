// A variant is score x modifiers x pattern x normaliser. It is a mathematical definition, independent of
// engines and machines.
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
  /// that order, each optional (defaults: scaled_dot, no modifier, full, softmax). Throws ArgumentError.
  static Variant parse(std::string_view text);

  /// The canonical name: score, modifiers joined by `+`, pattern unless full, and normaliser, joined by `|`.
  std::string name() const;
};

/// Parses `softcap(30)+alibi`; empty text and `none` give no modifier. They are applied from left to right.
/// Also throws ArgumentError if more than one needs the entropy of the row, since each would need another
/// pass.
std::vector<Modifier> parse_modifiers(std::string_view text);
std::string modifiers_name(const std::vector<Modifier>& modifiers);

/// Whether a modifier multiplies weights after the normaliser; the modifiers that change logits before it.
bool has_factors(const Variant& variant);
std::vector<Modifier> logit_modifiers(const Variant& variant);

/// Whether a modifier leaves only some of the visible keys to a row.
bool leaves_keys(const Variant& variant);

/// The keys that query i of query head `head` sees: those visible by the pattern that `facts` leave to the
/// row; all of them if `facts` is null.
KeySet visible_keys(const Pattern& pattern, const Shape& shape, std::int64_t head, std::int64_t i,
                    const RowFacts* facts);
/// Those in `range`, which has at most KeyBits::capacity keys. Allocates nothing.
KeyBits visible_keys_within(const Pattern& pattern, const Shape& shape, std::int64_t head, std::int64_t i,
                            const RowFacts* facts, KeyRange range);
/// Their number. Allocates nothing.
std::int64_t count_visible_keys(const Pattern& pattern, const Shape& shape, std::int64_t head, std::int64_t i,
                                const RowFacts* facts);

/// Throws ArgumentError (`pattern`) if the variant does not fit the shape.
void validate(const Variant& variant, const Shape& shape);

/// Learned parameters of the score and of the modifiers.
std::vector<WeightShape> weight_shapes(const Variant& variant, const Shape& shape);

/// The exact counterpart of `variant`: the same score and modifiers of logits with softmax over all keys, or
/// over all past keys if `variant` is causal.
Variant exact_counterpart(const Variant& variant, const Shape& shape);

}  // namespace attnlab
