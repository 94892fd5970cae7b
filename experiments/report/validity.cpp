// The validity table: noise, disturbed samples, failures, builds, machines.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "attnlab/measure/sampler.h"
#include "compare/comparison.h"
#include "compare/noise_floor.h"
#include "records/analysis.h"
#include "records/samples.h"
#include "records/series_names.h"
#include "report/tables.h"

namespace attnlab {

namespace {

using Records = std::vector<const Json*>;

struct Check {
  const char* what;
  std::string found;
  bool caution;
  const char* meaning;
};

/// Such as `3 crashed, 1 refused`.
std::string counted(const std::map<std::string, std::int64_t>& numbers) {
  std::string text;
  for (const auto& [name, number] : numbers)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", number, name);
  return text;
}

std::string behind(const std::string& text, const std::string& more) {
  return more.empty() ? text : fmt::format("{}: {}", text, more);
}

Check coverage(const Records& cells) {
  std::map<std::string, std::int64_t> others;
  for (const Json* cell : cells)
    if (cell->at("status") != "ok") ++others[cell->at("status").get<std::string>()];
  std::int64_t without = 0;
  for (const auto& [status, number] : others) without += number;
  return {
      "cells with figures",
      fmt::format("{} of {}{}", static_cast<std::int64_t>(cells.size()) - without, cells.size(),
                  others.empty() ? "" : "; " + counted(others)),
      std::any_of(others.begin(), others.end(), [](const auto& other) { return other.first != "refused"; }),
      "The reasons are in the table below."};
}

Check budget(const Records& measured) {
  const auto within =
      std::count_if(measured.begin(), measured.end(), [](const Json* cell) { return counts(*cell); });
  return {"within their error budget", fmt::format("{} of {}", within, measured.size()),
          within != static_cast<std::ptrdiff_t>(measured.size()),
          "No speed-up is shown for a cell outside its budget."};
}

Check noise(const Subject& subject, const Records& twins, const std::optional<double>& floor) {
  std::vector<Json> copies;
  for (const Json* twin : twins) copies.push_back(*twin);
  const std::size_t pairs = undisturbed_pairs(subject.records, copies).size();
  return {"noise floor",
          floor ? fmt::format("{:.1f} %, by {} A/A pair{}", *floor * 100, pairs, pairs == 1 ? "" : "s")
                : fmt::format("not measured: {}; {:.0f} % is assumed",
                              twins.empty() ? "no A/A pair" : "the A/A pairs were disturbed",
                              default_noise_floor * 100),
          !floor || *floor > 0.05,
          subject.names.size() > 1
              ? "Smaller differences get no verdict. The larger floor of both runs is used."
              : "Smaller differences get no verdict."};
}

/// Disturbed samples, and the number of cells whose figures use them.
Check disturbances(const Records& measured) {
  std::int64_t samples = 0;
  std::int64_t contaminated = 0;
  std::int64_t unknown = 0;
  std::int64_t spoilt = 0;
  std::map<std::string, std::int64_t> reasons;
  for (const Json* cell : measured) {
    const Json* list = value_at(*cell, "time.samples");
    if (!list || !list->is_array()) {
      ++unknown;
      continue;
    }
    std::int64_t here = 0;
    for (const Json& sample : *list) {
      const Json& why = sample.at("contaminated");
      if (!why.empty()) ++here;
      for (const Json& reason : why) ++reasons[reason.get<std::string>()];
    }
    if (is_disturbed(*cell)) ++spoilt;
    samples += std::ssize(*list);
    contaminated += here;
  }
  if (samples == 0)
    return {"disturbed samples", "not recorded", true, "Disturbances by other programs are unknown."};
  return {
      "disturbed samples",
      behind(fmt::format("{} of {} ({:.1f} %)", contaminated, samples,
                         100 * static_cast<double>(contaminated) / static_cast<double>(samples)),
             counted(reasons)) +
          (spoilt > 0 ? fmt::format("; in the figures of {} cell{}", spoilt, spoilt == 1 ? "" : "s") : "") +
          (unknown > 0 ? fmt::format("; not recorded in {} cells", unknown) : ""),
      spoilt > 0 || unknown > 0,
      "They are left out of the figures unless too few clean samples remain. Such cells have no verdict."};
}

Check rounds(const Records& measured) {
  std::set<std::int64_t> sizes;
  std::int64_t few = 0;
  for (const Json* cell : measured)
    if (const CleanShare share = clean_share(*cell); share.taken > 0) {
      sizes.insert(share.clean);
      if (share.clean < fewest_clean) ++few;
    }
  if (sizes.empty()) return {"clean samples of a cell", "not recorded", true, "No verdict is given."};
  return {"clean samples of a cell",
          (*sizes.begin() == *sizes.rbegin() ? fmt::format("{}", *sizes.begin())
                                             : fmt::format("{} to {}", *sizes.begin(), *sizes.rbegin())) +
              (few > 0 ? fmt::format("; fewer than {} in {} of {} cells", fewest_clean, few, measured.size())
                       : ""),
          few > 0,
          "Fewer than eight give no 99 % interval, so that only samples wholly apart get a verdict."};
}

Check precision(const Records& measured) {
  std::vector<double> halves;
  const Json* worst = nullptr;
  double most = -1;
  for (const Json* cell : measured) {
    const auto low = number_at(*cell, "time.low_ns");
    const auto high = number_at(*cell, "time.high_ns");
    const auto middle = number_at(*cell, "time.median_ns");
    if (!low || !high || !middle || !(*middle > 0)) continue;
    halves.push_back((*high - *low) / 2 / *middle);
    if (halves.back() > most) {
      most = halves.back();
      worst = cell;
    }
  }
  if (!worst) return {"half-width of the 99 % intervals", "not recorded", true, "Medians have no intervals."};
  return {"half-width of the 99 % intervals",
          fmt::format("median {:.1f} %, largest {:.1f} % ({}, n = {}, {})", median(halves) * 100, most * 100,
                      backend_of(*worst), seqlen_of(*worst), text_at(*worst, "cell.dtype")),
          most > 0.1, "Relative to the median time of a cell; sampling aims at 2 %."};
}

Check stopping(const Records& measured) {
  std::map<std::string, std::int64_t> why;
  for (const Json* cell : measured) {
    const std::string stopped = text_at(*cell, "time.stopped");
    ++why[stopped.empty() ? "not recorded" : stopped];
  }
  return {"why sampling stopped", counted(why), why.contains("budget") || why.contains("not recorded"),
          "Precise: 2 % was reached. Stabilised: more samples did not help. Budget: the time was used up."};
}

Check prediction(const Records& measured) {
  std::int64_t equal = 0;
  std::int64_t known = 0;
  for (const Json* cell : measured) {
    const auto workspace = number_at(*cell, "memory.workspace_bytes");
    const auto predicted = number_at(*cell, "memory.workspace_predicted_bytes");
    if (!workspace || !predicted) continue;
    ++known;
    if (*workspace == *predicted) ++equal;
  }
  return {"workspace equal to its prediction", fmt::format("in {} of {} cells", equal, known), equal != known,
          "Equal to the byte."};
}

Check resident(const Records& measured) {
  std::int64_t apart = 0;
  std::int64_t known = 0;
  for (const Json* cell : measured)
    if (const std::string agrees = text_at(*cell, "memory.rss_agrees"); !agrees.empty()) {
      ++known;
      if (agrees == "false") ++apart;
    }
  return {"resident memory agrees with the workspace",
          known == 0 ? "not recorded" : fmt::format("in {} of {} cells", known - apart, known), apart > 0,
          "Equal within the resolution of the kernel's figures."};
}

/// The distinct values of `paths` in the cells, each as one text.
std::set<std::string> distinct(const Records& cells, std::initializer_list<const char*> paths) {
  std::set<std::string> found;
  for (const Json* cell : cells) {
    std::string text;
    for (const char* path : paths)
      if (const std::string part = text_at(*cell, path); !part.empty())
        text += (text.empty() ? "" : ", ") + part;
    found.insert(text.empty() ? "not recorded" : text);
  }
  return found;
}

Check changes(const Records& cells) {
  std::int64_t dirty = 0;
  std::int64_t unknown = 0;
  for (const Json* cell : cells) {
    const std::string text = text_at(*cell, "build.git_dirty");
    if (text == "true") ++dirty;
    if (text.empty()) ++unknown;
  }
  return {"uncommitted changes in the build",
          dirty > 0     ? fmt::format("yes, in {} of {} cells", dirty, cells.size())
          : unknown > 0 ? fmt::format("not recorded in {} cells", unknown)
                        : std::string("none"),
          dirty + unknown > 0, "With changes, the git revision does not identify the program."};
}

Check builds(const Records& cells) {
  const auto found = distinct(cells, {"build.git_revision", "build.compiler", "build.type"});
  return {"builds", fmt::format("{}", fmt::join(found, "; ")), found.size() > 1,
          "Different builds are different programs."};
}

Check machines(const Records& cells) {
  const auto found = distinct(cells, {"machine.cpu", "machine.level"});
  return {"machines", fmt::format("{}", fmt::join(found, "; ")), found.size() > 1,
          "Figures of different CPUs or instruction-set levels are never compared."};
}

Check warnings(const Records& cells) {
  const auto number = std::count_if(cells.begin(), cells.end(),
                                    [](const Json* cell) { return !cell->at("warnings").empty(); });
  return {"cells with warnings", fmt::format("{}", number), number > 0,
          "The warnings are in the table below."};
}

}  // namespace

Table make_validity_table(const Subject& subject) {
  Table table{"validity", "Whether the figures can be trusted", {{"check", "check", false}}, {}, ""};
  const bool several = subject.names.size() > 1;
  for (std::size_t run = 0; run < subject.names.size(); ++run) {
    const std::string letter(several ? (run == 0 ? "A" : "B") : "");
    table.columns.push_back(
        {several ? letter + ": " + subject.names[run] : "found", "found" + letter, false});
    table.columns.push_back({"state", "state" + letter, false});
  }
  table.columns.push_back({"what it means", "meaning", false});
  const auto of_run = [&](const std::vector<Json>& records, std::size_t run) {
    Records found;
    for (const Json& record : records)
      if (subject.is_of(record, run)) found.push_back(&record);
    return found;
  };
  std::vector<std::vector<Check>> runs;
  for (std::size_t run = 0; run < subject.names.size(); ++run) {
    const Records cells = of_run(subject.records, run);
    const Records twins = of_run(subject.twins, run);
    Records measured;
    for (const Json* cell : cells)
      if (cell->at("status") == "ok") measured.push_back(cell);
    runs.push_back({coverage(cells), budget(measured), noise(subject, twins, subject.floors.at(run)),
                    disturbances(measured), rounds(measured), precision(measured), stopping(measured),
                    prediction(measured), resident(measured), changes(cells), builds(cells), machines(cells),
                    warnings(cells)});
  }
  for (std::size_t check = 0; check < runs.front().size(); ++check) {
    std::vector<TableCell> row{std::string(runs.front()[check].what)};
    for (const std::vector<Check>& run : runs) {
      row.emplace_back(run[check].found);
      row.emplace_back(run[check].caution ? caution : "ok");
    }
    row.emplace_back(runs.front()[check].meaning);
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table make_pairs_table(const Subject& subject) {
  Table table{
      "pairs",
      "A/A pairs: one cell measured twice under two names",
      {{"variant", "variant", false},
       {"n", "n"},
       {"dtype", "dtype", false},
       {"first, ms", "first_ns"},
       {"second, ms", "second_ns"},
       {"second ÷ first", "ratio"},
       {"99 % interval", "ratio_low", true, "ratio_high"}},
      {},
      "Differences here are noise. Ratio: median of the ratios within blocks. The noise floor is the "
      "largest distance from 1 that an interval allows, and at least 1 %. Disturbed pairs are left out."};
  std::unordered_map<std::string, const Json*> firsts;
  for (const Json& record : subject.records) firsts[pair_key(record)] = &record;
  const SeriesNames names(subject.records);
  for (const Json& twin : subject.twins) {
    const auto first = firsts.find(pair_key(twin));
    if (first == firsts.end() || twin.at("status") != "ok" || first->second->at("status") != "ok") continue;
    const TimeRatio ratio = compare_times(*first->second, twin, subject.floor());
    const auto ms = [](const Json& record) {
      const double time = record.at("time").at("median_ns").get<double>();
      return TableCell(format_figure(time * 1e-6), fmt::format("{}", time));
    };
    table.keys.push_back({names.index(*first->second), text_at(twin, "cell.dtype"), seqlen_of(twin)});
    table.rows.push_back(
        {names.of(*first->second), fmt::format("{}", seqlen_of(twin)), text_at(twin, "cell.dtype"),
         ms(*first->second), ms(twin),
         TableCell(fmt::format("{:.3f}", ratio.value), fmt::format("{}", ratio.value)),
         has_interval(ratio) ? interval_cell(ratio.interval, 3) : TableCell::none(no_interval)});
  }
  return table;
}

}  // namespace attnlab
