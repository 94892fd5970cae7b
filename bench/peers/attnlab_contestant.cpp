// attnlab's contestant for bench/peers/race.py: reads one JSON object a line and answers each with one.
// contestant.py does the same for the peers and describes requests and answers.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "attnlab/core/isa.h"
#include "attnlab/engines/onednn_info.h"
#include "attnlab/inputs/npy.h"
#include "attnlab/measure/resident.h"
#include "support/cases.h"
#include "support/machine_limits.h"

namespace attnlab {

namespace {

using Json = nlohmann::json;

Problem parse_problem(const Json& json) {
  Problem problem;
  problem.shape = {json.at("batch"),    json.at("heads"),    json.at("kv_heads"),  json.at("seqlen_q"),
                   json.at("seqlen_k"), json.at("head_dim"), json.at("head_dim_v")};
  problem.dtype = parse_dtype(json.at("dtype").get<std::string>());
  problem.threads = json.at("threads");
  validate(problem);
  return problem;
}

class Contestant {
 public:
  Json answer(const Json& request) {
    const std::string what = request.at("do");
    if (what == "prepare") return prepare(request);
    if (what == "sample") return sample_case(request.at("min_time_s"));
    if (what == "peak") return peak();
    if (what == "read") return read(request.at("bytes"), request.at("threads"), request.at("min_time_s"));
    if (what == "output") return write_output(request.at("file").get<std::string>());
    if (what == "check") return check(request.at("file").get<std::string>(), request.at("rows"));
    return {{"error", fmt::format("do = {}; one of prepare, sample, peak, read, output, check", what)}};
  }

 private:
  Json prepare(const Json& request) {
    problem_ = parse_problem(request.at("problem"));
    case_.reset();
    case_ = std::make_unique<Case>("tiled", request.at("variant"), problem_, request.at("input"));
    statistics_ = request.value("statistics", false);
    // Growth during one call, as for the peers: inputs exist and compiled code is loaded.
    const bool measurable = reset_resident_peak();
    const std::optional<std::int64_t> before = resident_bytes();
    case_->run();
    const std::optional<std::int64_t> after = resident_peak_bytes();
    return {{"path", case_->path()},
            {"level", to_string(isa_level())},
            {"workspace_bytes", case_->workspace_bytes()},
            {"rss_delta_bytes", measurable && before && after ? Json(*after - *before) : Json()}};
  }

  Json sample_case(double min_time_s) {
    using Clock = std::chrono::steady_clock;
    const auto since = [](Clock::time_point start) {
      return std::chrono::duration<double, std::nano>(Clock::now() - start).count();
    };
    // Calls of this duration need no warm-up; contestant.py uses the same limit.
    if (last_ns_ < 2e8) case_->run();
    const Clock::time_point start = Clock::now();
    std::int64_t iterations = 0;
    double taken = 0;
    do {
      statistics_ ? case_->run_with_statistics() : case_->run();
      ++iterations;
      taken = since(start);
    } while (taken < min_time_s * 1e9);
    last_ns_ = taken / static_cast<double>(iterations);
    return {{"time_ns", last_ns_}, {"iterations", iterations}};
  }

  /// The faster of the kinds of multiply-adds that the dtype of the problem may use.
  Json peak() const {
    const double f32 = peak_gflops(DType::f32, 0.02).value_or(0);
    const double narrow = problem_.dtype == DType::bf16 ? peak_gflops(DType::bf16, 0.02).value_or(0) : 0;
    return {{"gflops", std::max(f32, narrow)}};
  }

  Json read(std::int64_t bytes, int threads, double min_time_s) {
    if (!bandwidth_) bandwidth_ = std::make_unique<ReadBandwidth>(bytes, threads);
    return {{"gigabytes_per_second", bandwidth_->gigabytes_per_second(min_time_s)}};
  }

  Json write_output(const std::string& file) const {
    const TensorView view = case_->output().view();
    write_npy("file", file, {view.shape.begin(), view.shape.end()}, read_all(view));
    return Json::object();
  }

  /// `error` of the record for an output of the prepared case, by any contestant.
  Json check(const std::string& file, std::int64_t rows) const {
    const StoredArray array = open_npy("file", file);
    const OutputError found = case_->error_of(read_floats("file", array, 0, array.count()).values, rows);
    return {{"max_abs", found.error.max_abs()},
            {"relative_l2", found.error.relative_l2()},
            {"within_budget", found.within_budget()},
            {"rows", std::min(rows, problem_.shape.seqlen_q)},
            {"undetermined_rows", found.undetermined_rows},
            {"rows_beyond", found.rows_beyond},
            {"rows_overflowed", found.rows_overflowed},
            {"worst",
             {{"ratio", found.worst.ratio()},
              {"error_l2", found.worst.error},
              {"budget_l2", found.worst.budget},
              {"batch", found.worst.batch},
              {"head", found.worst.head},
              {"query", found.worst.query}}}};
  }

  Problem problem_;
  bool statistics_ = false;
  double last_ns_ = 0;
  std::unique_ptr<Case> case_;
  std::unique_ptr<ReadBandwidth> bandwidth_;
};

}  // namespace

}  // namespace attnlab

int main() {
  if (const char* level = std::getenv("ATTNLAB_ISA"); level != nullptr && *level != '\0')
    attnlab::force_isa_level(attnlab::parse_isa_level(level));
  attnlab::Contestant contestant;
  for (std::string line; std::getline(std::cin, line);) {
    attnlab::Json answer;
    try {
      answer = contestant.answer(attnlab::Json::parse(line));
    } catch (const std::exception& error) {
      answer = {{"error", error.what()}};
    }
    std::cout << answer.dump() << std::endl;
  }
}
