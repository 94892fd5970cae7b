#include "cell/run_cell.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <dnnl.hpp>
#include <utility>

#include "attnlab/core/argument_error.h"
#include "attnlab/core/isa.h"
#include "attnlab/dispersion/summary.h"
#include "attnlab/engines/onednn_info.h"
#include "attnlab/engines/registry.h"
#include "attnlab/inputs/npy.h"
#include "attnlab/measure/cgroup.h"
#include "attnlab/measure/heap.h"
#include "attnlab/measure/machine.h"
#include "attnlab/measure/resident.h"
#include "attnlab/measure/sampler.h"
#include "attnlab/oracle/oracle.h"
#include "attnlab/oracle/output_error.h"
#include "attnlab/oracle/pair.h"
#include "attnlab_build.h"
#include "cell/cell_inputs.h"
#include "cell/doubts.h"
#include "cell/heatmap.h"
#include "cell/needle_weight.h"
#include "cell/rounds.h"

namespace attnlab {

namespace {

constexpr std::int64_t least_error_rows = 64;
constexpr std::int64_t error_products = std::int64_t{1} << 27;  ///< about a second of float64 arithmetic

/// Number of query rows of each head that are checked: more than error_rows if that is cheap. A pairwise
/// score costs much more than a product.
std::int64_t error_rows(const Variant& variant, const Shape& shape) {
  if (variant.score.kind() == ScoreKind::pairwise) return least_error_rows;
  const std::int64_t row_products =
      shape.batch * shape.heads * shape.seqlen_k * (shape.head_dim + shape.head_dim_v);
  return std::max(least_error_rows, error_products / row_products);
}

/// Number of threads that OpenMP starts for a cell with `asked` threads; OMP_THREAD_LIMIT and OMP_DYNAMIC
/// lower it.
int threads_that_run(int asked) {
  int threads = 1;
#pragma omp parallel num_threads(asked)
  if (omp_get_thread_num() == 0) threads = omp_get_num_threads();
  return threads;
}

/// Everything that a pass needs.
struct Prepared {
  const Engine& engine;
  const Variant variant;
  const Problem problem;
  const CellInputs given;
  Tensor output;

