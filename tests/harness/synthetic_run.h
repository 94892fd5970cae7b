// Runs of any size: records that a sweep could have written, made of one that a sweep did write.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>

namespace attnlab {

/// Writes `count` valid records to directory/records.jsonl, which is made: the cells of a grid of variants,
/// lengths, dtypes, threads and seeds, one in a thousand with a twin beside it. All is `real` but for places,
/// names and times; times go with n squared, with noise of 0.25 % by `noise_seed`, so that two runs have the
/// same cells.
void write_synthetic_run(const std::filesystem::path& directory, const nlohmann::ordered_json& real,
                         std::int64_t count, std::uint64_t noise_seed);

}  // namespace attnlab
