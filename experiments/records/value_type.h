// Types of values in records, for checks of the schema.
#pragma once

#include "cell/cell.h"

namespace attnlab {

enum class Type { text, whole, number, boolean, numbers, wholes, objects, texts, object };

/// The type in words, such as `a list of numbers`.
const char* name_of(Type type);

bool has_type(const Json& value, Type type);

}  // namespace attnlab
