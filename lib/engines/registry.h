// The tables of engines and backends.
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

/// A backend: an engine and a family of variants under one name.
struct Backend {
  std::string_view name;
  std::string_view engine;
  std::string_view summary;
};

std::span<const Backend> backends();

/// Throws ArgumentError (argument `backend`) with the nearest names.
const Backend& find_backend(std::string_view name);

/// Parts of a variant as a user gives them. The backend has a default for an absent part.
struct VariantParts {
  std::optional<std::string> score, modifiers, pattern, normaliser;
};

/// The variant of `parts` for `backend`, which may be null (defaults: scaled_dot, full, softmax). Backend
/// `window` adds window(512) to a pattern without a window or chunk_local. Backend `sparse` has the default
/// entmax(1.5) and allows only normalisers of kinds row_threshold and full_row. Throws ArgumentError.
Variant make_variant(const VariantParts& parts, const Backend* backend);

}  // namespace attnlab
