#include "harness/synthetic_run.h"

#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <string>

#include "attnlab/core/splitmix.h"

namespace attnlab {

namespace {

using Json = nlohmann::ordered_json;

void set_times(Json& time, double median_ns, SplitMix& noise) {
  time["contaminated"] = 0;
  time["samples_ns"] = time["blocks"] = time["iterations"] = Json::array();
  for (Json& sample : time["samples"]) {
    sample["contaminated"] = Json::array();
    sample["block"] = time["blocks"].size();
    sample["ns"] = median_ns * (1 + 0.005 * (noise.uniform() - 0.5));
    time["samples_ns"].push_back(sample["ns"]);
    time["blocks"].push_back(sample["block"]);
    time["iterations"].push_back(sample["iterations"]);
  }
  for (const char* name : {"median_ns", "low_ns", "high_ns", "min_ns", "max_ns"}) time[name] = median_ns;
}

}  // namespace

void write_synthetic_run(const std::filesystem::path& directory, const Json& real, std::int64_t count,
                         std::uint64_t noise_seed) {
  std::filesystem::create_directories(directory);
  std::ofstream file(directory / "records.jsonl");
  SplitMix noise(noise_seed);
  for (std::int64_t number = 0; number < count; ++number) {
    std::int64_t rest = number;
    const auto choose = [&](std::int64_t choices) {
      const std::int64_t chosen = rest % choices;
      rest /= choices;
      return chosen;
    };
    Json record = real;
    const std::int64_t seqlen = 256 * (1 + choose(20));
    const std::string normaliser = fmt::format("entmax(1.{:02})", 1 + choose(25));
    const std::int64_t half = choose(2);
    const std::int64_t threads = 1 + choose(2);
    const std::int64_t seed = 1 + rest;
    record["id"] = fmt::format("{:016x}", number);
    // A sweep makes one heatmap for each variant, and there are 25 variants.
    if (number % 400 != 0) record["heatmap"] = nullptr;
    record["resume_key"] = record["id"];
    record["group"] = fmt::format("{:08x}{:08x}", noise_seed, seqlen * 1000 + seed * 10 + 2 * half + threads);
    record["variant"] = "scaled_dot|causal|" + normaliser;
    record["normaliser"] = normaliser;
    Json& cell = record["cell"];
    cell["seqlen_q"] = cell["seqlen_k"] = seqlen;
    cell["dtype"] = half == 1 ? "bf16" : "f32";
    cell["threads"] = threads;
    cell["seed"] = seed;
    const double time_ns = std::pow(static_cast<double>(seqlen), 2) / static_cast<double>(threads);
    set_times(record["time"], time_ns, noise);
    file << record.dump() << '\n';
    if (number % 1000 != 0) continue;
    cell["twin"] = true;
    record["id"] = fmt::format("{:016x}", number + (std::int64_t{1} << 40));
    set_times(record["time"], time_ns, noise);
    file << record.dump() << '\n';
  }
}

}  // namespace attnlab
