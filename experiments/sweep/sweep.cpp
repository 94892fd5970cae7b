#include "sweep/sweep.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <boost/algorithm/string/replace.hpp>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <functional>
#include <iterator>
#include <map>
#include <regex>
#include <set>

#include "attnlab/core/argument_error.h"
#include "attnlab/measure/cgroup.h"
#include "attnlab/measure/machine.h"
#include "attnlab/version.h"
#include "attnlab_build.h"
#include "cell/cell_inputs.h"
#include "cell/doubts.h"
#include "cell/run_cell.h"
#include "compare/noise_floor.h"
#include "options/notice.h"
#include "process/launcher.h"
#include "records/analysis.h"
#include "records/needle_table.h"
#include "records/quantities.h"
#include "records/records.h"
#include "records/series_names.h"
#include "records/text_table.h"
#include "records/whole_file.h"
#include "sweep/conditions.h"
#include "sweep/group.h"
#include "sweep/prediction.h"
#include "sweep/progress.h"
#include "sweep/resume.h"
#include "sweep/summary.h"
#include "sweep/sweep_table.h"

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

/// Prints the doubts about the cells on standard error, each once.
void print_doubts(const std::vector<Cell>& cells) {
  const std::optional<double> quota = cpu_quota(find_cgroup());
  std::set<std::string> printed;
  for (const Cell& cell : cells)
    for (const std::string& doubt : doubts(cell, quota))
      if (printed.insert(doubt).second) notice("attnlab: warning: {}\n", doubt);
}

/// The cells of the shard that --shard names, or all. Groups are dealt to the shards in turn, so that all
/// shards take about the same time. Throws ArgumentError.
std::vector<Cell> shard_of(std::vector<Cell> cells, const Settings& settings) {
  if (!settings.has("shard")) return cells;
  const std::string& shard = settings.text("shard");
  static const std::regex form("([1-9][0-9]{0,5})/([1-9][0-9]{0,5})");
  std::smatch parts;
  if (!std::regex_match(shard, parts, form) || std::stoi(parts[1]) > std::stoi(parts[2]))
    throw ArgumentError("shard", shard, "not a share of the grid", "I/N with I from 1 to N");
  const int mine = std::stoi(parts[1]) - 1;
  const int count = std::stoi(parts[2]);
  int group = -1;
  std::string key;
  std::vector<Cell> dealt;
  for (const Cell& cell : cells) {
    if (cell.group_key() != key) ++group;
    key = cell.group_key();
    if (group % count == mine) dealt.push_back(cell);
  }
  if (dealt.empty())
    throw ArgumentError("shard", shard, "this share of the grid is empty",
                        fmt::format("at most {} shards: one for each group of cells", group + 1));
  return dealt;
}

void choose_heatmaps(std::vector<Cell>& cells) {
  std::map<std::string, Cell*> largest;
  for (Cell& cell : cells)
    if (cell.problem.dtype == DType::f32 &&
        std::max(cell.problem.shape.seqlen_q, cell.problem.shape.seqlen_k) <= largest_heatmap_seqlen)
      largest[cell.variant.name() + cell.input.name() + cell.engine] = &cell;
  for (auto& [name, cell] : largest) cell->heatmap = true;
}

/// Seconds of one call of the cell, as text: by a shorter cell of its family, which runs unless one has run.
std::string predicted_call(const Cell& cell, Pace& pace, Launcher& launcher) {
  if (pace.predict(cell) == 0) {
    Cell small = cell;
    const bool captured = cell.input.captured_shape().has_value();
    small.problem.shape.seqlen_q = std::min<std::int64_t>(cell.problem.shape.seqlen_q, 512);
    if (!captured) small.problem.shape.seqlen_k = small.problem.shape.seqlen_q;
    const Json record = launcher.run(Passes::time, small);
    if (record.at("status") == "ok") pace.learn(small, record.at("time").at("ns"));
  }
  const double seconds = pace.predict(cell);
  return seconds > 0 ? format_seconds(seconds) : missing;
}

int dry_run(const std::vector<Cell>& cells, const Limits& limits) {
  Pace pace;
  const DeferredInterrupts deferred;
  Launcher launcher(limits);
  std::vector<Json> predictions;
  for (const Cell& cell : cells) predictions.push_back(predict(cell, limits, 0));
  const SeriesNames names(predictions);
  const Conditions conditions(predictions);
  Table table{
      "dry-run",
      names.common(),
      {{"variant", "variant", false}, {"n", "n"}, {"dtype", "dtype", false}},
      {},
      fmt::format("{} cell{}. Bytes: inputs, output, workspace and statistics. Call: measured at n = 512 "
                  "and scaled by pairs.",
                  cells.size(), cells.size() == 1 ? "" : "s")};
  for (const Column& column : conditions.columns()) table.columns.push_back(column);
  table.naming_columns = table.columns.size();
  for (const char* title : {"bytes", "call"}) table.columns.push_back({title, title});
  table.columns.push_back({"", "status", false});
  for (std::size_t at = 0; at < cells.size(); ++at) {
    deferred.check();
    const Json& prediction = predictions[at];
    const std::string status = text_at(prediction, "status");
    std::vector<TableCell>& row = table.rows.emplace_back();
    row = {names.of(prediction), fmt::format("{}", seqlen_of(prediction)), text_at(prediction, "cell.dtype")};
    for (const TableCell& value : conditions.values(prediction)) row.push_back(value);
    row.emplace_back(status == "refused" ? missing : format_bytes(predicted_bytes(cells[at]).sum()));
    row.emplace_back(status.empty() ? predicted_call(cells[at], pace, launcher) : missing);
    row.emplace_back(status);
  }
  fmt::print("{}", to_text(table, text_layout_of(STDOUT_FILENO)));
  return 0;
}

