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
#include "report/plot.h"
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
    "0 success; 2 bad usage; 3 a cell failed (refusals and predictions do not count); 130 interrupted";

}  // namespace

const std::vector<Command>& commands() {
  static const std::vector<Command> table{
      {"list",
       list_command,
       "[backends|engines|scores|modifiers|patterns|normalisers|inputs|statistics|divergences]",
       "List backends, engines, the parts of variants, inputs and statistics, with their papers.",
       {"json"},
       "attnlab list normalisers",
       "0 success; 2 bad usage",
       1},
      {"run", run_command, "", "Measure one cell and print a summary or its record.",
       with_cell_options({"config", "brief", "json", "save-output"}),
       "attnlab run --backend sparse --pattern causal --seqlen 4096",
       "0 success; 2 bad usage; 3 the cell has no valid figures; 130 interrupted", 0},
      {"sweep",
       sweep_command,
       "",
       "Measure a grid of cells and write a directory of records.",
       with_cell_options(
           {"filter", "config", "aa-pairs", "shard", "out", "resume", "retry-failed", "dry-run", "quiet"}),
       "attnlab sweep --backend full,chunked --seqlen 1024:8192:x2 --out results/mine",
       cell_status,
       0,
       {},
       {{"out", "directory for the records (results/TIME)"}},
       true},
      {"report",
       report_command,
       "A [B]",
       "Write the report of a run as one HTML page, or its tables; with two runs, compare them.",
       {"baseline", "format", "table", "pivot", "out", "force"},
       "attnlab report results/mine --format latex",
       "0 success; 2 bad usage",
       2,
       {{"format", report_formats()}, {"pivot", {"n"}}},
       {{"baseline", "a backend, variant or 'BACKEND VARIANT' (full, else softmax on the same backend)"},
        {"format", "the page, with charts to save as SVG, or its tables"},
        {"out", "output file (A/report.html, B/report-against-A.html, standard output); csv: a directory"},
        {"force", "compare although CPUs differ"}}},
      {"heatmap",
       heatmap_command,
       "",
       "Draw the attention weights of one head: exact, variant and difference, entropy and distance by "
       "query.",
       {"variant",    "score", "modifier",      "pattern",  "normaliser", "backend",    "seqlen", "seqlen-k",
        "cu-seqlens", "batch", "heads",         "kv-heads", "head-dim",   "head-dim-v", "dtype",  "threads",
        "input",      "seed",  "score-weights", "head",     "config",     "out"},
       "attnlab heatmap --pattern causal --normaliser 'entmax(1.5)' --head 3 --out head3.png",
       "0 success; 2 bad usage",
       0,
       {},
       {{"out", "output file, .png, .svg or .pdf; required"}}},
      {"plot",
       plot_command,
       "DIR",
       "Draw one chart of a run for a paper: text of 8 pt at the given width, no title.",
       {"chart", "dtype", "width", "under", "out"},
       "attnlab plot results/mine --chart time --dtype f32 --width 3.3in --out time.pdf",
       "0 success; 2 bad usage",
       1,
       {{"chart", plot_charts()}},
       {{"dtype", "one storage type, or two for two panels"},
        {"out", "output file, .pdf, .svg or .png; required"}}},
      {"compare",
       compare_command,
       "A [B]",
       "Compare run B with run A, cell by cell, or two variants of one run.",
       {"between", "floor", "force", "fail-on", "format", "out"},
       "attnlab compare results/before results/after --fail-on slower",
       "0 success; 2 bad usage; 4 the condition of --fail-on holds",
       2,
       {{"format", compare_formats()}, {"fail-on", fail_on_choices()}}},
      {"export",
       export_command,
       "DIR",
       "Convert records for other programs: flat CSV, flat JSON lines, or Google Benchmark's JSON.",
       {"format", "out"},
       "attnlab export results/mine --format gbench --out mine.json",
       "0 success; 2 bad usage",
       1,
       {{"format", export_formats()}}},
      {"merge",
       merge_command,
       "DIR...",
       "Join the directories of a sweep that ran in shards (--shard).",
       {"out", "force"},
       "attnlab merge --out results/all results/shard-1 results/shard-2",
       "0 success; 2 bad usage",
       100000,
       {},
       {{"out", "new directory for the records; required"},
        {"force", "join although CPUs, builds or files that were read differ"}}},
      {"completion",
       completion_command,
       "bash|zsh|fish",
       "Print a script for shell completion.",
       {},
       "attnlab completion bash > ~/.local/share/bash-completion/completions/attnlab",
       "0 success; 2 bad usage",
       1},
      {"man",
       man_command,
       "",
       "Print the man page.",
       {},
       "attnlab man | man -l -",
       "0 success; 2 bad usage",
       0},
      {"validate",
       validate_command,
       "DIR",
       "Check the records of a directory against the schema (results/SCHEMA.md).",
       {},
       "attnlab validate results/mine",
       "0 all valid; 2 bad usage; 3 invalid records",
       1},
      {"migrate",
       migrate_command,
       "DIR",
       "Convert records of an older schema to the present one; keep the old file.",
       {},
       "attnlab migrate results/old",
       "0 success; 2 bad usage",
       1},
      {"doctor",
       doctor_command,
       "",
       "Describe the machine and warn of conditions that would spoil measurements.",
       {"json"},
       "attnlab doctor",
       "0 success; 2 bad usage",
       0},
  };
  return table;
}

}  // namespace attnlab
