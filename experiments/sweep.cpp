#include "sweep.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <map>

#include "attnlab_build.h"
#include "core/argument_error.h"
#include "engines/registry.h"
#include "inputs/input.h"
#include "measure/machine.h"
#include "prediction.h"
#include "progress.h"
#include "records.h"
#include "resume.h"
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

std::vector<Cell> make_checked_grid(const Settings& settings) {
  std::vector<Cell> cells = make_grid(settings);
  for (const Cell& cell : cells) require_inputs(cell);
  return cells;
}

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
  if (settings.has("retry-failed") && !settings.has("resume"))
    throw ArgumentError("retry-failed", "yes", "only with --resume");
  catch_interrupts();
  if (settings.has("dry-run")) return dry_run(make_checked_grid(settings), make_limits(settings));
  if (!settings.has("out")) throw ArgumentError("out", "", "a directory for the records");
  // What is not given on a new run is looked up once, so that a resumed one has the same cells.
  const auto settled = [&](const Json& run) {
    Settings all = run.is_null() ? settings : resumed_settings(settings, run);
    all.fall_back("threads", fmt::format("{}", this_machine().cores));
    return all;
  };
  // A grid that cannot be made leaves no directory behind.
  if (!std::filesystem::exists(std::filesystem::path(settings.text("out")) / "run.json"))
    make_checked_grid(settings);
  RunDirectory directory(settings.text("out"), settings.has("resume"));
  const Settings asked = settled(directory.run());
  std::vector<Cell> cells = make_checked_grid(asked);
  choose_heatmaps(cells);
  if (directory.run().is_null())
    directory.begin({{"schema", schema_version},
                     {"attnlab", ATTNLAB_VERSION},
                     {"arguments", arguments},
                     {"options", asked.all()},
                     {"cells", cells.size()},
                     {"started_at", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)))}});
  const Limits limits = make_limits(asked);
  ResumeKeys resume;
  std::vector<std::string> keys;
  for (const Cell& cell : cells) keys.push_back(resume.of(cell));
  Progress progress(static_cast<std::int64_t>(cells.size()));
  Pace pace;
  std::vector<Json> records;
  try {
    std::map<std::string, Json> standing = standing_records(directory, keys, settings.has("retry-failed"));
    for (std::size_t at = 0; at < cells.size(); ++at) {
      const Cell& cell = cells[at];
      progress.begin(cell.label());
      Json record;
      if (const auto found = standing.find(keys[at]); found != standing.end()) {
        record = std::move(found->second);
        progress.skip();
      } else {
        record = predict(cell, limits, pace.predict(cell));
        if (record.at("status") == "") record = run_in_worker(cell, limits);
        record["resume_key"] = keys[at];
        directory.append(record);
        progress.end(record.at("status"),
                     record.at("reason").is_null() ? "" : record.at("reason").get<std::string>());
      }
      pace.learn(cell, record);
      records.push_back(std::move(record));
    }
  } catch (const Interrupted&) {
    progress.finish();
    fmt::print(stderr, "attnlab: interrupted; {} of {} cells are in {}; --resume runs the others\n",
               records.size(), cells.size(), directory.file().string());
    return 130;
  } catch (const RecordError& error) {
    progress.finish();
    fmt::print(stderr, "attnlab: {}\n", error.what());
    return 3;
  }
  progress.finish();
  print_table(records);
  fmt::print("\nrecords: {}\n", directory.file().string());
  return std::any_of(records.begin(), records.end(), is_failure) ? 3 : 0;
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