/// Measures the cells of a grid, group by group.
class Sweep {
 public:
  Sweep(std::vector<Cell> cells, const Limits& limits, const StoppingRule& rule, ProgressStyle style)
      : cells_(std::move(cells)),
        limits_(limits),
        rule_(rule),
        records_(cells_.size()),
        progress_(static_cast<std::int64_t>(cells_.size()), style),
        names_([&] {
          std::vector<Series> series;
          for (const Cell& cell : cells_) series.push_back(series_of(cell));
          return series;
        }()) {}

  /// Keeps the records in `standing`, measures the other cells and appends their records. Throws Interrupted
  /// and RecordError.
  void run(std::map<std::string, Json> standing, const std::vector<std::string>& keys,
           RunDirectory& directory) {
    const DeferredInterrupts deferred;
    if (const auto load = disturbing_load(load_average())) notice("attnlab: warning: {}\n", *load);
    for (std::size_t start = 0, end = 0; start < cells_.size(); start = end) {
      end = start + 1;
      while (end < cells_.size() && cells_[end].group_key() == cells_[start].group_key()) ++end;
      const auto keep = [&](std::size_t at, Json record) {
        record["resume_key"] = keys[at];
        directory.append(record);
        progress_.end(label(cells_[at]), record);
        records_[at] = std::move(record);
      };
      std::vector<std::size_t> open;
      std::vector<Cell> group;
      for (std::size_t at = start; at < end; ++at) {
        if (const auto found = standing.find(keys[at]); found != standing.end()) {
          records_[at] = std::move(found->second);
          progress_.skip();
          continue;
        }
        deferred.check();
        Json record = predict(cells_[at], limits_, pace_.predict(cells_[at]));
        if (record.at("status") == "") {
          open.push_back(at);
          group.push_back(cells_[at]);
        } else {
          keep(at, std::move(record));
        }
      }
      measure_group(group, limits_, rule_,
                    {[&](const Cell& cell) { progress_.begin(label(cell)); },
                     [&](std::size_t member, const Json& record) { keep(open[member], record); }});
      for (std::size_t at = start; at < end; ++at)
        if (records_[at].at("status") == "ok")
          pace_.learn(cells_[at], records_[at].at("time").at("median_ns"));
    }
  }

  void finish() { progress_.finish(); }
  std::int64_t done() const { return progress_.done(); }
  /// In the order of the grid.
  const std::vector<Json>& records() const { return records_; }

 private:
  static Series series_of(const Cell& cell) {
    return {"", cell.backend.value_or(cell.engine), cell.variant.name()};
  }
  std::string label(const Cell& cell) const { return cell.label(names_.of(series_of(cell))); }

  const std::vector<Cell> cells_;
  const Limits limits_;
  const StoppingRule rule_;
  std::vector<Json> records_;
  Progress progress_;
  Pace pace_;
  const SeriesNames names_;
};

/// A word that a shell reads as `text`.
std::string shell_word(std::string text) {
  static const std::regex plain("[A-Za-z0-9_./:@%+=-]+");
  if (std::regex_match(text, plain)) return text;
  boost::replace_all(text, "'", "'\\''");
  return "'" + text + "'";
}

/// --out, or a new directory under results that is named after the time.
std::filesystem::path directory_of(const Settings& settings) {
  if (settings.has("out")) return settings.text("out");
  if (settings.has("resume")) throw UsageError("--out is missing: the directory of the run to resume");
  const std::string time = fmt::format("results/{:%Y-%m-%dT%H-%M-%SZ}", fmt::gmtime(std::time(nullptr)));
  std::filesystem::path out = time;
  std::error_code failed;
  for (int number = 2; std::filesystem::exists(out, failed); ++number)
    out = fmt::format("{}-{}", time, number);
  if (!settings.has("quiet")) notice("attnlab: the records go to {}\n", out.string());
  return out;
}

