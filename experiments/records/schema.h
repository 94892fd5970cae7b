// The record's schema (results/SCHEMA.md) as a table, and what an older record lacks of it.
#pragma once

#include <string>
#include <vector>

#include "cell/cell.h"
#include "options/options.h"

namespace attnlab {

/// What is wrong with a record of the present schema, a sentence each; empty: nothing.
std::vector<std::string> violations(const Json& record);

/// A record of schema 1 as one of the present schema: what it did not record is null. Throws ArgumentError
/// (`migrate`) for other schemas.
Json migrated(Json record);

/// attnlab validate DIR: every line of the directory's records against the schema. The exit status: 0, or 3.
int validate_command(const Settings& settings);

/// attnlab migrate DIR: lifts records of an older schema; the old file stays beside the new one.
int migrate_command(const Settings& settings);

}  // namespace attnlab
