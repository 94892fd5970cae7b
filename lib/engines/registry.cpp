#include "attnlab/engines/registry.h"

#include <array>

#include "attnlab/core/argument_error.h"
#include "attnlab/engines/onednn/onednn.h"
#include "attnlab/engines/reference/reference.h"
#include "attnlab/engines/tiled/tiled.h"

namespace attnlab {

namespace {

constexpr std::array<Backend, 4> backend_table{{
    {"full", "onednn", "exact, O(n^2) memory: whole n x n matrices, as in textbooks and most scripts"},
    {"chunked", "tiled", "exact, O(n) memory: tiles of queries and keys"},
    {"window", "tiled", "local attention: adds window(512) to a pattern without window or chunk_local"},
    {"sparse", "tiled",
     "regularised sparse attention, exact, O(n) memory: entmax(1.5) or another sparse normaliser"},
}};

template <class Range, class Name>
auto& find_named(std::string_view what, std::string_view name, const Range& range, Name name_of) {
  std::vector<std::string> names;
  for (auto& entry : range) {
    if (name_of(entry) == name) return entry;
    names.emplace_back(name_of(entry));
  }
  throw unknown_name(what, name, name, names);
}

}  // namespace

std::span<const Engine* const> engines() {
  static const std::array<const Engine*, 3> table{&reference_engine(), &onednn_engine(), &tiled_engine()};
  return table;
}

const Engine& find_engine(std::string_view name) {
  return *find_named("engine", name, engines(), [](const Engine* engine) { return engine->name(); });
}

std::span<const Backend> backends() { return backend_table; }

const Backend& find_backend(std::string_view name) {
  return find_named("backend", name, backend_table, [](const Backend& backend) { return backend.name; });
}

Variant make_variant(const VariantParts& parts, const Backend* backend) {
  const std::string_view family = backend ? backend->name : std::string_view{};
  Variant variant;
  if (parts.score) variant.score = Score::parse(*parts.score);
  if (parts.modifiers) variant.modifiers = parse_modifiers(*parts.modifiers);
  if (parts.pattern) variant.pattern = Pattern::parse(*parts.pattern);
  if (family == "window" && !variant.pattern.uses("window") && !variant.pattern.uses("chunk_local"))
    variant.pattern = variant.pattern & Pattern::parse("window(512)");
  if (parts.normaliser) {
    variant.normaliser = Normaliser::parse(*parts.normaliser);
    const NormaliserKind kind = variant.normaliser.kind();
    if (family == "sparse" && kind != NormaliserKind::row_threshold && kind != NormaliserKind::full_row)
      throw ArgumentError("normaliser", *parts.normaliser,
                          "no key gets a weight of exactly 0, which backend sparse needs",
                          "a sparse normaliser, such as sparsemax or entmax(1.5)");
  } else if (family == "sparse") {
    variant.normaliser = Normaliser::parse("entmax(1.5)");
  }
  return variant;
}

}  // namespace attnlab