/// Throws for options that cannot start or resume a sweep in `out`, before the directory is created, so that
/// bad options leave nothing behind.
void check_start(const Settings& settings, const std::filesystem::path& out) {
  std::error_code failed;
  if (std::filesystem::exists(out / "run.json", failed)) return;
  if (failed)
    throw ArgumentError("out", out.string(), fmt::format("cannot read the directory: {}", failed.message()),
                        {});
  // With the options of a run, --resume also starts it, so that a job script can be submitted again at any
  // time.
  if (settings.has("resume") && !says_what_to_run(settings))
    throw ArgumentError("out", out.string(), "no run to resume",
                        "a directory that attnlab sweep made, or the options of a new sweep");
  shard_of(make_checked_grid(settings), settings);
  stopping_rule(settings);
}

}  // namespace

int sweep_command(const Settings& settings) {
  if (settings.has("retry-failed") && !settings.has("resume"))
    throw UsageError("--retry-failed needs --resume");
  if (settings.has("dry-run"))
    return dry_run(shard_of(make_checked_grid(settings), settings), make_limits(settings));
  const std::filesystem::path out = directory_of(settings);
  const std::string resume_line = fmt::format("attnlab sweep --resume --out {}", shell_word(out.string()));
  // Machine-dependent defaults are fixed at the start of a run, so that a resumed run has the same cells.
  const auto settled = [&](const Json& run) {
    Settings all = run.is_null() ? settings : resumed_settings(settings, run);
    all.fall_back("threads", fmt::format("{}", this_machine().cores));
    return all;
  };
  check_start(settings, out);
  RunDirectory directory(out, settings.has("resume"));
  const Settings asked = settled(directory.run());
  std::vector<Cell> cells = make_checked_grid(asked);
  print_doubts(cells);
  choose_heatmaps(cells);
  cells = shard_of(std::move(cells), asked);
  add_twins(cells, asked.integer("aa-pairs", 0, 1000000));
  if (directory.run().is_null())
    directory.begin({{"schema", schema_version},
                     {"attnlab", ATTNLAB_VERSION},
                     {"arguments", settings.arguments},
                     {"options", asked.all()},
                     {"cells", cells.size()},
                     {"started_at", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)))}});
  const Limits limits = make_limits(asked);
  ResumeKeys resume;
  std::vector<std::string> keys;
  for (const Cell& cell : cells) keys.push_back(resume.of(cell));
  Sweep sweep(std::move(cells), limits, stopping_rule(asked),
              settings.has("quiet") ? ProgressStyle::quiet : progress_style());
  try {
    sweep.run(standing_records(directory, keys, settings.has("retry-failed")), keys, directory);
  } catch (const Interrupted&) {
    sweep.finish();
    notice("attnlab: interrupted; {} of {} cells are in {}\nnext: {}\n", sweep.done(), keys.size(),
           directory.file().string(), resume_line);
    return exit_status_of_interrupt;
  } catch (const RecordError& error) {
    sweep.finish();
    notice("attnlab: {}\nnext: {}\n", error.what(), resume_line);
    return 3;
  }
  sweep.finish();
  const std::vector<Json>& records = sweep.records();
  print_table(records);
  std::vector<Json> shown;
  std::copy_if(records.begin(), records.end(), std::back_inserter(shown), std::not_fn(is_twin));
  if (const Table needle = make_needle_table(shown); !needle.rows.empty())
    fmt::print("\n{}", to_text(needle, text_layout_of(STDOUT_FILENO)));
  fmt::print("\n{}records: {}\nnext: attnlab report {}\n", disturbed_line(records), directory.file().string(),
             shell_word(out.string()));
  return std::any_of(records.begin(), records.end(), is_failure) ? 3 : 0;
}

namespace {

/// The name by which a worker, whose standard output is another, finds the file.
std::string name_for_workers(const std::filesystem::path& file) {
  for (std::filesystem::path path = file;;) {
    const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
    path = std::filesystem::canonical(folder) / path.filename();
    if (path.string().starts_with("/proc/")) return path.string();
    if (!std::filesystem::is_symlink(path)) return file.string();
    path = folder / std::filesystem::read_symlink(path);
  }
}

}  // namespace

int run_command(const Settings& settings) {
  if (settings.has("brief") && settings.has("json"))
    throw UsageError("--brief and --json: a summary or the record, not both");
  std::vector<Cell> cells = make_checked_grid(settings);
  if (cells.size() != 1)
    throw UsageError(fmt::format(
        "run takes one cell; these options make {} cells (attnlab sweep takes a grid)", cells.size()));
  Cell& cell = cells.front();
  if (settings.has("save-output")) {
    require_writable("save-output", settings.text("save-output"));
    cell.save_output = name_for_workers(settings.text("save-output"));
  }
  const DeferredInterrupts deferred;
  const Limits limits = make_limits(settings);
  Json record = predict(cell, limits, 0);
  if (record.at("status") == "")
    measure_group({cell}, limits, stopping_rule(settings),
                  {[](const Cell&) {}, [&](std::size_t, const Json& measured) { record = measured; }});
  if (settings.has("json"))
    fmt::print("{}\n", record.dump(-1, ' ', false, Json::error_handler_t::replace));
  else if (settings.has("brief"))
    print_brief_summary(record);
  else
    print_summary(record);
  return is_failure(record) || record.at("status") != "ok" ? 3 : 0;
}

}  // namespace attnlab
