#include "sweep.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>

#include "attnlab_build.h"
#include "core/argument_error.h"
#include "engines/registry.h"
#include "inputs/input.h"
#include "measure/machine.h"
#include "progress.h"
#include "records.h"
#include "run_cell.h"
#include "table.h"
#include "worker.h"

namespace attnlab {

namespace {

constexpr std::int64_t largest_heatmap_seqlen = 4096;

Limits make_limits(const Settings& settings) {
  Limits limits;
  limits.time_s = settings.number("time-limit", 0);
  limits.memory_bytes = settings.has("memory-limit")
                            ? settings.bytes("memory-limit")
                            : available_memory_bytes().value_or(this_machine().memory_bytes) / 10 * 8;
  return limits;
}

bool is_failure(const Json& record) {
  const std::string status = record.at("status");
  if (status == "ok") return !record.at("error").at("within_budget").get<bool>();
  return status != "refused" && status != "predicted_too_large" && status != "predicted_too_slow";
}

std::vector<Cell> make_checked_grid(const Settings& settings) {
  std::vector<Cell> cells = make_grid(settings);
  for (const Cell& cell : cells) require_inputs(cell);
  return cells;
}

/// Refusals and predictions that need no worker; an empty status if the cell may run.
Json predict(const Cell& cell, const Limits& limits, double predicted_call_s) {
  Json record = record_header(cell);
  record["elapsed_ms"] = 0;
  const std::optional<Refusal> refusal =
      find_engine(cell.engine).refusal(Variant::parse(cell.variant), cell.problem);
  if (refusal) {
    record["status"] = "refused";
    record["reason"] = refusal->reason;
    return record;
  }
  const std::int64_t bytes = predicted_bytes(cell);
  if (bytes > limits.memory_bytes) {
    record["status"] = "predicted_too_large";
    record["reason"] = fmt::format("inputs, output and workspace take {}, the memory limit is {}",
                                   format_bytes(bytes), format_bytes(limits.memory_bytes));
  } else if (predicted_call_s > limits.time_s) {
    record["status"] = "predicted_too_slow";
    record["reason"] = fmt::format(
        "one call would take {:.0f} s by the cells of the same variant before it, the time limit is {:g} s",
        predicted_call_s, limits.time_s);
  } else {
    record["status"] = "";
  }
  return record;
}

/// What cells share that differ in sequence length alone.
std::string family(const Cell& cell) {
  const Shape& s = cell.problem.shape;
  return fmt::format("{} {} {} {} {} {} {} {} {}", cell.engine, cell.variant, to_string(cell.problem.dtype),
                     cell.problem.threads, s.batch, s.heads, s.head_dim, s.head_dim_v, cell.input);
}

double work_of(const Cell& cell) {
  const Shape& shape = cell.problem.shape;
  return cell.engine == "onednn"
             ? static_cast<double>(shape.seqlen_q) * static_cast<double>(shape.seqlen_k)
             : static_cast<double>(visible_pairs(Variant::parse(cell.variant).pattern, shape));
}

/// Seconds per unit of work_of, by the last cell of each family that ran.
class Pace {
 public:
  void learn(const Cell& cell, const Json& record) {
    if (record.at("status") == "ok")
      pace_[family(cell)] = record.at("time").at("median_ns").get<double>() * 1e-9 / work_of(cell);
  }
  /// 0 where nothing is known.
  double predict(const Cell& cell) const {
    const auto found = pace_.find(family(cell));
    return found == pace_.end() ? 0 : found->second * work_of(cell);
  }

