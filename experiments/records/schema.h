// The schema of records (results/SCHEMA.md) as a table, and the conversion of older records.
#pragma once

#include <string>
#include <vector>

#include "cell/cell.h"
#include "options/options.h"

namespace attnlab {

/// Violations of the present schema, a sentence each; empty if the record is valid.
std::vector<std::string> violations(const Json& record);

/// Converts a record of schema 1 or 2 to the present schema; values that the older one did not record are
/// null. Throws ArgumentError (argument `migrate`) for other schemas, and for records that are not of theirs.
Json migrated(Json record);

/// attnlab validate DIR: checks every record of the directory against the schema. Returns exit status 0, or 3
/// if a record is invalid.
int validate_command(const Settings& settings);

/// attnlab migrate DIR: converts records of an older schema and keeps the old file beside the new one.
int migrate_command(const Settings& settings);

}  // namespace attnlab
