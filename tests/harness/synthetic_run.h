// Synthetic runs of any size, made from one record of a real sweep.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>

namespace attnlab {

/// Creates directory/records.jsonl with `count` valid records: the cells of a grid of variants, lengths,
/// dtypes, threads and seeds, one in a thousand with a twin. Everything is copied from `real` except shapes,
/// names and times. Times grow with n squared, with noise of 0.25 % from `noise_seed`, so that two runs have
/// the same cells.
void write_synthetic_run(const std::filesystem::path& directory, const nlohmann::ordered_json& real,
                         std::int64_t count, std::uint64_t noise_seed);

}  // namespace attnlab
