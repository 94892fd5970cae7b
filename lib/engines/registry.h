// The one table that names the engines, and the backends: what a user types.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attnlab/engines/engine.h"

namespace attnlab {

std::span<const Engine* const> engines();

/// Throws ArgumentError (argument `engine`) with the nearest names.
const Engine& find_engine(std::string_view name);

/// A named pairing of an engine and a family of variants.
struct Backend {
  std::string_view name;
  std::string_view engine;
  std::string_view summary;
};

std::span<const Backend> backends();

/// Throws ArgumentError (argument `backend`) with the nearest names.
const Backend& find_backend(std::string_view name);

/// Parts of a variant as a user gives them; an absent part takes the backend's default.
struct VariantParts {
  std::optional<std::string> score, modifiers, pattern, normaliser;
};

/// The variant of `parts` under `backend`, which may be null (plain defaults: scaled_dot, full, softmax).
/// `window` adds window(512) to a pattern that has no window and no chunk_local in it; `sparse` takes
/// entmax(1.5), and only normalisers of kind row_threshold and full_row. Throws ArgumentError.
Variant make_variant(const VariantParts& parts, const Backend* backend);

}  // namespace attnlab