 private:
  std::map<std::string, double> pace_;
};

void choose_heatmaps(std::vector<Cell>& cells) {
  std::map<std::string, Cell*> largest;
  for (Cell& cell : cells)
    if (cell.problem.dtype == DType::f32 &&
        std::max(cell.problem.shape.seqlen_q, cell.problem.shape.seqlen_k) <= largest_heatmap_seqlen)
      largest[cell.variant + cell.input + cell.engine] = &cell;
  for (auto& [name, cell] : largest) cell->heatmap = true;
}

int dry_run(std::vector<Cell> cells, const Limits& limits) {
  fmt::print("{:<14} {:>9} {:>5} {:>7}  {:>10} {:>10}  {}\n", "backend", "n", "dtype", "threads", "bytes",
             "call", "variant");
  Pace pace;
  for (const Cell& cell : cells) {
    const Json prediction = predict(cell, limits, 0);
    std::string time = "-";
    if (prediction.at("status") == "") {
      if (pace.predict(cell) == 0) {
        Cell small = cell;
        const bool captured = Input::parse(cell.input).captured_shape().has_value();
        small.problem.shape.seqlen_q = std::min<std::int64_t>(cell.problem.shape.seqlen_q, 512);
        if (!captured) small.problem.shape.seqlen_k = small.problem.shape.seqlen_q;
        small.rounds = 1;
        const Json record = run_in_worker(small, limits);
        if (record.at("status") == "ok") pace.learn(small, record);
      }
      if (const double seconds = pace.predict(cell); seconds > 0) time = format_seconds(seconds);
    }
    fmt::print("{:<14} {:>9} {:>5} {:>7}  {:>10} {:>10}  {}{}\n", cell.backend.value_or(cell.engine),
               cell.problem.shape.seqlen_q, to_string(cell.problem.dtype), cell.problem.threads,
               format_bytes(predicted_bytes(cell)), time, cell.variant,
               prediction.at("status") == ""
                   ? ""
                   : fmt::format("  [{}]", prediction.at("status").get<std::string>()));
  }
  fmt::print(
      "{} cells. Bytes: inputs, output and workspace, by formula. Call: measured at n = 512 and scaled by "
      "pairs.\n",
      cells.size());
  return 0;
}

}  // namespace

int sweep_command(const Settings& settings, const std::vector<std::string>& arguments) {
  std::vector<Cell> cells = make_checked_grid(settings);
  const Limits limits = make_limits(settings);
  catch_interrupts();
  if (settings.has("dry-run")) return dry_run(std::move(cells), limits);
  choose_heatmaps(cells);
  if (!settings.has("out")) throw ArgumentError("out", "", "a directory for the records");
  Json run{{"schema", 1},
           {"attnlab", ATTNLAB_VERSION},
           {"arguments", arguments},
           {"options", settings.all()},
           {"cells", cells.size()},
           {"started_at", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)))}};
  RecordWriter writer(settings.text("out"), run);
  Progress progress(static_cast<std::int64_t>(cells.size()));
  Pace pace;
  std::vector<Json> records;
  bool failed = false;
  try {
    for (const Cell& cell : cells) {
      progress.begin(cell.label());
      Json record = predict(cell, limits, pace.predict(cell));
      if (record.at("status") == "") record = run_in_worker(cell, limits);
      pace.learn(cell, record);
      writer.append(record);
      failed = failed || is_failure(record);
      progress.end(record.at("status"),
                   record.at("reason").is_null() ? "" : record.at("reason").get<std::string>());
      records.push_back(std::move(record));
    }
  } catch (const Interrupted&) {
    progress.finish();
    fmt::print(stderr, "attnlab: interrupted; {} of {} cells are in {}\n", records.size(), cells.size(),
               writer.file().string());
    return 130;
  } catch (const RecordError& error) {
    progress.finish();
    fmt::print(stderr, "attnlab: {}\n", error.what());
    return 3;
  }
  progress.finish();
  print_table(records);
  fmt::print("\nrecords: {}\n", writer.file().string());
  return failed ? 3 : 0;
}

int run_command(const Settings& settings) {
  std::vector<Cell> cells = make_checked_grid(settings);
  if (cells.size() != 1)
    throw ArgumentError("cells", fmt::format("{}", cells.size()),
                        "attnlab run takes one cell; attnlab sweep takes a grid");
  Cell& cell = cells.front();
  if (settings.has("save-output")) cell.save_output = settings.text("save-output");
  catch_interrupts();
  const Limits limits = make_limits(settings);
  Json record = predict(cell, limits, 0);
  try {
    if (record.at("status") == "") record = run_in_worker(cell, limits);
  } catch (const Interrupted&) {
    fmt::print(stderr, "attnlab: interrupted\n");
    return 130;
  }
  if (settings.has("json"))
    fmt::print("{}\n", record.dump(-1, ' ', false, Json::error_handler_t::replace));
  else
    print_summary(record);
  return is_failure(record) || record.at("status") != "ok" ? 3 : 0;
}

}  // namespace attnlab
