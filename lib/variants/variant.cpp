#include "attnlab/variants/variant.h"

#include <algorithm>
#include <functional>
#include <iterator>

#include "attnlab/variants/table.h"

namespace attnlab {

namespace {

constexpr std::string_view part_order =
    "score|modifiers|pattern|normaliser in this order, each from `attnlab list`, each optional";

bool is_in(const std::vector<MemberInfo>& infos, std::string_view part) {
  const std::size_t end = part.find_first_of("(+");
  const std::string_view name = part.substr(0, end);
  return std::any_of(infos.begin(), infos.end(), [&](const MemberInfo& info) { return info.name == name; });
}

bool is_pattern(std::string_view part) {
  return part.find_first_of("&!") != std::string_view::npos || part.starts_with('(') ||
         is_in(pattern_infos(), part);
}

}  // namespace

Variant Variant::parse(std::string_view text) {
  Variant variant;
  // Each part belongs to the first table, from that of the previous part on, that has its name.
  int place = 0;
  for (const std::string_view part : split_outside_parentheses(text, '|')) {
    if (place < 1 && is_in(score_infos(), part)) {
      variant.score = Score::parse(part);
      place = 1;
    } else if (place < 2 && is_in(modifier_infos(), part)) {
      variant.modifiers = parse_modifiers(part);
      place = 2;
    } else if (place < 3 && is_pattern(part)) {
      variant.pattern = Pattern::parse(part);
      place = 3;
    } else if (place < 4 && is_in(normaliser_infos(), part)) {
      variant.normaliser = Normaliser::parse(part);
      place = 4;
    } else {
      std::vector<std::string> names;
      for (const auto& infos : {score_infos(), modifier_infos(), pattern_infos(), normaliser_infos()})
        for (const MemberInfo& info : infos) names.emplace_back(info.name);
      const std::string_view name = part.substr(0, part.find('('));
      if (std::find(names.begin(), names.end(), name) == names.end())
        throw unknown_name("variant", text, name, names);
      throw ArgumentError("variant", text, "'" + std::string(part) + "' is out of order", part_order);
    }
  }
  return variant;
}

std::string Variant::name() const {
  std::string name = score.name();
  if (!modifiers.empty()) name += "|" + modifiers_name(modifiers);
  if (!pattern.is_full()) name += "|" + pattern.name();
  return name + "|" + normaliser.name();
}

std::vector<Modifier> parse_modifiers(std::string_view text) {
  std::vector<Modifier> modifiers;
  if (text.empty() || text == "none") return modifiers;
  for (const std::string_view part : split_outside_parentheses(text, '+')) {
    if (!is_in(modifier_infos(), part) && is_pattern(part))
      throw ArgumentError("modifier", part, "it is a pattern", {});
    modifiers.push_back(Modifier::parse(part));
  }
  const auto asks = [](const Modifier& modifier) { return modifier.fact() == RowFact::entropy; };
  if (std::count_if(modifiers.begin(), modifiers.end(), asks) > 1)
    throw ArgumentError("modifier", text, "several modifiers depend on the entropy of a row",
                        "one such modifier");
  return modifiers;
}

bool has_factors(const Variant& variant) {
  return std::any_of(variant.modifiers.begin(), variant.modifiers.end(),
                     [](const Modifier& modifier) { return modifier.has_factor(); });
}

bool leaves_keys(const Variant& variant) {
  return std::any_of(variant.modifiers.begin(), variant.modifiers.end(),
                     [](const Modifier& modifier) { return modifier.leaves_keys(); });
}

KeySet visible_keys(const Pattern& pattern, const Shape& shape, std::int64_t head, std::int64_t i,
                    const RowFacts* facts) {
  if (!facts || facts->keys == RowFacts::every_key) return pattern.keys(shape, head, i);
  return pattern.keys(shape, head, i) & KeySet(facts->keys);
}

KeyBits visible_keys_within(const Pattern& pattern, const Shape& shape, std::int64_t head, std::int64_t i,
                            const RowFacts* facts, KeyRange range) {
  KeyBits keys = pattern.keys_within(shape, head, i, range);
  if (!facts || facts->keys == RowFacts::every_key) return keys;
  KeyBits left(range);
  left.add(facts->keys);
  return keys &= left;
}

std::int64_t count_visible_keys(const Pattern& pattern, const Shape& shape, std::int64_t head, std::int64_t i,
                                const RowFacts* facts) {
  if (pattern.is_of_few_ranges()) return visible_keys(pattern, shape, head, i, facts).count();
  std::int64_t count = 0;
  for (std::int64_t first = 0; first < shape.seqlen_k; first += KeyBits::capacity)
    count += visible_keys_within(pattern, shape, head, i, facts,
                                 {first, std::min(first + KeyBits::capacity, shape.seqlen_k)})
                 .count();
  return count;
}

void validate(const Variant& variant, const Shape& shape) { variant.pattern.validate(shape); }

std::vector<Modifier> logit_modifiers(const Variant& variant) {
  std::vector<Modifier> modifiers;
  std::copy_if(variant.modifiers.begin(), variant.modifiers.end(), std::back_inserter(modifiers),
               [](const Modifier& modifier) { return modifier.changes_logits(); });
  return modifiers;
}

std::string modifiers_name(const std::vector<Modifier>& modifiers) {
  std::string name;
  for (const Modifier& modifier : modifiers) name += (name.empty() ? "" : "+") + modifier.name();
  return name;
}

std::vector<WeightShape> weight_shapes(const Variant& variant, const Shape& shape) {
  std::vector<WeightShape> shapes = variant.score.weight_shapes(shape.head_dim);
  for (const Modifier& modifier : variant.modifiers)
    for (WeightShape& weight : modifier.weight_shapes(shape.heads, shape.head_dim))
      shapes.push_back(std::move(weight));
  return shapes;
}

Variant exact_counterpart(const Variant& variant, const Shape& shape) {
  Variant exact = variant;
  std::erase_if(exact.modifiers,
                [](const Modifier& modifier) { return modifier.has_factor() || modifier.leaves_keys(); });
  exact.pattern = is_causal(variant.pattern, shape) ? Pattern::parse("causal") : Pattern();
  exact.normaliser = Normaliser::parse("softmax");
  return exact;
}

}  // namespace attnlab