  Inputs inputs() const { return given.view(); }
};

/// The record's `filter`: shares are of `visible_pairs`.
Json filter_json(const FilterCounts& counts, std::int64_t visible_pairs) {
  const auto part = [](std::int64_t count, std::int64_t of) {
    return of > 0 ? Json(static_cast<double>(count) / static_cast<double>(of)) : Json();
  };
  return {{"approximated", counts.approximated_rows > 0},
          {"approximated_rows", part(counts.approximated_rows, counts.rows)},
          {"appended", part(counts.appended, visible_pairs)},
          {"passed", part(counts.passed, visible_pairs)},
          {"support", part(counts.support, visible_pairs)},
          {"solves_per_row", part(counts.solves, counts.rows)},
          {"whole_rows", part(counts.whole_rows, counts.rows)}};
}

/// `resolution`: error of the measured growth of resident memory; nullopt if it cannot be measured.
/// `filtered` receives the counts of the run.
Json memory_pass(Prepared& prepared, std::optional<std::int64_t> resolution,
                 std::optional<FilterCounts>& filtered) {
  const auto growth = [](std::optional<std::int64_t> peak, std::optional<std::int64_t> before) {
    return peak && before ? Json(*peak - *before) : Json();
  };
  const std::optional<std::int64_t> heap_before = heap_bytes();
  const std::optional<std::int64_t> resident_before = reset_resident_peak() ? resident_bytes() : std::nullopt;
  const std::optional<std::int64_t> file_before = resident_file_bytes();
  reset_heap_peak();
  Workspace workspace;
  const std::unique_ptr<Plan> plan = prepared.engine.plan(prepared.variant, prepared.problem, workspace);
  plan->run(prepared.inputs(), prepared.output.view());
  filtered = plan->filter_counts();
  const Json heap_peak = growth(heap_peak_bytes(), heap_before);
  const Json rss_delta = growth(resident_peak_bytes(), resident_before);
  // Code that runs for the first time becomes resident, too, but is not memory of the engine.
  if (const auto file_after = resident_file_bytes(); resolution && file_before && file_after)
    *resolution += std::max<std::int64_t>(0, *file_after - *file_before);
  Json agrees;
  if (resolution && !rss_delta.is_null())
    agrees = std::abs(rss_delta.get<std::int64_t>() - workspace.bytes()) <= *resolution;
  return {{"workspace_bytes", workspace.bytes()},
          {"workspace_predicted_bytes", prepared.engine.workspace_bytes(prepared.variant, prepared.problem)},
          {"heap_peak_bytes", heap_peak},
          {"rss_delta_bytes", rss_delta},
          {"rss_resolution_bytes", resolution ? Json(*resolution) : Json()},
          {"rss_agrees", agrees},
          {"inputs_bytes", tensor_bytes(prepared.problem)}};
}

/// Takes one sample and adds the wall time of all calls to `measured_ms`.
Json time_pass(Prepared& prepared, const Cell& cell, double& measured_ms) {
  Workspace workspace;
  const std::unique_ptr<Plan> plan = prepared.engine.plan(prepared.variant, prepared.problem, workspace);
  const Inputs inputs = prepared.inputs();
  const Sample taken = sample([&] { plan->run(inputs, prepared.output.view()); }, cell.min_time_s);
  measured_ms += taken.work_ns * 1e-6;
  return to_json(RoundSample{taken, 0, {}});
}

/// Shares of weight in the distance buckets that occur in this shape.
Json distance_mass(const DispersionSummary& summary, const Shape& shape) {
  const std::int64_t farthest =
      std::max(shape.position(shape.seqlen_q - 1), std::abs(shape.position(0) - (shape.seqlen_k - 1)));
  const auto shown = [&](const std::array<double, distance_buckets>& mass) {
    return std::vector<double>(mass.begin(),
                               mass.begin() + static_cast<std::ptrdiff_t>(distance_bucket(farthest)) + 1);
  };
  Json json{{"mean", shown(summary.distance_mass)}, {"per_head", Json::array()}};
  for (const auto& head : summary.distance_mass_per_head) json["per_head"].push_back(shown(head));
  return json;
}

Json statistics_pass(Prepared& prepared, std::string& path) {
  Workspace workspace;
  const std::unique_ptr<Plan> plan = prepared.engine.plan(prepared.variant, prepared.problem, workspace);
  path = plan->path();
  const Shape& shape = prepared.problem.shape;
  std::vector<RowStatistics> rows(static_cast<std::size_t>(shape.batch * shape.heads * shape.seqlen_q));
  Tensor output(prepared.problem.dtype, shape.output());
  plan->run_with_statistics(prepared.inputs(), output.view(), rows);
  const DispersionSummary summary = summarise(rows, shape.batch * shape.heads);
  Json json{{"per_head", Json::object()},  {"mean", Json::object()},
            {"quantiles", Json::object()}, {"distance_mass", distance_mass(summary, shape)},
            {"rows", summary.rows},        {"rows_without_keys", summary.rows_without_keys}};
  for (std::size_t s = 0; s < statistic_names.size(); ++s) {
    const std::string name(statistic_names[s]);
    for (const auto& head : summary.per_head) json["per_head"][name].push_back(head[s]);
    json["mean"][name] = summary.mean[s];
    json["quantiles"][name] = summary.quantiles[s];
  }
  return json;
}

Difference difference(const std::vector<double>& values, const std::vector<double>& reference) {
  Difference result;
  for (std::size_t at = 0; at < values.size(); ++at) result.add(values[at], reference[at]);
  return result;
}

/// `against` of the record, without the name.
Json against_json(const PairRows& pair, std::int64_t heads) {
  const auto mean = [](std::span<const RowDivergence> rows, std::size_t d) {
    double sum = 0;
    double count = 0;
    for (const RowDivergence& row : rows) {
      if (!std::isfinite(row.values[d])) continue;
      sum += row.values[d];
      count += 1;
    }
    return sum / count;
  };
  const std::span<const RowDivergence> rows(pair.divergences);
  const std::size_t rows_per_head = rows.size() / static_cast<std::size_t>(heads);
  const Difference output = difference(pair.output, pair.baseline_output);
  Json json{{"rows", rows_per_head},
            {"mean", Json::object()},
            {"per_head", Json::object()},
            {"infinite_kl_rows",
             std::count_if(rows.begin(), rows.end(),
                           [](const RowDivergence& row) { return std::isinf(row[Divergence::kl]); })},
            {"output", {{"max_abs", output.max_abs()}, {"relative_l2", output.relative_l2()}}}};
  for (std::size_t d = 0; d < divergence_infos.size(); ++d) {
    const std::string name(divergence_infos[d].name);
    json["mean"][name] = mean(rows, d);
    for (std::size_t first = 0; first < rows.size(); first += rows_per_head)
      json["per_head"][name].push_back(mean(rows.subspan(first, rows_per_head), d));
  }
  return json;
}

/// `error.worst` of the record; null if no row could be checked.
Json worst_row(const OutputError& found) {
  if (found.determined_rows == 0) return nullptr;
  const RowError& worst = found.worst;
  return {{"ratio", worst.ratio()}, {"error_l2", worst.error}, {"budget_l2", worst.budget},
          {"batch", worst.batch},   {"head", worst.head},      {"query", worst.query}};
}

/// Adds what the cell read and the threads that it got, with warnings.
void add_circumstances(const Prepared& prepared, const Cell& cell, Json& record) {
  const QkvTensors& tensors = *prepared.given.tensors;
  const auto text_or_null = [](const std::optional<std::string>& text) {
    return text ? Json(*text) : Json();
  };
  record["input"]["checksum"] = tensors.checksum();
  record["input"]["cu_seqlens_checksum"] = text_or_null(cu_seqlens_checksum(cell));
  record["input"]["score_weights_checksum"] = text_or_null(weights_checksum(cell, prepared.given.weights));
  const std::int64_t nonfinite = tensors.nonfinite();
  record["input"]["nonfinite"] = nonfinite;
  if (tensors.overflowed > 0)
    record["warnings"].push_back(
        fmt::format("{} values of Q, K and V are finite in the input but too large for {}: the conversion "
                    "made them infinite",
                    tensors.overflowed, to_string(cell.problem.dtype)));
  if (nonfinite > tensors.overflowed)
    record["warnings"].push_back(
        fmt::format("{} NaN or infinite values in Q, K and V", nonfinite - tensors.overflowed));
  for (std::string& doubt : doubts(cell, cpu_quota(find_cgroup())))
    record["warnings"].push_back(std::move(doubt));
  const int threads = threads_that_run(cell.problem.threads);
  record["machine"]["threads"] = threads;
  if (threads < cell.problem.threads)
    record["warnings"].push_back(fmt::format(
        "only {} of {} threads ran: OpenMP is limited by its environment", threads, cell.problem.threads));
}

/// Adds warnings for conditions in `error` that may spoil the figures.
void add_error_warnings(Json& record) {
  const Json& error = record["error"];
  const Json& cell = record["cell"];
  const std::int64_t checked = error["rows"].get<std::int64_t>() * cell["batch"].get<std::int64_t>() *
                               cell["heads"].get<std::int64_t>();
  const auto warn = [&](std::string warning) { record["warnings"].push_back(std::move(warning)); };
  if (const auto beyond = error["rows_beyond"].get<std::int64_t>(); beyond > 0)
    warn(fmt::format("{} of {} checked rows are beyond their error budget: no speed-up is shown", beyond,
                     checked));
  if (error["worst"].is_null())
    warn("no row could be checked against its error budget: no speed-up is shown");
  if (const auto overflowed = error["rows_overflowed"].get<std::int64_t>(); overflowed > 0)
    warn(fmt::format("the output of {} of {} checked rows overflows {}", overflowed, checked,
                     cell["dtype"].get<std::string>()));
  if (const auto left_out = error["undetermined_rows"].get<std::int64_t>(); left_out > 0)
    warn(fmt::format("{} of {} checked rows are left out of the error: rounding decides which keys they keep",
                     left_out, checked));
}

/// Output and weights of the variant on a few rows of every head, in float64, against the engine's output,
/// the exact counterpart's and the baseline's.
void add_errors(const Prepared& prepared, const Cell& cell, Json& record) {
  const Variant& variant = prepared.variant;
  const Problem& problem = prepared.problem;
  const Inputs inputs = prepared.inputs();
  const ExactRows right = exact_rows(variant, problem, inputs,
                                     spread_rows(problem.shape.seqlen_q, error_rows(variant, problem.shape)));
  const Variant exact = exact_counterpart(variant, problem.shape);
  const Variant baseline = baseline_of(cell);
  const ScoreWeights baseline_weights = load_weights(cell, baseline);
  Inputs baseline_inputs = inputs;
  baseline_inputs.weights = &baseline_weights;
  PairRows pair;
  if (baseline.name() == variant.name()) {
    // A variant is no distance from itself, and need not be computed twice to say so.
    pair.output = right.output;
    pair.baseline_output = pair.output;
    pair.divergences.resize(pair.output.size() / static_cast<std::size_t>(problem.shape.head_dim_v));
  } else {
    pair = compare_rows({variant, inputs}, {baseline, baseline_inputs}, problem, right.rows);
  }
  const OutputError against_oracle = output_error(prepared.output.view(), right);
  record["error"] = {{"max_abs", against_oracle.error.max_abs()},
                     {"relative_l2", against_oracle.error.relative_l2()},
                     {"within_budget", against_oracle.within_budget()},
                     {"rows", right.rows.size()},
                     {"undetermined_rows", against_oracle.undetermined_rows},
                     {"rows_beyond", against_oracle.rows_beyond},
                     {"rows_overflowed", against_oracle.rows_overflowed},
                     {"worst", worst_row(against_oracle)}};
  const Difference deviation =
      difference(pair.output, exact.name() == variant.name() ? pair.output
                              : exact.name() == baseline.name()
                                  ? pair.baseline_output
                                  : output_rows<Oracle>(exact, problem, inputs, right.rows));
  record["deviation"] = {{"relative_l2", deviation.relative_l2()},
                         {"max_abs", deviation.max_abs()},
                         {"exact_variant", exact.name()}};
  record["against"] = Json{{"variant", baseline.name()}};
  record["against"].update(against_json(pair, problem.shape.batch * problem.shape.heads));
}

/// The record's `machine`; run_cell fills in what is null.
Json machine_json() {
  const Machine machine = this_machine();
  return {{"cpu", machine.cpu},
          {"cores", machine.cores},
          {"memory_bytes", machine.memory_bytes},
          {"threads", nullptr},
          {"level", to_string(isa_level())},
          {"onednn_level", onednn_level()},
          {"onednn_version", onednn_version()},
          {"path", nullptr}};
}

std::atomic<const char*> part_of_cell = "";

/// Calls `run`; what() of its OutOfMemory is `part`.
template <class Run>
auto with_memory(const char* part, Run run) {
  part_of_cell = part;
  try {
    return run();
  } catch (const std::bad_alloc&) {
    throw OutOfMemory(part);
  } catch (const dnnl::error& error) {
    if (error.status == dnnl_out_of_memory) throw OutOfMemory(part);
    throw;
  }
}

constexpr const char* inputs_part = "inputs and output";
constexpr const char* engine_part = "workspace and heap of the engine";
constexpr const char* statistics_part = "the statistics of all rows";
constexpr const char* oracle_part = "the rows of the float64 oracle";

}  // namespace

std::string part_in_progress() { return part_of_cell.load(); }

Json record_header(const Cell& cell) {
  const Variant& variant = cell.variant;
  const Shape& shape = cell.problem.shape;
  Json record{{"schema", schema_version},
              {"id", cell.id()},
              {"resume_key", nullptr},
              {"group", nullptr},
              {"backend", cell.backend ? Json(*cell.backend) : Json()},
              {"engine", cell.engine},
              {"variant", variant.name()},
              {"score", variant.score.name()},
              {"modifiers", modifiers_name(variant.modifiers)},
              {"pattern", variant.pattern.name()},
              {"normaliser", variant.normaliser.name()},
              {"status", "ok"},
              {"reason", nullptr},
              {"warnings", Json::array()},
              {"cell",
               {{"batch", shape.batch},
                {"heads", shape.heads},
                {"kv_heads", shape.kv_heads},
                {"seqlen_q", shape.seqlen_q},
                {"seqlen_k", shape.seqlen_k},
                {"head_dim", shape.head_dim},
                {"head_dim_v", shape.head_dim_v},
                {"dtype", to_string(cell.problem.dtype)},
                {"threads", cell.problem.threads},
                {"seed", cell.seed},
                {"score_weights", cell.score_weights},
                {"cu_seqlens", cell.cu_seqlens},
                {"rounds", cell.rounds},
                {"min_time_s", cell.min_time_s},
                {"twin", cell.twin}}},
              {"input",
               {{"name", cell.input.name()},
                {"checksum", nullptr},
                {"nonfinite", nullptr},
                {"cu_seqlens_checksum", nullptr},
                {"score_weights_checksum", nullptr}}}};
  const std::int64_t pairs = shape.batch * visible_pairs(variant.pattern, shape);
  record["work"] = {{"visible_pairs", pairs}, {"flops", 2 * pairs * (shape.head_dim + shape.head_dim_v)}};
  for (const char* name :
       {"time", "memory", "error", "deviation", "against", "dispersion", "filter", "heatmap"})
    record[name] = nullptr;
  record["machine"] = machine_json();
  record["build"] = {{"compiler", "GCC " __VERSION__},
                     {"flags", ATTNLAB_BUILD_FLAGS},
                     {"type", ATTNLAB_BUILD_TYPE},
                     {"git_revision", ATTNLAB_GIT_REVISION},
                     {"git_dirty", ATTNLAB_GIT_DIRTY < 0 ? Json() : Json(ATTNLAB_GIT_DIRTY == 1)}};
  record["started_at"] = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
  record["elapsed_ms"] = nullptr;
  record["measured_ms"] = nullptr;
  return record;
}

PredictedBytes predicted_bytes(const Cell& cell) {
  const Shape& shape = cell.problem.shape;
  const std::int64_t rows = shape.batch * shape.heads * shape.seqlen_q;
  // A row has its statistics, and one of them in a list for means and quantiles. A value has two norms.
  const std::int64_t statistics =
      rows * static_cast<std::int64_t>(sizeof(RowStatistics) + sizeof(double)) +
      rows * shape.head_dim_v * size_bytes(cell.problem.dtype) +
      shape.batch * shape.kv_heads * shape.seqlen_k * 2 * static_cast<std::int64_t>(sizeof(float));
  return {tensor_bytes(cell.problem), find_engine(cell.engine).workspace_bytes(cell.variant, cell.problem),
          statistics};
}

Json run_cell(Passes passes, const Cell& cell, std::shared_ptr<const QkvTensors> tensors) {
  cap_onednn();
  // For parallel regions outside of the engine: more threads than the cell has would spin beside it.
  omp_set_num_threads(cell.problem.threads);
  Json record = record_header(cell);
  const Engine& engine = find_engine(cell.engine);
  const Variant& variant = cell.variant;
  if (const std::optional<Refusal> refusal = engine.refusal(variant, cell.problem)) {
    record["status"] = "refused";
    record["reason"] = refusal->reason;
    return record;
  }
  Prepared prepared = with_memory(inputs_part, [&] {
    if (!tensors) tensors = load_tensors(cell);
    return Prepared{engine, variant, cell.problem, load_inputs(cell, tensors),
                    Tensor(cell.problem.dtype, cell.problem.shape.output())};
  });
  double measured_ms = 0;
  const auto measured = [&](const char* part, const auto& pass) {
    const auto start = std::chrono::steady_clock::now();
    Json figures = with_memory(part, pass);
    measured_ms +=
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    return figures;
  };
  if (passes == Passes::time) {
    record["time"] = with_memory(engine_part, [&] { return time_pass(prepared, cell, measured_ms); });
    record["measured_ms"] = measured_ms;
    return record;
  }
  with_memory(inputs_part, [&] { add_circumstances(prepared, cell, record); });
  const std::optional<std::int64_t> resolution = resident_resolution_bytes(cell.problem.threads);
  std::optional<FilterCounts> filtered;
  record["memory"] = measured(engine_part, [&] { return memory_pass(prepared, resolution, filtered); });
  if (filtered) record["filter"] = filter_json(*filtered, record["work"]["visible_pairs"]);
  record["time"] = with_memory(engine_part, [&] { return time_pass(prepared, cell, measured_ms); });
  std::string path;
  record["dispersion"] = measured(statistics_part, [&] { return statistics_pass(prepared, path); });
  record["machine"]["path"] = path;
  if (!tensors->needles.empty())
    add_needle_weight(variant, cell.problem.shape, tensors->needles, prepared.output.view(),
                      record["dispersion"]);
  measured(oracle_part, [&] {
    add_errors(prepared, cell, record);
    return Json();
  });
  add_error_warnings(record);
  if (cell.heatmap)
    record["heatmap"] = measured("the heatmap", [&] {
      return to_json(make_heatmap(variant, cell.problem, prepared.inputs(), 0), cell.problem.shape);
    });
  record["measured_ms"] = measured_ms;
  if (!cell.save_output.empty()) {
    const Dims shape = cell.problem.shape.output();
    write_npy("save-output", cell.save_output, {shape.begin(), shape.end()},
              read_all(prepared.output.view()));
  }
  return record;
}

}  // namespace attnlab
