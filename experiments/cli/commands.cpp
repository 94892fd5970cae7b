#include "cli/commands.h"

#include <initializer_list>

#include "cli/completion.h"
#include "cli/doctor.h"
#include "cli/list.h"
#include "cli/man_page.h"
#include "compare/compare.h"
#include "heatmap/command.h"
#include "records/export.h"
#include "records/merge.h"
#include "records/schema.h"
#include "report/report.h"
#include "sweep/sweep.h"

namespace attnlab {

namespace {

std::vector<std::string_view> with_cell_options(std::initializer_list<std::string_view> more) {
  std::vector<std::string_view> names = cell_options();
  names.insert(names.end(), more);
  return names;
}

constexpr std::string_view cell_status =
    "0 all well; 2 usage; 3 failed cells; 130 interrupted. Refusals and predictions are no failure in a "
    "sweep.";

}  // namespace

const std::vector<Command>& commands() {
  static const std::vector<Command> table{
      {"list",
       list_command,
       "[backends|engines|scores|modifiers|patterns|normalisers|inputs|statistics|divergences]",
       "What there is, one line each, with its parameters and its paper.",
       {"json"},
       "attnlab list normalisers",
       "0 all well; 2 usage",
       1},
      {"run", run_command, "", "Measure one cell, and print a summary or its record.",
       with_cell_options({"config", "json", "save-output"}),
       "attnlab run --backend sparse --pattern causal --seqlen 4096",
       "0 all well; 2 usage; 3 the cell has no figures; 130 interrupted", 0},
      {"sweep",
       sweep_command,
       "",
       "Measure a grid of cells, one process each, into a directory of records.",
       with_cell_options(
           {"filter", "config", "aa-pairs", "shard", "out", "resume", "retry-failed", "dry-run"}),
       "attnlab sweep --backend full,chunked --seqlen 1024:8192:x2 --out results/mine",
       cell_status,
       0,
       {},
       {{"out", "directory for the records; needed, but for --dry-run"}},
       true},
      {"report",
       report_command,
       "A [B]",
       "Write a run's report.html, or its tables in another format; of two: side by side, with verdicts.",
       {"format", "out", "force"},
       "attnlab report results/mine --format latex",
       "0 all well; 2 usage",
       2,
       {{"format", report_formats()}},
       {{"format", "the page, where charts can be had as SVG, or its tables"},
        {"out", "file (A/report.html, or B/report-against-A.html; tables: standard output)"}}},
      {"heatmap",
       heatmap_command,
       "",
       "Draw where one head of one cell looks: exact, variant and difference; entropy and distance by query.",
       {"variant",    "score", "modifier",      "pattern",  "normaliser", "backend",    "seqlen", "seqlen-k",
        "cu-seqlens", "batch", "heads",         "kv-heads", "head-dim",   "head-dim-v", "dtype",  "threads",
        "input",      "seed",  "score-weights", "head",     "config",     "out"},
       "attnlab heatmap --pattern causal --normaliser 'entmax(1.5)' --head 3 --out head3.png",
       "0 all well; 2 usage",
       0,
       {},
       {{"out", "the picture, .png or .svg; needed"}}},
      {"compare",
       compare_command,
       "A [B]",
       "Run B against run A, cell by cell; or two variants of one run.",
       {"between", "floor", "force", "fail-on", "format", "out"},
       "attnlab compare results/before results/after --fail-on slower",
       "0 all well; 2 usage; 4 what --fail-on names",
       2,
       {{"format", compare_formats()}, {"fail-on", fail_on_choices()}}},
      {"export",
       export_command,
       "DIR",
       "Records for other programs: a flat CSV, flat JSON lines, or Google Benchmark's JSON.",
       {"format", "out"},
       "attnlab export results/mine --format gbench --out mine.json",
       "0 all well; 2 usage",
       1,
       {{"format", export_formats()}}},
      {"merge",
       merge_command,
       "DIR...",
       "Join the directories of a sweep that was shared by --shard into one, --out.",
       {"out", "force"},
       "attnlab merge --out results/all results/shard-1 results/shard-2",
       "0 all well; 2 usage",
       100000,
       {},
       {{"out", "new directory for the records; needed"}, {"force", "go on although CPUs or builds differ"}}},
      {"completion",
       completion_command,
       "bash|zsh",
       "Shell completion, on standard output.",
       {},
       "attnlab completion bash > ~/.local/share/bash-completion/completions/attnlab",
       "0 all well; 2 usage",
       1},
      {"man",
       man_command,
       "",
       "The man page, on standard output.",
       {},
       "attnlab man | man -l -",
       "0 all well; 2 usage",
       0},
      {"validate",
       validate_command,
       "DIR",
       "Check a directory's records against their schema (results/SCHEMA.md).",
       {},
       "attnlab validate results/mine",
       "0 all valid; 2 usage; 3 invalid records",
       1},
      {"migrate",
       migrate_command,
       "DIR",
       "Lift a directory's records of schema 1 to the present one; the old file is kept.",
       {},
       "attnlab migrate results/old",
       "0 all well; 2 usage",
       1},
      {"doctor",
       doctor_command,
       "",
       "The machine: CPU, levels, oneDNN, memory, timer, and what would spoil figures.",
       {"json"},
       "attnlab doctor",
       "0 all well; 2 usage",
       0},
  };
  return table;
}

}  // namespace attnlab
